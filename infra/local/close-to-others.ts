/** Files of earlier runs that others could read: what is kept of a home is for its user only. */
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Directories 0700, files 0600, everything below `dir`; links are left as they are. */
export function closeToOthers(dir: string): void {
  chmodSync(dir, 0o700);
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(dir, name);
    const found = lstatSync(file);
    if (found.isDirectory()) chmodSync(file, 0o700);
    else if (found.isFile()) chmodSync(file, 0o600);
  }
}
