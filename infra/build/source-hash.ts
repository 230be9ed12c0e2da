/** What a build was made of, so that it is made again when that has changed and never otherwise. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const NO_SOURCE = /(^|\/)(node_modules|\.next|\.tsc|dist|test|bench)(\/|$)|next-env\.d\.ts$|\.tsbuildinfo$/;

/** SHA-256 over names and contents of all files that fit `patterns`, tests and what is built left aside. */
export function sourceHash(root: string, patterns: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of globSync(patterns, { cwd: root, exclude: (name) => NO_SOURCE.test(name) }).sort()) {
    const full = path.join(root, file);
    if (!statSync(full).isFile()) continue;
    hash.update(file).update('\0').update(readFileSync(full)).update('\0');
  }
  return hash.digest('hex');
}

/** Whether the file `stamp`, which a build writes last, holds `hash`. */
export function isStamped(stamp: string, hash: string): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
}
