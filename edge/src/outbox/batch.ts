/** A batch row: sealing lines into one, and opening it again without ever handing out a damaged one. */
import type { BatchCodec, BatchHead, BatchRow } from './batch-store.ts';
import { crc32c, crc32cText } from './crc32c.ts';

export type NewBatch = Omit<BatchHead, 'bytes' | 'points'>;

export function sealBatch(head: NewBatch, lines: readonly string[], codec: BatchCodec): BatchRow {
  const body = codec.pack(lines.join('\n'));
  const full = {
    ...head,
    firstMs: Math.floor(head.firstMs),
    lastMs: Math.ceil(head.lastMs),
    points: lines.length,
    bytes: body.length,
  };
  return { ...full, body, crc: checkValue(full, body) };
}

/** The lines of a row, or null when a single bit of it is not as it was written. */
export function openBatch(row: BatchRow, codec: BatchCodec): string[] | null {
  if (row.body.length !== row.bytes || checkValue(row, row.body) !== row.crc) return null;
  try {
    const lines = codec.unpack(row.body).split('\n');
    return lines.length === row.points ? lines : null;
  } catch {
    return null;
  }
}

export function isWhole(row: BatchRow): boolean {
  return row.body.length === row.bytes && checkValue(row, row.body) === row.crc;
}

function checkValue(head: BatchHead, body: Uint8Array): number {
  const text = [
    head.queue,
    head.seq,
    head.firstMs,
    head.lastMs,
    head.points,
    head.bytes,
    head.stepMs,
    head.boot ?? '',
  ].join('|');
  return crc32c(body, crc32cText(text));
}
