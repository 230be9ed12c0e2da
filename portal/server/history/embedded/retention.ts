/**
 * Removes what is past its time by the table of what is kept how long (`tables.ts`). Points may come as late as they like: where finer levels were removed, a point of a bucket
 * that is already summed up has been told before and is passed over.
 *
 * "Now" is the earlier of the portal's clock and the site's newest point: a simulated site may live in another
 * year, and a single point from the future must not make everything before it old.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RAW_KEPT_MS, ROLLS } from './tables.ts';

const [MINUTES] = ROLLS;
const HOUR_MS = 3_600_000;
/** Raw values of late points stay this long after the last late write, so that a minute split over two is whole. */
const LATE_REST_MS = HOUR_MS;
/** Rows removed in one go; the rest waits for the next. */
const MOST_ROWS = 200_000;

interface Mark {
  firstMs: number;
  newestMs: number;
  rawFromMs: number;
  minutesFromMs: number;
}

export class Retention {
  readonly #db: DatabaseSync;
  readonly #nowMs: () => number;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #marks = new Map<string, Mark | null>();
  readonly #lateMs = new Map<string, number>();

  constructor(db: DatabaseSync, nowMs: () => number) {
    this.#db = db;
    this.#nowMs = nowMs;
    this.#find = db.prepare('SELECT * FROM mark WHERE site = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?, ?)');
  }

  mark(site: string): Mark | null {
    let mark = this.#marks.get(site);
    if (mark === undefined) {
      const row = this.#find.get(site);
      mark = row
        ? {
            firstMs: Number(row.first_ms),
            newestMs: Number(row.newest_ms),
            rawFromMs: Number(row.raw_from_ms),
            minutesFromMs: Number(row.minutes_from_ms),
          }
        : null;
      this.#marks.set(site, mark);
    }
    return mark;
  }

  /** Down to which level values of this instant were removed once: what came then must not be counted again. */
  removedDownTo(site: string, atMs: number): 'nothing' | 'raw' | 'minutes' {
    const mark = this.mark(site);
    if (!mark || atMs >= mark.rawFromMs) return 'nothing';
    this.#lateMs.set(site, this.#nowMs());
    return atMs >= mark.minutesFromMs ? 'raw' : 'minutes';
  }

  advance(site: string, firstMs: number, newestMs: number): void {
    const mark = this.mark(site);
    const next = {
      firstMs: Math.min(firstMs, mark?.firstMs ?? firstMs),
      newestMs: Math.max(newestMs, mark?.newestMs ?? newestMs),
      rawFromMs: mark?.rawFromMs ?? Number.MIN_SAFE_INTEGER,
      minutesFromMs: mark?.minutesFromMs ?? Number.MIN_SAFE_INTEGER,
    };
    this.#store(site, next);
  }

  /** After a rollback: what is in memory may not be on disk. */
  forget(site: string): void {
    this.#marks.delete(site);
  }

  /** Removes a bounded number of rows past their time; the marks move first, so that nothing is half there. */
  prune(): number {
    let removed = 0;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const { site } of this.#db.prepare('SELECT site FROM mark').all()) {
        removed += this.#pruneSite(String(site), MOST_ROWS - removed);
        if (removed >= MOST_ROWS) break;
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      this.#marks.clear();
      throw error;
    }
    return removed;
  }

  #pruneSite(site: string, most: number): number {
    const mark = this.mark(site);
    if (!mark || this.#nowMs() - (this.#lateMs.get(site) ?? 0) < LATE_REST_MS) return 0;
    const rawFromMs = Math.max(mark.rawFromMs, this.#horizonMs(mark, RAW_KEPT_MS));
    const minutesFromMs = Math.max(mark.minutesFromMs, this.#horizonMs(mark, MINUTES.keptMs));
    this.#store(site, { ...mark, rawFromMs, minutesFromMs });
    let removed = 0;
    const series = this.#db.prepare('SELECT id FROM series WHERE site = ?').all(site);
    const remove = [
      { sql: 'DELETE FROM raw WHERE series = ? AND ts < ?', before: rawFromMs },
      { sql: 'DELETE FROM raw_text WHERE series = ? AND ts < ?', before: rawFromMs },
      { sql: `DELETE FROM ${MINUTES.table} WHERE series = ? AND at < ?`, before: minutesFromMs / 60_000 },
    ].map(({ sql, before }) => ({ statement: this.#db.prepare(sql), before }));
    for (const { id } of series) {
      for (const { statement, before } of remove) {
        removed += Number(statement.run(Number(id), Math.floor(before)).changes);
      }
      if (removed >= most) break;
    }
    return removed;
  }

  /** Whole hours, so that no bucket is ever made from a part of its values. */
  #horizonMs(mark: Mark, keepMs: number): number {
    const nowMs = Math.min(mark.newestMs, this.#nowMs());
    return Math.floor((nowMs - keepMs) / HOUR_MS) * HOUR_MS;
  }

  #store(site: string, mark: Mark): void {
    this.#marks.set(site, mark);
    this.#put.run(site, mark.firstMs, mark.newestMs, mark.rawFromMs, mark.minutesFromMs);
  }
}
