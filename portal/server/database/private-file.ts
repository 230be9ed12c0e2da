import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';

/**
 * Makes the file of a database, empty, where it is missing, readable for its user only; one from before is closed to
 * others. SQLite gives its write-ahead log the same mode.
 */
export function privateFile(file: string): string {
  closeSync(openSync(file, 'a', 0o600));
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) chmodSync(file + suffix, 0o600);
  }
  return file;
}
