/** Ranges out of the tables: each query reads the coarsest level that still gives the exact answer. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HistoryBucket, Peak } from '../store.ts';
import { combine, kindOf, rise, type SeriesKind, type Summary, summarise } from '../summary.ts';
import { summaryOf } from './roll-ups.ts';
import { MINUTE_MS, ROLLS, type RollTable } from './tables.ts';

const MINUTE_STEPS = ROLLS.map(({ table, minutes }) => ({ table, stepMs: minutes * MINUTE_MS })).reverse();

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export class HistoryReader {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  seriesId(site: string, field: string): number | null {
    const row = this.#all(
      `SELECT id FROM series WHERE site = ? AND measurement = 'site' AND tags = '[]' AND field = ?`,
      [site, field],
    )[0];
    return row ? Number(row[0]) : null;
  }

  buckets(series: number, { fromMs, toMs }: Range, stepMs: number): HistoryBucket[] {
    const level = MINUTE_STEPS.find((roll) => stepMs % roll.stepMs === 0 && fromMs % roll.stepMs === 0);
    const rows = level
      ? this.#all(
          `SELECT CAST((at - ?) / ? AS INTEGER) AS bucket, sum(sum) / sum(n), min(min), max(max)
           FROM ${level.table} WHERE series = ? AND at >= ? AND at < ? GROUP BY bucket ORDER BY bucket`,
          [fromMs / MINUTE_MS, stepMs / MINUTE_MS, series, fromMs / MINUTE_MS, toMs / MINUTE_MS],
        )
      : this.#all(
          `SELECT CAST((ts - ?) / ? AS INTEGER) AS bucket, avg(value), min(value), max(value)
           FROM raw WHERE series = ? AND ts >= ? AND ts < ? GROUP BY bucket ORDER BY bucket`,
          [fromMs, stepMs, series, fromMs, toMs],
        );
    return rows.map(([bucket, mean, min, max]) => ({
      atMs: fromMs + Number(bucket) * stepMs,
      mean: Number(mean),
      min: Number(min),
      max: Number(max),
    }));
  }

  /** Rise of a counter over the range, with what it rose since the last value before it. */
  increase(series: number, field: string, range: Range): number | null {
    const kind = kindOf(field);
    const parts = this.#parts(series, kind, range, ROLLS.length - 1);
    if (parts.length === 0) return null;
    const total = combine(kind, parts);
    const before = this.#lastBefore(series, range.fromMs);
    return total.up + (before === null ? 0 : rise(kind, before, total.first));
  }

  peak(series: number, { fromMs, toMs }: Range): Peak | null {
    const row = this.#all(
      `SELECT max, at FROM roll_1 WHERE series = ?1 AND at >= ?2 AND at < ?3
       UNION ALL SELECT max, at FROM roll_15 WHERE series = ?1 AND at >= ?2 AND at < ?3
       ORDER BY 1 DESC, 2 DESC LIMIT 1`,
      [series, fromMs / MINUTE_MS, toMs / MINUTE_MS],
    )[0];
    return row ? { value: Number(row[0]), atMs: Number(row[1]) * MINUTE_MS } : null;
  }

  /** Minutes with a value; where only quarters of an hour are left, each counts fifteen. */
  coveredMinutes(series: number, { fromMs, toMs }: Range, minutesFromMs: number): number {
    const count = (table: RollTable, range: Range) =>
      Number(
        this.#all(`SELECT count(*) FROM ${table} WHERE series = ? AND at >= ? AND at < ?`, [
          series,
          range.fromMs / MINUTE_MS,
          range.toMs / MINUTE_MS,
        ])[0]?.[0] ?? 0,
      );
    const split = Math.min(Math.max(minutesFromMs, fromMs), toMs);
    return 15 * count('roll_15', { fromMs, toMs: split }) + count('roll_1', { fromMs: split, toMs });
  }

  mark(site: string): { firstMs: number; newestMs: number; rawFromMs: number; minutesFromMs: number } | null {
    const row = this.#all(
      'SELECT first_ms, newest_ms, raw_from_ms, minutes_from_ms FROM mark WHERE site = ?',
      [site],
    )[0];
    if (!row) return null;
    const [firstMs = 0, newestMs = 0, rawFromMs = 0, minutesFromMs = 0] = row.map(Number);
    return { firstMs, newestMs, rawFromMs, minutesFromMs };
  }

  decisions(sql: string, parameters: readonly (string | number)[]): unknown[][] {
    return this.#all(sql, parameters);
  }

  /** Summaries that cover the range without overlap, in order: coarse in the middle, fine at the edges. */
  #parts(series: number, kind: SeriesKind, range: Range, level: number): Summary[] {
    if (range.fromMs >= range.toMs) return [];
    const roll = ROLLS[level];
    if (!roll) return this.#rawPart(series, kind, range);
    const stepMs = roll.minutes * MINUTE_MS;
    const fromMs = Math.ceil(range.fromMs / stepMs) * stepMs;
    const toMs = Math.floor(range.toMs / stepMs) * stepMs;
    if (fromMs >= toMs) return this.#parts(series, kind, range, level - 1);
    const rows = this.#all(
      `SELECT n, sum, min, max, first, last, up FROM ${roll.table}
       WHERE series = ? AND at >= ? AND at < ? ORDER BY at`,
      [series, fromMs / MINUTE_MS, toMs / MINUTE_MS],
    );
    return [
      ...this.#parts(series, kind, { fromMs: range.fromMs, toMs: fromMs }, level - 1),
      ...(rows as number[][]).map(summaryOf),
      ...this.#parts(series, kind, { fromMs: toMs, toMs: range.toMs }, level - 1),
    ];
  }

  #rawPart(series: number, kind: SeriesKind, { fromMs, toMs }: Range): Summary[] {
    const rows = this.#all('SELECT value FROM raw WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts', [
      series,
      fromMs,
      toMs,
    ]);
    const values = rows.map(([value]) => Number(value));
    return values.length === 0 ? [] : [summarise(kind, values)];
  }

  #lastBefore(series: number, fromMs: number): number | null {
    const raw = this.#all('SELECT value FROM raw WHERE series = ? AND ts < ? ORDER BY ts DESC LIMIT 1', [
      series,
      fromMs,
    ])[0];
    if (raw) return Number(raw[0]);
    for (const { table, minutes } of ROLLS) {
      const row = this.#all(
        `SELECT last FROM ${table} WHERE series = ? AND at <= ? ORDER BY at DESC LIMIT 1`,
        [series, fromMs / MINUTE_MS - minutes],
      )[0];
      if (row && row[0] !== null) return Number(row[0]);
    }
    return null;
  }

  #all(sql: string, parameters: readonly (string | number)[]): unknown[][] {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement.all(...parameters) as unknown as unknown[][];
  }
}
