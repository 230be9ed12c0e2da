/** The credentials a running broker goes by: read from its data directory and kept fresh, or given for good. */
import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { canonicalJson } from '../wire/canonical-json.ts';
import {
  type Credential,
  issueCredential,
  type NewCredential,
  promotePending,
  type SecretHash,
} from './credential.ts';
import { CREDENTIALS_FILE, readCredentials, updateCredentials } from './credentials-file.ts';

/** A credential with its secret in clear, for brokers that live in memory only (tests, demonstrations). */
export interface ClearCredential extends NewCredential {
  readonly secret: string;
}

/** Ids whose rights or secrets changed, or which are gone. */
export type CredentialChange = (ids: readonly string[]) => void;

const LOOK_EVERY_MS = 500;

export class CredentialStore {
  readonly #dataDir: string | undefined;
  #credentials: ReadonlyMap<string, Credential>;
  #listener: CredentialChange = () => {};
  #problem: (error: unknown) => void = () => {};
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #stamp = '';
  #reloading: Promise<void> = Promise.resolve();
  #updating: Promise<void> = Promise.resolve();
  #waitingUpdates = 0;

  private constructor(credentials: readonly Credential[], dataDir?: string) {
    this.#credentials = byId(credentials);
    this.#dataDir = dataDir;
  }

  /** @throws AccessError when the file cannot be read. */
  static async open(dataDir: string): Promise<CredentialStore> {
    const stamp = await fileStamp(dataDir);
    const store = new CredentialStore(await readCredentials(dataDir), dataDir);
    store.#stamp = stamp;
    return store;
  }

  static inMemory(clear: readonly ClearCredential[]): CredentialStore {
    const now = new Date();
    return new CredentialStore(clear.map((entry) => issueCredential(entry, { now }).credential));
  }

  get(id: string): Credential | undefined {
    return this.#credentials.get(id);
  }

  get size(): number {
    return this.#credentials.size;
  }

  /** Tells of every change from now on; a list that became unreadable is told as a problem and changes nothing. */
  follow(onChange: CredentialChange, onProblem: (error: unknown) => void): void {
    this.#listener = onChange;
    this.#problem = onProblem;
    if (!this.#dataDir) return;
    const look = () => {
      this.reload().catch(this.#problem);
    };
    this.#watcher = watch(this.#dataDir, { persistent: false }, (_event, name) => {
      if (name === CREDENTIALS_FILE) look();
    });
    this.#watcher.on('error', this.#problem);
    // Some file systems tell of nothing; a look costs one stat, and whoever is revoked is out within a second.
    this.#poll = setInterval(look, LOOK_EVERY_MS);
    this.#poll.unref();
  }

  /** Changes the list on disk (or in memory) and takes the change over; changes happen in the order they came. */
  update(change: (credentials: readonly Credential[]) => readonly Credential[]): Promise<void> {
    const next = this.#updating.then(async () => {
      if (this.#dataDir) await updateCredentials(this.#dataDir, change);
      else this.#takeOver(change([...this.#credentials.values()]));
    });
    this.#waitingUpdates += 1;
    this.#updating = next
      .catch(() => {})
      .finally(() => {
        this.#waitingUpdates -= 1;
      });
    return next.then(() => this.reload());
  }

  /** A secret that replaces the present one of `id` at its first use. */
  handOver(id: string, pendingSecret: SecretHash): void {
    this.#changeOne(id, (credential) => ({ ...credential, pendingSecret }));
  }

  /** Makes the pending secret of `id` its only one. */
  promote(id: string): Credential | undefined {
    if (this.#credentials.get(id)?.pendingSecret) this.#changeOne(id, promotePending);
    return this.#credentials.get(id);
  }

  /** Here at once, so that whoever was told can use it; on disk as soon as it is written. */
  #changeOne(id: string, change: (credential: Credential) => Credential): void {
    const credential = this.#credentials.get(id);
    if (!credential) return;
    this.#credentials = new Map(this.#credentials).set(id, change(credential));
    if (!this.#dataDir) return;
    this.update((all) => all.map((each) => (each.id === id ? change(each) : each))).catch(this.#problem);
  }

  /** Reads the list again when the file is another one than last time. */
  reload(): Promise<void> {
    const next = this.#reloading.then(() => this.#reload());
    this.#reloading = next.catch(() => {});
    return next;
  }

  close(): void {
    this.#watcher?.close();
    clearInterval(this.#poll);
  }

  async #reload(): Promise<void> {
    await this.#updating;
    // What has been changed here but not yet written must not be undone by what the file still says.
    if (!this.#dataDir || this.#waitingUpdates > 0) return;
    const stamp = await fileStamp(this.#dataDir);
    if (stamp === this.#stamp) return;
    const credentials = await readCredentials(this.#dataDir);
    if (this.#waitingUpdates > 0) return;
    this.#stamp = stamp;
    this.#takeOver(credentials);
  }

  #takeOver(credentials: readonly Credential[]): void {
    const before = this.#credentials;
    const fresh = byId(credentials);
    const changed: string[] = [];
    for (const [id, credential] of before) {
      const now = fresh.get(id);
      if (!now || !sameRights(now, credential)) changed.push(id);
    }
    this.#credentials = fresh;
    if (changed.length > 0) this.#listener(changed);
  }
}

/** A secret that waits for its first use changes nothing for those who are connected. */
function sameRights(a: Credential, b: Credential): boolean {
  const rights = ({ pendingSecret: _, ...rest }: Credential) => canonicalJson(rest);
  return rights(a) === rights(b);
}

function byId(credentials: readonly Credential[]): Map<string, Credential> {
  return new Map(credentials.map((credential) => [credential.id, credential]));
}

async function fileStamp(dataDir: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path.join(dataDir, CREDENTIALS_FILE));
    return `${ino}:${mtimeMs}:${size}`;
  } catch {
    return '';
  }
}
