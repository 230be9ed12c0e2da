/** The broker's certificate authority on disk: `DATA/ca/`, private keys mode 0600. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type CertifiedKey, createAuthority, fingerprintOf, issueCertificate } from './certificate.ts';
import { AccessError, readCredentials, updateCredentials, writePrivateFile } from './credentials-file.ts';

export interface TlsFiles {
  /** PEM: the root that clients trust and that signs their certificates. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** The root (made when there is none yet) and a fresh certificate for the broker under `hosts`. */
export async function initAuthority(dataDir: string, hosts: readonly string[]): Promise<void> {
  const dir = path.join(dataDir, 'ca');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const now = new Date();
  const existing = await readPair(dir, 'authority');
  const authority = existing ?? createAuthority('Wattward broker authority', now);
  if (!existing) await writePair(dir, 'authority', authority);
  const name = hosts[0] ?? 'localhost';
  await writePair(dir, 'broker', issueCertificate(authority, { kind: 'server', name, hosts }, now));
}

/** A client certificate for an existing identity; an earlier one of it is void from now on. @throws AccessError */
export async function issueClientCertificate(dataDir: string, id: string): Promise<CertifiedKey> {
  const authority = await readAuthority(dataDir);
  if (!(await readCredentials(dataDir)).some((credential) => credential.id === id)) {
    throw new AccessError('BROKER_ID_UNKNOWN', `there is no identity "${id}"`, 'add it first: user add');
  }
  const issued = issueCertificate(authority, { kind: 'client', name: id }, new Date());
  const certificate = fingerprintOf(issued.certificate);
  await updateCredentials(dataDir, (all) =>
    all.map((each) => (each.id === id ? { ...each, certificate } : each)),
  );
  return issued;
}

/** What the TLS listeners need. @throws AccessError when there is no authority yet. */
export async function readTlsFiles(dataDir: string): Promise<TlsFiles> {
  const authority = await readAuthority(dataDir);
  const broker = await readPair(path.join(dataDir, 'ca'), 'broker');
  if (!broker) throw noAuthority(dataDir);
  return { authority: authority.certificate, ...broker };
}

/** The root's certificate, for clients to trust. */
export async function readAuthority(dataDir: string): Promise<CertifiedKey> {
  const authority = await readPair(path.join(dataDir, 'ca'), 'authority');
  if (!authority) throw noAuthority(dataDir);
  return authority;
}

export async function writePair(dir: string, name: string, pair: CertifiedKey): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writePrivateFile(path.join(dir, `${name}.key`), pair.key);
  await writePrivateFile(path.join(dir, `${name}.pem`), pair.certificate);
}

async function readPair(dir: string, name: string): Promise<CertifiedKey | undefined> {
  try {
    const [certificate, key] = await Promise.all([
      readFile(path.join(dir, `${name}.pem`), 'utf8'),
      readFile(path.join(dir, `${name}.key`), 'utf8'),
    ]);
    return { certificate, key };
  } catch {
    return undefined;
  }
}

function noAuthority(dataDir: string): AccessError {
  return new AccessError(
    'BROKER_CA_MISSING',
    `there is no certificate authority in ${path.join(dataDir, 'ca')}`,
    'make one first: ca init --host NAME',
  );
}
