/**
 * Points in, roll-ups made at once. A roll-up bucket is always computed anew from the level below it, never added
 * to: a point that comes twice, late or corrected cannot be counted twice.
 *
 * Writes are taken one after the other, each one transaction, done in slices so that reads and the live stream of
 * the same process go on in between. An answer is given after the commit.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LinePoint } from '../line-protocol.ts';
import { Retention } from './retention.ts';
import { type KnownHead, type Series, SeriesRegistry } from './series-registry.ts';
import { combine, type Summary, summarise } from './summary.ts';
import { MINUTE_MS, ROLLS, type RollTable } from './tables.ts';

/** Field values written between two turns of the event loop. */
const SLICE_VALUES = 4000;

export interface WriteResult {
  readonly values: number;
  /** Points that were not taken, by reason as InfluxDB words it. */
  readonly dropped: ReadonlyMap<string, number>;
}

interface Batch {
  readonly site: string;
  readonly dropped: Map<string, number>;
  /** Minutes to compute anew, by series. */
  readonly dirty: Map<Series, Set<number>>;
  values: number;
  firstMs: number;
  newestMs: number;
}

export class HistoryWriter {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  readonly retention: Retention;
  readonly #registry: SeriesRegistry;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(db: DatabaseSync, nowMs: () => number) {
    this.#db = db;
    this.#statements = prepare(db);
    this.#registry = new SeriesRegistry(db);
    this.retention = new Retention(db, nowMs);
  }

  write(site: string, points: readonly LinePoint[]): Promise<WriteResult> {
    return this.#inTurn(() => this.#write(site, points));
  }

  /** Removes what is past its time. @returns rows removed. */
  prune(): Promise<number> {
    return this.#inTurn(async () => this.retention.prune());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #write(site: string, points: readonly LinePoint[]): Promise<WriteResult> {
    const batch: Batch = {
      site,
      dropped: new Map(),
      dirty: new Map(),
      values: 0,
      firstMs: Number.POSITIVE_INFINITY,
      newestMs: Number.NEGATIVE_INFINITY,
    };
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      let pause = SLICE_VALUES;
      for (const point of points) {
        this.#take(batch, point);
        if (batch.values >= pause) {
          pause = batch.values + SLICE_VALUES;
          await nextTurn();
        }
      }
      await this.#rollUp(batch.dirty);
      if (batch.values > 0) this.retention.advance(site, batch.firstMs, batch.newestMs);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      this.#registry.forget(site);
      this.retention.forget(site);
      throw error;
    }
    return { values: batch.values, dropped: batch.dropped };
  }

  #take(batch: Batch, point: LinePoint): void {
    const head = this.#registry.head(batch.site, point.head);
    const refusal = this.#refusal(batch.site, head);
    if (refusal) {
      drop(batch, refusal);
      return;
    }
    if (head.measurement === 'decision') this.#takeDecision(batch, head, point);
    else this.#takeFields(batch, head, point);
    batch.firstMs = Math.min(batch.firstMs, point.atMs);
    batch.newestMs = Math.max(batch.newestMs, point.atMs);
  }

  #refusal(site: string, head: KnownHead): string | null {
    const tagged = head.tags.get('site');
    return tagged !== undefined && tagged !== site ? 'tag site is not the site of the token' : null;
  }

  #takeFields(batch: Batch, head: KnownHead, point: LinePoint): void {
    const minute = Math.floor(point.atMs / MINUTE_MS);
    for (const field of point.fields) {
      const found = this.#registry.series(head, field);
      if (typeof found === 'string') {
        drop(batch, found);
        continue;
      }
      batch.values += 1;
      if (typeof field.value === 'string') {
        this.#statements.putText.run(found.id, point.atMs, field.value);
        continue;
      }
      if (this.#isSummedUp(batch.site, found.id, point.atMs)) continue;
      this.#statements.putRaw.run(found.id, point.atMs, field.value);
      const minutes = batch.dirty.get(found);
      if (minutes) minutes.add(minute);
      else batch.dirty.set(found, new Set([minute]));
    }
  }

  /** Told before: the finer values of its bucket are gone, their sum stands. */
  #isSummedUp(site: string, series: number, atMs: number): boolean {
    const minute = Math.floor(atMs / MINUTE_MS);
    const removed = this.retention.removedDownTo(site, atMs);
    if (removed === 'nothing') return false;
    if (this.#statements.minuteOnly.get(series, minute)) return true;
    const quarter = Math.floor(minute / 15) * 15;
    return removed === 'minutes' && this.#statements.quarterOnly.get(series, quarter) !== undefined;
  }

  #takeDecision(batch: Batch, head: KnownHead, point: LinePoint): void {
    const field = new Map(point.fields.map(({ name, value }) => [name, value]));
    const text = (name: string) => (field.has(name) ? String(field.get(name)) : null);
    const seq = Number(field.get('seq'));
    this.#statements.putDecision.run(
      batch.site,
      point.atMs,
      head.tags.get('actuator') ?? 'home',
      Number.isSafeInteger(seq) ? seq : null,
      text('outcome'),
      text('code'),
      text('reasonJson'),
      text('homeMode'),
    );
    batch.values += point.fields.length;
  }

  async #rollUp(dirty: ReadonlyMap<Series, ReadonlySet<number>>): Promise<void> {
    let done = 0;
    for (const [series, minutes] of dirty) {
      for (const minute of minutes) this.#rollMinute(series, minute);
      for (const quarter of aligned(minutes, 15)) this.#rollUpper(series, quarter, 1);
      for (const hour of aligned(minutes, 60)) this.#rollUpper(series, hour, 2);
      done += minutes.size;
      if (done * 6 < SLICE_VALUES) continue;
      done = 0;
      await nextTurn();
    }
  }

  #rollMinute(series: Series, minute: number): void {
    const rows = this.#statements.rawRange.all(series.id, minute * MINUTE_MS, (minute + 1) * MINUTE_MS);
    const values = (rows as unknown as [number][]).map(([value]) => value);
    if (values.length > 0) this.#store('roll_1', series, minute, summarise(series.kind, values));
  }

  #rollUpper(series: Series, at: number, level: 1 | 2): void {
    const { table, minutes } = ROLLS[level];
    const below = ROLLS[level === 1 ? 0 : 1].table;
    const rows = this.#statements.rolls[below].range.all(series.id, at, at + minutes);
    const parts = (rows as unknown as number[][]).map(summaryOf);
    if (parts.length > 0) this.#store(table, series, at, combine(series.kind, parts));
  }

  #store(table: RollTable, { id, kind }: Series, at: number, s: Summary): void {
    const gauge = kind === 'gauge';
    const { first, last, up } = gauge ? { first: null, last: null, up: null } : s;
    this.#statements.rolls[table].put.run(id, at, s.n, s.sum, s.min, s.max, first, last, up);
  }
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
    putRaw: db.prepare('INSERT OR REPLACE INTO raw VALUES (?, ?, ?)'),
    putText: db.prepare('INSERT OR REPLACE INTO raw_text VALUES (?, ?, ?)'),
    putDecision: db.prepare('INSERT OR REPLACE INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    rawRange: asArrays('SELECT value FROM raw WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts'),
    minuteOnly: db.prepare(
      `SELECT 1 FROM roll_1 WHERE series = ?1 AND at = ?2 AND NOT EXISTS
        (SELECT 1 FROM raw WHERE series = ?1 AND ts >= ?2 * 60000 AND ts < (?2 + 1) * 60000)`,
    ),
    quarterOnly: db.prepare(
      `SELECT 1 FROM roll_15 WHERE series = ?1 AND at = ?2 AND NOT EXISTS
        (SELECT 1 FROM roll_1 WHERE series = ?1 AND at >= ?2 AND at < ?2 + 15)`,
    ),
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

function aligned(minutes: Iterable<number>, width: number): Set<number> {
  const starts = new Set<number>();
  for (const minute of minutes) starts.add(minute - (((minute % width) + width) % width));
  return starts;
}

function drop(batch: Batch, reason: string): void {
  batch.dropped.set(reason, (batch.dropped.get(reason) ?? 0) + 1);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
