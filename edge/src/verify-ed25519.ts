/** Checks the signature of a set-point with the platform's Ed25519 (RFC 8032), over its canonical JSON (RFC 8785). */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { Setpoint } from '@wattward/broker/wire/setpoint';
import { readText } from './config.ts';
import { StartError } from './start-error.ts';

/** The public key that the configuration names `id`, SPKI in PEM. @throws StartError */
export function readKeyFile({ id, file }: { readonly id: string; readonly file: string }): KeyObject {
  const pem = readText(file, 'key-unreadable', `the public set-point key of "${id}"`);
  try {
    return readVerifyKey(pem);
  } catch (cause) {
    throw new StartError(
      'key-invalid',
      `${file} holds no public key of Ed25519, as the set-point key "${id}" needs`,
      'Ask its owner for the public key as PEM: openssl pkey -in KEY.pem -pubout.',
      cause,
    );
  }
}

function readVerifyKey(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`a key of type ${key.asymmetricKeyType}, not ed25519`);
  return key;
}

/** Whether `key` signed `message`, the name of the key in it included. */
export function isSignedBy(key: KeyObject, message: Setpoint): boolean {
  const { signature, ...unsigned } = message;
  const bytes = Buffer.from(canonicalJson(unsigned));
  const mark = Buffer.from(signature, 'base64url');
  return mark.length === 64 && verify(null, bytes, key, mark);
}

/**
 * Whether the key that a set-point names has signed it. A key is read when a set-point names it, so that another key
 * in its file needs no restart.
 */
export function signedByKeys(
  keys: readonly { readonly id: string; readonly file: string }[],
  onProblem: (file: string, cause: unknown) => void,
): (message: Setpoint) => boolean {
  return (message) => {
    const key = keys.find(({ id }) => id === message.key);
    if (!key) return false;
    try {
      return isSignedBy(readKeyFile(key), message);
    } catch (cause) {
      onProblem(key.file, cause);
      return false;
    }
  };
}
