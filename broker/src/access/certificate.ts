/**
 * A small certificate authority for one broker: its own root, a certificate for the broker, one for each client that
 * shows a certificate instead of a secret. X.509 v3 [RFC 5280] with ECDSA on P-256 and SHA-256, which every TLS stack
 * down to microcontrollers can check.
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  bits,
  context,
  contextPrimitive,
  integer,
  octets,
  oid,
  sequence,
  set,
  time,
  utf8,
  yes,
} from './der.ts';

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 20 * 365;
const LEAF_DAYS = 10 * 365;

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** A new root, good for 20 years. */
export function createAuthority(name: string, now: Date): CertifiedKey {
  const { publicKey, privateKey } = newKey();
  const keyId = keyIdOf(publicKey);
  return certify({
    subject: name,
    issuer: name,
    publicKey,
    ownKey: privateKey,
    signingKey: privateKey,
    now,
    days: AUTHORITY_DAYS,
    extensions: [
      // cA, and no authority below this one.
      extension('2.5.29.19', sequence(yes, integer(Buffer.from([0]))), true),
      // keyCertSign, cRLSign
      extension('2.5.29.15', bits(Buffer.from([0b0000_0110]), 1), true),
      extension('2.5.29.14', octets(keyId)),
    ],
  });
}

/** What a certificate below the root is for: a broker under these names, or the identity of one client. */
export type LeafPurpose =
  | { readonly kind: 'server'; readonly name: string; readonly hosts: readonly string[] }
  | { readonly kind: 'client'; readonly name: string };

/** A new key with a certificate signed by `authority`, good for ten years. */
export function issueCertificate(authority: CertifiedKey, purpose: LeafPurpose, now: Date): CertifiedKey {
  const root = new X509Certificate(authority.certificate);
  const { publicKey, privateKey } = newKey();
  const rootKeyId = keyIdOf(root.publicKey.export({ type: 'spki', format: 'der' }));
  const usage = purpose.kind === 'server' ? SERVER_AUTH : CLIENT_AUTH;
  const names = purpose.kind === 'server' ? [...new Set(purpose.hosts)].map(alternativeName) : [];
  return certify({
    subject: purpose.name,
    issuer: commonNameOf(root.subject),
    publicKey,
    ownKey: privateKey,
    signingKey: authority.key,
    now,
    days: LEAF_DAYS,
    extensions: [
      extension('2.5.29.19', sequence(), true),
      // digitalSignature
      extension('2.5.29.15', bits(Buffer.from([0b1000_0000]), 7), true),
      extension('2.5.29.37', sequence(oid(usage))),
      extension('2.5.29.14', octets(keyIdOf(publicKey))),
      extension('2.5.29.35', sequence(contextPrimitive(0, rootKeyId))),
      ...(names.length > 0 ? [extension('2.5.29.17', sequence(...names))] : []),
    ],
  });
}

/** SHA-256 over the whole certificate, hexadecimal in lower case. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}

export function commonNameOf(subject: string): string {
  return /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1] ?? '';
}

interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: Buffer;
  readonly ownKey: string;
  readonly signingKey: string;
  readonly now: Date;
  readonly days: number;
  readonly extensions: readonly Buffer[];
}

function certify(parts: CertificateParts): CertifiedKey {
  const { now, days } = parts;
  // A day back, for clocks that are a little behind.
  const from = new Date(now.getTime() - DAY_MS);
  const to = new Date(now.getTime() + days * DAY_MS);
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    ECDSA_SHA256,
    distinguishedName(parts.issuer),
    sequence(time(from), time(to)),
    distinguishedName(parts.subject),
    parts.publicKey,
    context(3, sequence(...parts.extensions)),
  );
  const signature = sign('sha256', body, createPrivateKey(parts.signingKey));
  return {
    certificate: pem('CERTIFICATE', sequence(body, ECDSA_SHA256, bits(signature))),
    key: parts.ownKey,
  };
}

function newKey(): { readonly publicKey: Buffer; readonly privateKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function keyIdOf(spki: Uint8Array): Buffer {
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value));
}

/** A DNS name or an IP address [RFC 5280, 4.2.1.6]. */
function alternativeName(host: string): Buffer {
  if (isIP(host) === 4) return contextPrimitive(7, Buffer.from(host.split('.').map(Number)));
  if (isIP(host) === 6) return contextPrimitive(7, ipv6Bytes(host));
  return contextPrimitive(2, Buffer.from(host, 'ascii'));
}

function ipv6Bytes(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
