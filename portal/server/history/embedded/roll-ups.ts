/**
 * Roll-ups of the minutes, quarters and hours that a write touched. A bucket is always computed anew from the level
 * below it, never added to: a point that comes twice, late or corrected cannot be counted twice. Where the whole
 * bucket is newer than everything the site has told before, the level below is in the write itself and need not be
 * read back.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { combine, type Summary, summarise } from '../summary.ts';
import type { Series } from './series-registry.ts';
import { MINUTE_MS, ROLLS, type RollTable } from './tables.ts';

/** Values of one series, in the order they came. */
interface Column {
  readonly series: Series;
  readonly at: readonly number[];
  readonly values: readonly number[];
}

type Buckets = Map<number, Summary>;

export class RollUps {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db);
  }

  /**
   * After the values were written; yields between two buckets.
   * @param knownUntilMs newest instant the site had told before; nothing of this write is later than itself.
   */
  *update(column: Column, knownUntilMs: number): Generator<void> {
    const knownMinute = Math.floor(knownUntilMs / MINUTE_MS);
    const { series } = column;
    const minutes = yield* this.#minutes(column, knownMinute);
    const quarters = yield* this.#upper(series, minutes, { level: 1, knownMinute });
    yield* this.#upper(series, quarters, { level: 2, knownMinute });
  }

  *#minutes(column: Column, knownMinute: number): Generator<void, Buckets> {
    const { series } = column;
    const buckets: Buckets = new Map();
    for (const [minute, values] of valuesByMinute(column)) {
      const whole = values !== null && minute > knownMinute ? values : this.#rawValues(series, minute);
      if (whole.length > 0)
        buckets.set(minute, this.#store('roll_1', series, minute, summarise(series.kind, whole)));
      yield;
    }
    return buckets;
  }

  *#upper(
    series: Series,
    below: Buckets,
    { level, knownMinute }: { readonly level: 1 | 2; readonly knownMinute: number },
  ): Generator<void, Buckets> {
    const { table, minutes } = ROLLS[level];
    const parts = new Map<number, Summary[]>();
    for (const [at, summary] of below) {
      const start = at - (((at % minutes) + minutes) % minutes);
      const list = parts.get(start);
      if (list) list.push(summary);
      else parts.set(start, [summary]);
    }
    const buckets: Buckets = new Map();
    for (const [at, fresh] of parts) {
      const whole = at > knownMinute ? fresh : this.#stored(series, level, at);
      if (whole.length > 0) buckets.set(at, this.#store(table, series, at, combine(series.kind, whole)));
      yield;
    }
    return buckets;
  }

  #rawValues(series: Series, minute: number): number[] {
    const rows = this.#statements.rawRange.all(series.id, minute * MINUTE_MS, (minute + 1) * MINUTE_MS);
    return (rows as unknown as [number][]).map(([value]) => value);
  }

  #stored(series: Series, level: 1 | 2, at: number): Summary[] {
    const below = ROLLS[level === 1 ? 0 : 1].table;
    const rows = this.#statements.rolls[below].range.all(series.id, at, at + ROLLS[level].minutes);
    return (rows as unknown as number[][]).map(summaryOf);
  }

  #store(table: RollTable, { id, kind }: Series, at: number, s: Summary): Summary {
    const { first, last, up } = kind === 'gauge' ? { first: null, last: null, up: null } : s;
    this.#statements.rolls[table].put.run(id, at, s.n, s.sum, s.min, s.max, first, last, up);
    return s;
  }
}

/** Minutes in order; the values of a minute, or null where they do not stand in the order of time. */
function valuesByMinute({ at, values }: Column): [number, number[] | null][] {
  const minutes = new Map<number, number[] | null>();
  const lastMs = new Map<number, number>();
  for (const [i, atMs] of at.entries()) {
    const minute = Math.floor(atMs / MINUTE_MS);
    const list = minutes.get(minute);
    const value = values[i] ?? 0;
    if (list === undefined) minutes.set(minute, [value]);
    else if (list !== null && atMs > (lastMs.get(minute) ?? 0)) list.push(value);
    else minutes.set(minute, null);
    lastMs.set(minute, atMs);
  }
  return [...minutes].sort(([a], [b]) => a - b);
}

function prepare(db: DatabaseSync) {
  const asArrays = (sql: string): StatementSync => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  const roll = (table: RollTable) => ({
    range: asArrays(
      `SELECT n, sum, min, max, first, last, up FROM ${table} WHERE series = ? AND at >= ? AND at < ? ORDER BY at`,
    ),
    put: db.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
  });
  return {
    rawRange: asArrays('SELECT value FROM raw WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts'),
    rolls: { roll_1: roll('roll_1'), roll_15: roll('roll_15'), roll_60: roll('roll_60') },
  };
}

/** A row `n, sum, min, max, first, last, up`; a gauge has no last three. */
export function summaryOf(row: readonly (number | null)[]): Summary {
  const [n, sum, min, max, first, last, up] = row.map((cell) => cell ?? 0) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { n, sum, min, max, first, last, up };
}
