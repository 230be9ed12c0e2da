/** A file that is there whole or not at all: written beside, synced, and renamed. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Writes `lines` (each with its line end) to `path`, makes its folder, and returns the path. */
export async function writeWhole(path: string, lines: Iterable<string>): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  await pipeline(Readable.from(lines), createWriteStream(draft, { flush: true }));
  await rename(draft, path);
  return path;
}
