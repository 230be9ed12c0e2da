/**
 * Points in, roll-ups made at once. Requests that come while one is being written are written together and share one
 * commit; an answer is given after it. Done in slices, so that reads and the live stream of the same process go on
 * in between.
 *
 * Within a request values are sorted by series: what lies together on disk is written together.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { LinePoint } from '../line-protocol.ts';
import { Retention } from './retention.ts';
import { RollUps } from './roll-ups.ts';
import { type KnownHead, type Series, SeriesRegistry } from './series-registry.ts';
import { MINUTE_MS } from './tables.ts';

/** Field values written between two turns of the event loop. */
const SLICE_VALUES = 4000;
/** Field values that share one commit, at most: bounds what a reader of the same process waits, and the log. */
const MOST_SHARED_VALUES = 60_000;
/** Rows of one statement, largest first. */
const INSERT_ROWS = [48, 6, 1] as const;

export interface WriteResult {
  readonly values: number;
  /** Points that were not taken, by reason as InfluxDB words it. */
  readonly dropped: ReadonlyMap<string, number>;
}

interface Job {
  readonly site: string;
  readonly points: readonly LinePoint[];
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Values of one series in the order they came, as far as they are written raw. */
interface Column {
  readonly series: Series;
  readonly at: number[];
  readonly values: number[];
}

interface Batch {
  readonly site: string;
  readonly dropped: Map<string, number>;
  /** By series id: one series may be written with its tags in several orders. */
  readonly columns: Map<number, Column>;
  values: number;
  firstMs: number;
  newestMs: number;
}

export class HistoryWriter {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #rollUps: RollUps;
  readonly retention: Retention;
  readonly #registry: SeriesRegistry;
  #waiting: Job[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #sliceLeft = SLICE_VALUES;

  constructor(db: DatabaseSync, nowMs: () => number) {
    this.#db = db;
    this.#statements = prepare(db);
    this.#rollUps = new RollUps(db);
    this.#registry = new SeriesRegistry(db);
    this.retention = new Retention(db, nowMs);
  }

  /** Resolves once the points are committed. @throws LineError when a line's head is none: then nothing is written. */
  async write(site: string, points: readonly LinePoint[]): Promise<WriteResult> {
    for (const { head } of points) this.#registry.head(site, head);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ site, points, resolve, reject });
      if (this.#waiting.length === 1) void this.#inTurn(() => this.#writeWaiting());
    });
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

  async #writeWaiting(): Promise<void> {
    const jobs = this.#nextJobs();
    // Who comes from here on begins the next turn; who is left over has one already.
    if (this.#waiting.length > 0) void this.#inTurn(() => this.#writeWaiting());
    try {
      const batches = await this.#commit(jobs);
      for (const [i, { resolve }] of jobs.entries()) {
        const { values = 0, dropped = new Map<string, number>() } = batches[i] ?? {};
        resolve({ values, dropped });
      }
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
  }

  #nextJobs(): Job[] {
    let values = 0;
    let count = 0;
    for (const { points } of this.#waiting) {
      values += points.length * (points[0]?.fields.length ?? 0);
      if (count > 0 && values > MOST_SHARED_VALUES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(jobs: readonly Job[]): Promise<Batch[]> {
    const batches: Batch[] = [];
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const job of jobs) batches.push(await this.#write(job));
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      for (const { site } of jobs) {
        this.#registry.forget(site);
        this.retention.forget(site);
      }
      throw error;
    }
    return batches;
  }

  async #write({ site, points }: Job): Promise<Batch> {
    const batch: Batch = {
      site,
      dropped: new Map(),
      columns: new Map(),
      values: 0,
      firstMs: Number.POSITIVE_INFINITY,
      newestMs: Number.NEGATIVE_INFINITY,
    };
    for (const point of points) this.#take(batch, this.#registry.head(site, point.head), point);
    const knownUntilMs = this.retention.mark(site)?.newestMs ?? Number.NEGATIVE_INFINITY;
    for (const column of batch.columns.values()) {
      this.#putRaw(column);
      this.#rollUps.update(column, knownUntilMs);
      await this.#pause(column.at.length);
    }
    if (batch.values > 0) this.retention.advance(site, batch.firstMs, batch.newestMs);
    return batch;
  }

  #take(batch: Batch, head: KnownHead, point: LinePoint): void {
    const tagged = head.tags.get('site');
    if (tagged !== undefined && tagged !== batch.site) {
      drop(batch, 'tag site is not the site of the token');
      return;
    }
    if (head.measurement === 'decision') this.#takeDecision(batch, head, point);
    else this.#takeFields(batch, head, point);
    batch.firstMs = Math.min(batch.firstMs, point.atMs);
    batch.newestMs = Math.max(batch.newestMs, point.atMs);
  }

  #takeFields(batch: Batch, head: KnownHead, point: LinePoint): void {
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
      let column = batch.columns.get(found.id);
      if (!column) {
        column = { series: found, at: [], values: [] };
        batch.columns.set(found.id, column);
      }
      column.at.push(point.atMs);
      column.values.push(field.value);
    }
  }

  /** Told before: the finer values of its bucket are gone, their sum stands. */
  #isSummedUp(site: string, series: number, atMs: number): boolean {
    const removed = this.retention.removedDownTo(site, atMs);
    if (removed === 'nothing') return false;
    const minute = Math.floor(atMs / MINUTE_MS);
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

  #putRaw({ series: { id }, at, values }: Column): void {
    let from = 0;
    for (const rows of INSERT_ROWS) {
      const statement = this.#statements.putRaw[rows];
      for (; at.length - from >= rows; from += rows) {
        const cells: SQLInputValue[] = [];
        for (let i = from; i < from + rows; i += 1) cells.push(id, at[i] ?? 0, values[i] ?? 0);
        statement.run(...cells);
      }
    }
  }

  async #pause(values: number): Promise<void> {
    this.#sliceLeft -= values;
    if (this.#sliceLeft > 0) return;
    this.#sliceLeft = SLICE_VALUES;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function prepare(db: DatabaseSync) {
  const putRaw = (rows: number): StatementSync =>
    db.prepare(`INSERT OR REPLACE INTO raw VALUES ${Array(rows).fill('(?, ?, ?)').join(', ')}`);
  return {
    putRaw: { 48: putRaw(48), 6: putRaw(6), 1: putRaw(1) },
    putText: db.prepare('INSERT OR REPLACE INTO raw_text VALUES (?, ?, ?)'),
    putDecision: db.prepare('INSERT OR REPLACE INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
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

function drop(batch: Batch, reason: string): void {
  batch.dropped.set(reason, (batch.dropped.get(reason) ?? 0) + 1);
}
