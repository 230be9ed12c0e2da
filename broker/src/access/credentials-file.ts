/**
 * The broker's list of credentials, `credentials.json` in its data directory, mode 0600.
 *
 * Written whole and atomically (new file, fsync, rename), so a power cut leaves the old list or the new one. Writers
 * of different processes (the broker taking over a board's new secret, somebody at the command line) take turns by a
 * lock file. A list that cannot be read is an error, never an empty list: an empty one would lock everybody out or,
 * worse, be written back.
 */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { ID_PATTERN } from '../wire/topics.ts';
import {
  type Credential,
  credentialSchema,
  type IssuedSecret,
  issueCredential,
  type NewCredential,
} from './credential.ts';

export const CREDENTIALS_FILE = 'credentials.json';

const fileSchema = z.strictObject({ v: z.literal(1), credentials: z.array(credentialSchema) });

/** A mistake of whoever calls, with what to do about it. */
export class AccessError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.name = 'AccessError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** All credentials of the broker in `dataDir`; none when it has no list yet. @throws AccessError */
export async function readCredentials(dataDir: string): Promise<readonly Credential[]> {
  const file = path.join(dataDir, CREDENTIALS_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
  const parsed = fileSchema.safeParse(jsonOrText(text));
  if (!parsed.success) {
    throw new AccessError(
      'BROKER_CREDENTIALS_BROKEN',
      `${file} is not a list of credentials: ${z.prettifyError(parsed.error).replaceAll('\n', ' ').slice(0, 300)}`,
      'restore the file from a copy, or remove it and add the identities again (user add)',
    );
  }
  return parsed.data.credentials;
}

/** Adds an identity and gives its secret, which is stored nowhere in clear. @throws AccessError when the id exists. */
export async function addCredential(dataDir: string, request: NewCredential): Promise<IssuedSecret> {
  if (!ID_PATTERN.test(request.id)) {
    throw new AccessError(
      'BROKER_ID_INVALID',
      `"${request.id}" cannot be an identity`,
      'use 1 to 40 lower case letters, digits and dashes',
    );
  }
  const { credential, issued } = issueCredential(request, { now: new Date() });
  await updateCredentials(dataDir, (credentials) => {
    if (credentials.some(({ id }) => id === request.id)) {
      throw new AccessError(
        'BROKER_ID_EXISTS',
        `there is an identity "${request.id}" already`,
        'revoke it first (user revoke), or choose another id',
      );
    }
    return [...credentials, credential];
  });
  return issued;
}

/** Takes an identity away; its connections end at once. False when there was none. */
export async function revokeCredential(dataDir: string, id: string): Promise<boolean> {
  let found = false;
  await updateCredentials(dataDir, (credentials) => {
    found = credentials.some((credential) => credential.id === id);
    return credentials.filter((credential) => credential.id !== id);
  });
  return found;
}

/** Reads, changes and writes the list in one turn that no other process interrupts. */
export async function updateCredentials(
  dataDir: string,
  change: (credentials: readonly Credential[]) => readonly Credential[],
): Promise<void> {
  const file = path.join(dataDir, CREDENTIALS_FILE);
  const lock = `${file}.lock`;
  await takeLock(lock);
  try {
    const credentials = change(await readCredentials(dataDir));
    await writePrivateFile(file, `${JSON.stringify({ v: 1, credentials }, null, 2)}\n`);
  } finally {
    await rm(lock, { force: true });
  }
}

/** Writes `{ id, role, secret }` for the owner of the identity, mode 0600. */
export async function writeSecretFile(file: string, issued: IssuedSecret): Promise<void> {
  await writePrivateFile(file, `${JSON.stringify(issued)}\n`);
}

/** Atomically, readable by its owner only. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  const directory = await open(path.dirname(file), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const LOCK_WAIT_MS = 5_000;
const LOCK_STALE_MS = 3_000;

async function takeLock(lock: string): Promise<void> {
  const endMs = performance.now() + LOCK_WAIT_MS;
  while (performance.now() < endMs) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      await dropStaleLock(lock);
      await delay(20);
    }
  }
  throw new AccessError(
    'BROKER_CREDENTIALS_BUSY',
    `another process has been writing the credentials for more than ${LOCK_WAIT_MS / 1000} s (${lock})`,
    'wait for it to end; when none is running, remove the lock file',
  );
}

/** A lock whose owner died is no lock. */
async function dropStaleLock(lock: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(lock);
    if (Date.now() - mtimeMs > LOCK_STALE_MS) await rm(lock, { force: true });
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
