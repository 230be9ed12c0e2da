/**
 * The chain of the decision journal: each record's hash covers the hash before it and the record itself, so that a
 * record changed, removed, swapped or cut off later is found, with its number.
 * hash = SHA-256(previous hash, line feed, canonical JSON of the record without its hash), as lower-case hex.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';

/** Where a chain begins: the record before its first. */
export interface ChainAnchor {
  readonly seq: number;
  readonly hash: string;
}

export const GENESIS: ChainAnchor = { seq: 0, hash: '0'.repeat(64) };

export interface Chained {
  readonly seq: number;
  readonly hash: string;
}

export function chainHash(previousHash: string, record: object): string {
  const { hash: _, ...content } = record as { hash?: string };
  return createHash('sha256')
    .update(`${previousHash}\n${canonicalJson(content)}`)
    .digest('hex');
}

export type ChainVerdict =
  | { readonly ok: true; readonly records: number; readonly headHash: string }
  | { readonly ok: false; readonly firstBadSeq: number; readonly why: string };

/**
 * Checks records in order of their number.
 * @param head a record known to have existed (kept apart from the journal): without it a cut-off end is invisible.
 */
export function verifyChain(
  records: Iterable<Chained>,
  anchor: ChainAnchor = GENESIS,
  head: ChainAnchor | null = null,
  hashOf: typeof chainHash = chainHash,
): ChainVerdict {
  let previous: ChainAnchor = anchor;
  let count = 0;
  for (const record of records) {
    const expectedSeq = previous.seq + 1;
    if (record.seq !== expectedSeq) {
      return { ok: false, firstBadSeq: expectedSeq, why: `record ${expectedSeq} is missing` };
    }
    if (hashOf(previous.hash, record) !== record.hash) {
      return { ok: false, firstBadSeq: expectedSeq, why: `record ${expectedSeq} is not as it was written` };
    }
    if (head && head.seq === record.seq && head.hash !== record.hash) {
      return { ok: false, firstBadSeq: expectedSeq, why: `the chain was rewritten up to ${expectedSeq}` };
    }
    previous = { seq: record.seq, hash: record.hash };
    count++;
  }
  if (head && head.seq > previous.seq) {
    const firstBadSeq = previous.seq + 1;
    return { ok: false, firstBadSeq, why: `records ${firstBadSeq} to ${head.seq} were cut off` };
  }
  return { ok: true, records: count, headHash: previous.hash };
}
