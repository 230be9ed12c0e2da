/**
 * The lines of a write request, with a bound on every size before it is taken up: of the body, of what it unpacks to,
 * and of how many points that is, since a point costs the same memory whether it has 6 bytes or 600.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { boundedBody } from '../bounds/bounded-body.ts';

export const MOST_BODY_BYTES = 4_000_000;
const MOST_TEXT_BYTES = 4_000_000;
export const MOST_LINES = 10_000;
/** Tags and fields of all lines together. */
export const MOST_PAIRS = 60_000;
/** A box behind a thin line sends its minute in seconds. */
const MOST_BODY_MS = 60_000;
const unzip = promisify(gunzip);

/** What a body can cost at the worst, taken apart: some 60 times its text, and no more than the most points. */
export function heapBytesOf(textBytes: number): number {
  return Math.min(textBytes * 60, MOST_LINES * 400 + MOST_PAIRS * 100);
}

export type Refused = 'too-large' | 'too-many' | 'not-gzip' | 'unknown-encoding' | 'too-slow';

export interface WriteBody {
  readonly bytes: Buffer;
  readonly isGzip: boolean;
  /** Of the text. */
  readonly textBytes: number;
}

/** What it may be at most, by its header: what has none may be as large as any. */
export function announcedBytes(request: Request): number {
  const text = request.headers.get('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : MOST_BODY_BYTES;
}

export async function readWriteBody(request: Request): Promise<WriteBody | Refused> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') return 'unknown-encoding';
  const isGzip = encoding === 'gzip';
  const bytes = await inTime(boundedBody(request, MOST_BODY_BYTES));
  if (bytes === 'too-slow') return bytes;
  if (!bytes) return 'too-large';
  // RFC 1952, 2.3.1: ISIZE, the last four bytes, is the size of what was packed. Unpacking holds it to its word.
  if (isGzip && bytes.byteLength < 18) return 'not-gzip';
  const textBytes = isGzip ? bytes.readUInt32LE(bytes.byteLength - 4) : bytes.byteLength;
  if (textBytes > MOST_TEXT_BYTES) return bytes[0] === 0x1f && bytes[1] === 0x8b ? 'too-large' : 'not-gzip';
  return { bytes, isGzip, textBytes };
}

export async function linesOf({ bytes, isGzip, textBytes }: WriteBody): Promise<Buffer | Refused> {
  let text = bytes;
  if (isGzip) {
    try {
      text = await unzip(bytes, { maxOutputLength: Math.max(1, textBytes) });
    } catch {
      return 'not-gzip';
    }
  }
  return isTooMany(text) ? 'too-many' : text;
}

const NEWLINE = 10;
const EQUALS = 61;

/** Counted on the bytes: each point takes a line, each tag and field an `=`. */
function isTooMany(text: Buffer): boolean {
  let lines = 1;
  let pairs = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === NEWLINE) lines += 1;
    else if (text[i] === EQUALS) pairs += 1;
  }
  return lines > MOST_LINES || pairs > MOST_PAIRS;
}

async function inTime<T>(body: Promise<T>): Promise<T | 'too-slow'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'too-slow'>((resolve) => {
    timer = setTimeout(() => resolve('too-slow'), MOST_BODY_MS);
  });
  try {
    return await Promise.race([body, late]);
  } finally {
    clearTimeout(timer);
  }
}
