/** Checks the signature of a set-point with the platform's Ed25519 (RFC 8032), over its canonical JSON (RFC 8785). */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { Setpoint } from '@wattward/broker/wire/setpoint';

/** @param pem the public key as SPKI in PEM. @throws Error when it is none, or not Ed25519. */
export function readVerifyKey(pem: string): KeyObject {
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
