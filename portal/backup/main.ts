/**
 * `node portal/backup/main.ts --data DIR --to DIR`: a whole copy of the portal's databases while it runs. Putting it
 * back is copying the files into the data directory of a portal that is stopped.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';

const FILES = ['portal.db', 'history.db'] as const;
const PAGES_AT_ONCE = 1000;

/** Copies every database of `dataDir`, checks the copies, and only then gives them their names. */
export async function backUp(dataDir: string, targetDir: string): Promise<readonly string[]> {
  const present = FILES.filter((file) => existsSync(join(dataDir, file)));
  if (present.length === 0) throw new Error(`${dataDir} holds no data of a portal`);
  mkdirSync(targetDir, { recursive: true, mode: 0o700 });
  for (const file of present) {
    const draft = join(targetDir, `${file}.part`);
    rmSync(draft, { force: true });
    const source = new DatabaseSync(join(dataDir, file), { readOnly: true });
    try {
      await backup(source, draft, { rate: PAGES_AT_ONCE });
    } finally {
      source.close();
    }
    checkCopy(draft);
    renameSync(draft, join(targetDir, file));
  }
  return present;
}

function checkCopy(file: string): void {
  const copy = new DatabaseSync(file);
  try {
    // A copy stands alone: without write-ahead log beside it.
    copy.exec('PRAGMA journal_mode = DELETE');
    const [answer] = copy.prepare('PRAGMA quick_check(1)').all();
    if (answer?.quick_check !== 'ok') throw new Error(`the copy ${file} is damaged: ${answer?.quick_check}`);
  } finally {
    copy.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: 'string' }, to: { type: 'string' } } });
  if (!values.data || !values.to)
    throw new Error('say --data DIR (of the portal) and --to DIR (of the copy)');
  const files = await backUp(resolve(values.data), resolve(values.to));
  console.log(`Copied ${files.join(', ')} to ${resolve(values.to)}`);
}

if (import.meta.main) {
  main().catch((error: Error) => {
    console.error(`No backup was made: ${error.message}`);
    process.exitCode = 1;
  });
}
