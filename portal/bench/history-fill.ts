/** `node history-fill.ts FILE SITES RAW_DAYS END_MS`: fills the tables of an embedded history directly. */
import { openForWriting } from '../server/history/embedded/tables.ts';
import { FIELDS } from './history-fields.ts';

const MIN = 60_000;
const D = 86_400_000;
const YEAR_MS = 365 * D;

const [file = '', ...numbers] = process.argv.slice(2);
const [SITES = 0, RAW_DAYS = 0, END_MS = 0] = numbers.map(Number);
fill(file, SITES, RAW_DAYS);

/** A year of quarters and hours, and some days of raw values with their minutes, straight into the tables. */
function fill(file: string, sites: number, rawDays: number): void {
  const db = openForWriting(file);
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -20000');
  const addSeries = db.prepare(
    `INSERT INTO series (site, measurement, tags, field, type) VALUES (?, 'site', '[]', ?, 'float')`,
  );
  const mark = db.prepare('INSERT INTO mark VALUES (?, ?, ?, ?, ?)');
  for (let n = 0; n < sites; n += 1) {
    db.exec('BEGIN');
    for (const field of FIELDS) {
      const series = Number(addSeries.run(`site-${n}`, field).lastInsertRowid);
      const wave = `500 + 400 * ((value * 37 + ${series}) % 11)`;
      const numbers = (fromMs: number, stepMs: number) =>
        `WITH RECURSIVE at(value) AS (SELECT ${fromMs / stepMs} UNION ALL SELECT value + 1 FROM at
          WHERE value + 1 < ${END_MS / stepMs})`;
      for (const [table, minutes, fromMs] of [
        ['roll_60', 60, END_MS - YEAR_MS],
        ['roll_15', 15, END_MS - YEAR_MS],
        ['roll_1', 1, END_MS - rawDays * D],
      ] as const) {
        db.exec(`${numbers(fromMs, minutes * MIN)} INSERT INTO ${table}
          SELECT ${series}, value * ${minutes}, 6 * ${minutes}, (${wave}) * 6 * ${minutes}, 400, 5000, value, value + 1, 1
          FROM at`);
      }
      db.exec(`${numbers(END_MS - rawDays * D, 10_000)} INSERT INTO raw
        SELECT ${series}, value * 10000, ${wave} FROM at`);
    }
    mark.run(`site-${n}`, END_MS - YEAR_MS, END_MS, END_MS - rawDays * D, END_MS - rawDays * D);
    db.exec('COMMIT');
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}
