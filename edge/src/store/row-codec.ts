/** Compression of batch and snapshot rows: raw deflate, about 8 to 1 on line protocol. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { BatchCodec } from '../outbox/batch-store.ts';

/** No row unpacks to more than this: a damaged length must not take the memory. */
const MAX_UNPACKED_BYTES = 32 * 1024 * 1024;

export const deflateCodec: BatchCodec = {
  pack: (text) => deflateRawSync(text, { level: 6 }),
  unpack: (body) => inflateRawSync(body, { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8'),
};
