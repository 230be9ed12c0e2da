/** The text of a file, unpacked where it ends in `.gz`. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** @throws what reading or unpacking throws */
export function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}
