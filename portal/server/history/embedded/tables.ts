/**
 * Tables of the embedded history. Raw values by (series, ms); roll-ups by (series, minute since 1970) at 1, 15 and
 * 60 minutes. Without row ids the key is the row, which keeps a range of one series in a few neighbouring pages. What
 * came lately may still wait in the inbox: series, ms and values of a request in one row.
 */
import { DatabaseSync } from 'node:sqlite';
import { privateFile } from '../../database/private-file.ts';

const roll = (name: string) => `CREATE TABLE IF NOT EXISTS ${name} (
  series INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, sum REAL NOT NULL, min REAL NOT NULL,
  max REAL NOT NULL, first REAL, last REAL, up REAL, PRIMARY KEY (series, at)) WITHOUT ROWID;`;

const TABLES = `
CREATE TABLE IF NOT EXISTS series (
  id INTEGER PRIMARY KEY, site TEXT NOT NULL, measurement TEXT NOT NULL, tags TEXT NOT NULL, field TEXT NOT NULL,
  type TEXT NOT NULL, UNIQUE (site, measurement, tags, field));
CREATE TABLE IF NOT EXISTS raw (
  series INTEGER NOT NULL, ts INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, ts)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS raw_text (
  series INTEGER NOT NULL, ts INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (series, ts)) WITHOUT ROWID;
${roll('roll_1')}
${roll('roll_15')}
${roll('roll_60')}
CREATE TABLE IF NOT EXISTS decision (
  site TEXT NOT NULL, ts INTEGER NOT NULL, actuator TEXT NOT NULL, seq INTEGER, outcome TEXT, code TEXT,
  reason_json TEXT, home_mode TEXT, PRIMARY KEY (site, ts, actuator)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
  id INTEGER PRIMARY KEY, site TEXT NOT NULL, count INTEGER NOT NULL, first_ms INTEGER NOT NULL,
  newest_ms INTEGER NOT NULL, numbers BLOB NOT NULL, texts TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_site ON inbox (site);
CREATE TABLE IF NOT EXISTS mark (
  site TEXT PRIMARY KEY, first_ms INTEGER NOT NULL, newest_ms INTEGER NOT NULL, raw_from_ms INTEGER NOT NULL,
  minutes_from_ms INTEGER NOT NULL) WITHOUT ROWID;
`;

/** @param file made when missing. @throws when it is no database or cannot be written. */
export function openForWriting(file: string): DatabaseSync {
  const db = new DatabaseSync(privateFile(file));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -6000');
  db.exec('PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 4000');
  db.exec(TABLES);
  return db;
}

export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec('PRAGMA cache_size = -8000');
  return db;
}

export const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

/** How long raw values are kept. */
export const RAW_KEPT_MS = 8 * DAY_MS;
/**
 * Roll-ups, finest first: table, width of a bucket, and how long it is kept (null: for ever). Minutes are kept longer
 * than a box can hold points back. Decisions are kept for ever.
 */
export const ROLLS = [
  { table: 'roll_1', minutes: 1, keptMs: 35 * DAY_MS },
  { table: 'roll_15', minutes: 15, keptMs: null },
  { table: 'roll_60', minutes: 60, keptMs: null },
] as const;
export type RollTable = (typeof ROLLS)[number]['table'];
