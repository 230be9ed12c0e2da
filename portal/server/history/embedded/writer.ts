/**
 * Points in, roll-ups made at once. A roll-up bucket is always computed anew from the level below it, never added
 * to: a point that comes twice, late or corrected cannot be counted twice.
 *
 * Writes are taken one after the other, each one transaction, done in slices so that reads and the live stream of
 * the same process go on in between. An answer is given after the commit.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type LinePoint, parseHead } from '../line-protocol.ts';
import { Retention } from './retention.ts';
import { combine, kindOf, type SeriesKind, type Summary, summarise } from './summary.ts';
import { MINUTE_MS, ROLLS, type RollTable } from './tables.ts';

/** Field values written between two turns of the event loop. */
const SLICE_VALUES = 4000;
export const MOST_SERIES_PER_SITE = 5000;

export interface WriteResult {
  readonly values: number;
  /** Points that were not taken, by reason as InfluxDB words it. */
  readonly dropped: ReadonlyMap<string, number>;
}

interface Series {
  readonly id: number;
  readonly type: string;
  readonly kind: SeriesKind;
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

type Head = { readonly measurement: string; readonly tags: ReadonlyMap<string, string> };

export class HistoryWriter {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  readonly retention: Retention;
  /** site -> head + field -> series. */
  readonly #series = new Map<string, Map<string, Series>>();
  readonly #heads = new Map<string, Head>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(db: DatabaseSync, nowMs: () => number) {
    this.#db = db;
    this.#statements = prepare(db);
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
      this.#series.delete(site);
      this.retention.forget(site);
      throw error;
    }
    return { values: batch.values, dropped: batch.dropped };
  }

  #take(batch: Batch, point: LinePoint): void {
    const head = this.#head(point.head);
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

  #refusal(site: string, head: Head): string | null {
    const tagged = head.tags.get('site');
    return tagged !== undefined && tagged !== site ? 'tag site is not the site of the token' : null;
  }

  #takeFields(batch: Batch, head: Head, point: LinePoint): void {
    const minute = Math.floor(point.atMs / MINUTE_MS);
    for (const field of point.fields) {
      const found = this.#seriesOf(batch.site, point.head, head, field);
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

  #takeDecision(batch: Batch, head: Head, point: LinePoint): void {
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

  /** The series of a field, made when new; a text is the reason why it cannot be taken. */
  #seriesOf(site: string, written: string, head: Head, field: LinePoint['fields'][number]): Series | string {
    const known = this.#known(site);
    const key = `${written}\u0000${field.name}`;
    let series = known.get(key);
    if (!series) {
      const tags = canonicalTags(head.tags);
      const where = [site, head.measurement, tags, field.name] as const;
      let row = this.#statements.findSeries.get(...where);
      if (!row) {
        const count = Number(this.#statements.countSeries.get(site)?.n);
        if (count >= MOST_SERIES_PER_SITE) return `max-series limit exceeded: ${MOST_SERIES_PER_SITE}`;
        this.#statements.addSeries.run(...where, field.type);
        row = this.#statements.findSeries.get(...where);
      }
      series = { id: Number(row?.id), type: String(row?.type), kind: kindOf(field.name) };
      known.set(key, series);
    }
    if (series.type === field.type) return series;
    return (
      `field type conflict: input field "${field.name}" on measurement "${head.measurement}" ` +
      `is type ${field.type}, already exists as type ${series.type}`
    );
  }

  #known(site: string): Map<string, Series> {
    let known = this.#series.get(site);
    if (!known || known.size > 4 * MOST_SERIES_PER_SITE) {
      known = new Map();
      this.#series.set(site, known);
    }
    return known;
  }

  #head(written: string): Head {
    let head = this.#heads.get(written);
    if (!head) {
      head = parseHead(written);
      if (this.#heads.size > 10_000) this.#heads.clear();
      this.#heads.set(written, head);
    }
    return head;
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
    findSeries: db.prepare(
      'SELECT id, type FROM series WHERE site = ? AND measurement = ? AND tags = ? AND field = ?',
    ),
    countSeries: db.prepare('SELECT count(*) AS n FROM series WHERE site = ?'),
    addSeries: db.prepare('INSERT INTO series (site, measurement, tags, field, type) VALUES (?, ?, ?, ?, ?)'),
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

function canonicalTags(tags: ReadonlyMap<string, string>): string {
  return JSON.stringify([...tags].filter(([key]) => key !== 'site').sort(([a], [b]) => (a < b ? -1 : 1)));
}

function drop(batch: Batch, reason: string): void {
  batch.dropped.set(reason, (batch.dropped.get(reason) ?? 0) + 1);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
