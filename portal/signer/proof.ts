/**
 * The signer's own notes. It keeps none itself: a note is handed to the web process with a MAC under a key that only
 * the signer has, so that what one person proposed and another approved cannot be changed on the way.
 */
import { createHash, createHmac, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import * as z from 'zod';
import type { Matter } from './requests.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const note = z.discriminatedUnion('act', [
  z.object({ act: z.literal('propose'), matter: digest, by: z.string(), atMs: z.number() }),
  z.object({
    act: z.literal('approve'),
    matter: digest,
    proposedBy: z.string(),
    by: z.string(),
    atMs: z.number(),
    durationMs: z.number(),
  }),
  z.object({ act: z.literal('revoke'), matter: digest, by: z.string(), atMs: z.number() }),
]);
export type Note = z.infer<typeof note>;

/** The key of the notes, from that of the set-points; neither tells the other. */
export function noteKey(key: KeyObject): Buffer {
  const secret = key.export({ type: 'pkcs8', format: 'der' });
  return Buffer.from(hkdfSync('sha256', secret, '', 'wattward notes of the signer', 32));
}

export function writeProof(key: Buffer, content: Note): string {
  const text = Buffer.from(canonicalJson(content)).toString('base64url');
  return `${text}.${mac(key, text).toString('base64url')}`;
}

/** @returns null for what this signer did not write. */
export function readProof(key: Buffer, proof: string): Note | null {
  const [text = '', tag = ''] = proof.split('.');
  const [expected, given] = [mac(key, text), Buffer.from(tag, 'base64url')];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return note.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
}

export function matterDigest(matter: Matter | { readonly id: string; readonly site: string }): string {
  return createHash('sha256').update(canonicalJson(matter)).digest('hex');
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
