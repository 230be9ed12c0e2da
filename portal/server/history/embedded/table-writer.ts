/**
 * Field values into the tables of raw values, with their roll-ups. Values are sorted by series before: what lies
 * together on disk is written together.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { inPieces } from '../../bounds/pieces.ts';
import type { Retention } from './retention.ts';
import { RollUps } from './roll-ups.ts';
import type { Series, SeriesRegistry } from './series-registry.ts';
import { MINUTE_MS } from './tables.ts';

/** Rows of one statement, largest first. */
const INSERT_ROWS = [48, 6, 1] as const;

/** Of one site, in the order they came; the same place in each list is one value. */
export interface FieldValues {
  readonly series: readonly number[];
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** Values of one series, as far as they are written raw. */
interface Column {
  readonly series: Series;
  readonly at: number[];
  readonly values: number[];
}

export class TableWriter {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #rollUps: RollUps;
  readonly #retention: Retention;
  readonly #registry: SeriesRegistry;

  constructor(db: DatabaseSync, registry: SeriesRegistry, retention: Retention) {
    this.#statements = prepare(db);
    this.#rollUps = new RollUps(db);
    this.#registry = registry;
    this.#retention = retention;
  }

  /** Inside a transaction. */
  async write(site: string, values: FieldValues): Promise<void> {
    const knownUntilMs = this.#retention.mark(site)?.newestMs ?? Number.NEGATIVE_INFINITY;
    const columns = new Map<number, Column>();
    await inPieces(this.#sort(columns, site, values));
    for (const column of columns.values()) {
      await inPieces(this.#putRaw(column));
      await inPieces(this.#rollUps.update(column, knownUntilMs));
    }
  }

  *#sort(columns: Map<number, Column>, site: string, { series, at, values }: FieldValues): Generator<void> {
    for (const [i, id] of series.entries()) {
      const atMs = at[i] ?? 0;
      yield;
      if (this.#isSummedUp(site, id, atMs)) continue;
      let column = columns.get(id);
      if (!column) {
        column = { series: this.#registry.known(id), at: [], values: [] };
        columns.set(id, column);
      }
      column.at.push(atMs);
      column.values.push(values[i] ?? 0);
    }
  }

  /** Told before: the finer values of its bucket are gone, their sum stands. */
  #isSummedUp(site: string, series: number, atMs: number): boolean {
    const removed = this.#retention.removedDownTo(site, atMs);
    if (removed === 'nothing') return false;
    const minute = Math.floor(atMs / MINUTE_MS);
    if (this.#statements.minuteOnly.get(series, minute)) return true;
    const quarter = Math.floor(minute / 15) * 15;
    return removed === 'minutes' && this.#statements.quarterOnly.get(series, quarter) !== undefined;
  }

  *#putRaw({ series: { id }, at, values }: Column): Generator<void> {
    let from = 0;
    for (const rows of INSERT_ROWS) {
      const statement = this.#statements.putRaw[rows];
      for (; at.length - from >= rows; from += rows) {
        const cells: SQLInputValue[] = [];
        for (let i = from; i < from + rows; i += 1) cells.push(id, at[i] ?? 0, values[i] ?? 0);
        statement.run(...cells);
        yield;
      }
    }
  }
}

function prepare(db: DatabaseSync) {
  const putRaw = (rows: number): StatementSync =>
    db.prepare(`INSERT OR REPLACE INTO raw VALUES ${Array(rows).fill('(?, ?, ?)').join(', ')}`);
  return {
    putRaw: { 48: putRaw(48), 6: putRaw(6), 1: putRaw(1) },
    minuteOnly: db.prepare(
      `SELECT 1 FROM roll_1 WHERE series = ?1 AND at = ?2 AND NOT EXISTS
        (SELECT 1 FROM raw WHERE series = ?1 AND ts >= ?2 * 60000 AND ts < (?2 + 1) * 60000)`,
    ),
    quarterOnly: db.prepare(
      `SELECT 1 FROM roll_15 WHERE series = ?1 AND at = ?2 AND NOT EXISTS
        (SELECT 1 FROM roll_1 WHERE series = ?1 AND at >= ?2 AND at < ?2 + 15)`,
    ),
  };
}
