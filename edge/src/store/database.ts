/**
 * Opening a database so that a bad file never stops the box: it is checked, and when it is damaged set aside under
 * a dated name, for a fresh one to take its place.
 */
import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** WAL with a full sync at each commit: a committed row survives a power cut. */
const PRAGMAS = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA wal_autocheckpoint = 1000',
  'PRAGMA journal_size_limit = 8388608',
  'PRAGMA temp_store = MEMORY',
  'PRAGMA cache_size = -2000',
  'PRAGMA busy_timeout = 5000',
];

export interface Opened {
  readonly db: DatabaseSync;
  /** Where the damaged file lies now, when there was one. */
  readonly setAside: string | null;
  readonly why: string | null;
}

export function openDatabase(path: string, schema: string): Opened {
  let why: string;
  try {
    return { db: openChecked(path, schema), setAside: null, why: null };
  } catch (error) {
    if (!isDamage(error, path)) throw error;
    why = error instanceof Error ? error.message : String(error);
  }
  const setAside = setFileAside(path);
  return { db: openChecked(path, schema), setAside, why };
}

function openChecked(path: string, schema: string): DatabaseSync {
  closeToOthers(path);
  const db = new DatabaseSync(path);
  try {
    for (const pragma of PRAGMAS) db.exec(pragma);
    const [check] = db.prepare('PRAGMA quick_check(1)').all();
    const verdict = check ? Object.values(check)[0] : 'no answer';
    if (verdict !== 'ok') throw new DamageError(String(verdict));
    db.exec(schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Where a home's power goes is for the box's user only, also in a file from before. A missing one is made, empty;
 * SQLite gives its write-ahead log the same mode.
 */
function closeToOthers(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) chmodSync(path + suffix, 0o600);
    }
  } catch {
    // A disk that takes nothing is told by the database itself, which is opened next.
  }
}

class DamageError extends Error {}

/**
 * SQLITE_CORRUPT and SQLITE_NOTADB, and what our own checks find; also SQLITE_ERROR, _CONSTRAINT and _MISMATCH: our
 * statements are fixed and right, so it is the schema or an index that has lost a bit.
 */
const DAMAGE_CODES = new Set([1, 11, 19, 20, 26]);
const READONLY = 8;

/** @param path given: a database that calls itself read-only on a disk that is not has a damaged header. */
export function isDamage(error: unknown, path?: string): boolean {
  if (error instanceof DamageError) return true;
  const code = sqliteCode(error);
  if (code === READONLY && path !== undefined) return isWritable(path);
  return code !== null && DAMAGE_CODES.has(code);
}

function isWritable(path: string): boolean {
  const probe = `${path}.probe`;
  try {
    closeSync(openSync(path, 'r+'));
    writeFileSync(probe, '');
    rmSync(probe);
    return true;
  } catch {
    return false;
  }
}

/** The primary result code of an error of SQLite, or null for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** Renames the file and what belongs to it; returns the new name of the main file. */
export function setFileAside(path: string): string {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  let target = join(dirname(path), `${stamp}.damaged.${path.slice(dirname(path).length + 1)}`);
  for (let n = 2; existsSync(target); n++) target = `${target}.${n}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}
