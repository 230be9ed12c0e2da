/** Lines of a CSV file, of a `.gz`, or of a directory of them in order of their names; a chunk in memory at a time. */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { gunzipSync } from 'node:zlib';
import { SeriesError } from './series-error.ts';

export interface CsvLine {
  readonly file: string;
  /** The first line of a file is 1. */
  readonly number: number;
  readonly text: string;
}

const CHUNK_BYTES = 1 << 20;
const LONGEST_LINE = 10_000;
/** A measured month of seconds is 100 MB; more than this packed into one file is no measured home. */
const LARGEST_GZ_BYTES = 512 * 1024 * 1024;

/** @throws SeriesError where a file cannot be read. Blank lines and byte order marks are left out. */
export function* csvLines(source: string): Generator<CsvLine> {
  for (const file of filesOf(source)) {
    let number = 0;
    for (const raw of file.endsWith('.gz') ? unpacked(file) : streamed(file)) {
      number += 1;
      const text = (number === 1 ? raw.replace(/^\uFEFF/, '') : raw).trimEnd();
      if (text.length > LONGEST_LINE) {
        throw new SeriesError(`${file} line ${number} has more than ${LONGEST_LINE} characters.`);
      }
      if (text !== '') yield { file, number, text };
    }
  }
}

function filesOf(source: string): string[] {
  return reading(source, () => {
    if (!statSync(source).isDirectory()) return [source];
    return readdirSync(source)
      .filter((name) => /\.csv(\.gz)?$/.test(name))
      .sort()
      .map((name) => path.join(source, name));
  });
}

function unpacked(file: string): string[] {
  return reading(file, () =>
    gunzipSync(readFileSync(file), { maxOutputLength: LARGEST_GZ_BYTES }).toString('utf8').split('\n'),
  );
}

function* streamed(file: string): Generator<string> {
  const handle = reading(file, () => openSync(file, 'r'));
  try {
    const decoder = new StringDecoder('utf8');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = '';
    for (;;) {
      const count = reading(file, () => readSync(handle, chunk, 0, CHUNK_BYTES, null));
      if (count === 0) break;
      const lines = (rest + decoder.write(chunk.subarray(0, count))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      // A file without line ends must not be gathered whole; the reader refuses the line by its length.
      if (rest.length > CHUNK_BYTES) break;
    }
    yield rest + decoder.end();
  } finally {
    closeSync(handle);
  }
}

function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new SeriesError(`${file} cannot be read.`, {
      cause,
      remedy: 'Give the path of a CSV file, or of a directory of .csv or .csv.gz files.',
    });
  }
}
