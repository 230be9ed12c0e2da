/** The Ed25519 key of the portal: made once, the private half readable by this process's user only. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PRIVATE_KEY_FILE = 'setpoint-key.pem';
export const PUBLIC_KEY_FILE = 'setpoint-key.pub';

/** Reads or makes the key pair in `dataDir`; the public half lies beside it as SPKI in PEM, for the boxes. */
export function loadKey(dataDir: string): KeyObject {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, PRIVATE_KEY_FILE);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeWhole(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  }
  chmodSync(file, 0o600);
  const key = createPrivateKey(readFileSync(file));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 key`);
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  writeWhole(join(dataDir, PUBLIC_KEY_FILE), pem, 0o600);
  return key;
}

function writeWhole(file: string, text: string, mode: number): void {
  const draft = `${file}.new`;
  writeFileSync(draft, text, { mode, flush: true });
  renameSync(draft, file);
}
