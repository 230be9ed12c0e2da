/**
 * `node portal/backup/main.ts --data DIR --to DIR`: a whole copy of the portal's databases while it runs. Putting it
 * back is copying the files into the data directory of a portal that is stopped.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';

const FILES = ['portal.db', 'history.db'] as const;

/** Copies every database of `dataDir`, checks the copies, and only then gives them their names. */
export function backUp(dataDir: string, targetDir: string): readonly string[] {
  const present = FILES.filter((file) => existsSync(join(dataDir, file)));
  if (present.length === 0) throw new Error(`${dataDir} holds no data of a portal`);
  mkdirSync(targetDir, { recursive: true, mode: 0o700 });
  for (const file of present) {
    const draft = join(targetDir, `${file}.part`);
    rmSync(draft, { force: true });
    // SQLite takes an empty file as it is, with its mode.
    closeSync(openSync(draft, 'wx', 0o600));
    copy(join(dataDir, file), draft);
    checkCopy(draft);
    sync(draft);
    renameSync(draft, join(targetDir, file));
  }
  return present;
}

/**
 * As it stood at one instant. SQLite's page-wise backup begins anew at every write of another process, and so never
 * ends beside a busy portal.
 */
function copy(file: string, target: string): void {
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    source.prepare('VACUUM INTO ?').run(target);
  } finally {
    source.close();
  }
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

function sync(file: string): void {
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}

function main(): void {
  process.umask(0o077);
  const { values } = parseArgs({ options: { data: { type: 'string' }, to: { type: 'string' } } });
  if (!values.data || !values.to)
    throw new Error('say --data DIR (of the portal) and --to DIR (of the copy)');
  const files = backUp(resolve(values.data), resolve(values.to));
  console.log(`Copied ${files.join(', ')} to ${resolve(values.to)}`);
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    console.error(`No backup was made: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
