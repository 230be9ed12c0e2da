/**
 * Points in, committed before the answer. Requests that come while one is being written share one commit. Small ones
 * go to the inbox and from there into the tables every ten minutes, or when somebody reads the site; large
 * ones (a backlog) go into the tables at once.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { inPieces } from '../../bounds/pieces.ts';
import { errorText, log } from '../../problems/log.ts';
import type { LinePoint } from '../line-protocol.ts';
import type { WriteResult } from '../point-sink.ts';
import { DecisionTable } from './decision-table.ts';
import { Inbox } from './inbox.ts';
import { Retention } from './retention.ts';
import { type KnownHead, SeriesRegistry } from './series-registry.ts';
import { TableWriter } from './table-writer.ts';

/** Field values that share one commit, at most: bounds what others wait for it, and the log. */
const MOST_SHARED_VALUES = 48_000;
/**
 * A larger request (an hour of a usual box is below) is committed in parts, so that others come in between; a box that
 * hears nothing sends it again, and a point that comes twice changes nothing.
 */
const MOST_PART_VALUES = 24_000;
/** Ten minutes of a usual box. */
const SETTLE_VALUES = 3000;
const SITES_A_COMMIT = Math.floor(MOST_SHARED_VALUES / SETTLE_VALUES);
/** How long a small write waits for others to share its commit: a sync of the disk stops the whole process. */
const GATHER_MS = 10;
const DECISION = 'decision';
/** More than the minute a box sends: a backlog gains nothing in the inbox. */
const LARGE_VALUES = 2500;

interface Job {
  readonly site: string;
  readonly points: readonly LinePoint[];
  readonly values: number;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly site: string;
  readonly dropped: Map<string, number>;
  readonly numbers: { readonly series: number[]; readonly at: number[]; readonly values: number[] };
  readonly texts: [series: number, atMs: number, text: string][];
  values: number;
  firstMs: number;
  newestMs: number;
}

export class HistoryWriter {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #retention: Retention;
  readonly #registry: SeriesRegistry;
  readonly #inbox: Inbox;
  readonly #tables: TableWriter;
  readonly #decisions: DecisionTable;
  #waiting: Job[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #isSettling = false;
  #wereSmall = false;

  constructor(db: DatabaseSync, nowMs: () => number) {
    this.#db = db;
    this.#statements = prepare(db);
    this.#registry = new SeriesRegistry(db);
    this.#retention = new Retention(db, nowMs);
    this.#inbox = new Inbox(db);
    this.#decisions = new DecisionTable(db);
    this.#tables = new TableWriter(db, this.#registry, this.#retention);
  }

  /** Resolves once the points are committed. @throws LineError when a line's head is none: then nothing is written. */
  async write(site: string, points: readonly LinePoint[]): Promise<WriteResult> {
    const refused = await this.#registry.refusal(site, this.#storedFields(site, points));
    if (refused !== null) return { values: 0, dropped: new Map(), refused };
    const sum = { values: 0, dropped: new Map<string, number>() };
    for (const part of partsOf(points)) {
      const { values, dropped } = await this.#writePart(site, part);
      sum.values += values;
      for (const [reason, count] of dropped) sum.dropped.set(reason, (sum.dropped.get(reason) ?? 0) + count);
    }
    return sum;
  }

  #writePart(site: string, points: readonly LinePoint[]): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      const values = points.reduce((sum, { fields }) => sum + fields.length, 0);
      this.#waiting.push({ site, points, values, resolve, reject });
      if (this.#waiting.length === 1) void this.#inTurn(() => this.#writeWaiting());
    });
  }

  /** Resolves once all that was written of the site stands in the tables. */
  async settle(site: string): Promise<void> {
    if (this.#inbox.waiting(site) === 0) return;
    await this.#inTurn(() => this.#committed([site], () => this.#settle(site)));
  }

  /** Settles every site, then removes what is past its time. @returns rows removed. */
  async prune(): Promise<number> {
    await this.#settleAll(1);
    return this.#inTurn(async () => this.#retention.prune());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #writeWaiting(): Promise<void> {
    if (this.#waiting.every(isSmall)) await delay(GATHER_MS);
    const jobs = this.#nextJobs();
    // Who comes from here on begins the next turn; who is left over has one already.
    if (this.#waiting.length > 0) void this.#inTurn(() => this.#writeWaiting());
    const sites = jobs.map(({ site }) => site);
    try {
      const batches: Batch[] = [];
      await this.#committed(sites, async () => {
        for (const job of jobs) batches.push(await this.#write(job));
      });
      for (const [i, { resolve }] of jobs.entries()) {
        const { values = 0, dropped = new Map<string, number>() } = batches[i] ?? {};
        resolve({ values, dropped });
      }
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
    this.#settleFull();
  }

  /** Minutes before backlogs, every other time: nobody's minute waits for more than one commit. */
  #nextJobs(): Job[] {
    const small = this.#wereSmall ? [] : this.#waiting.filter(isSmall);
    this.#wereSmall = small.length > 0 && small.length < this.#waiting.length;
    if (this.#wereSmall) {
      this.#waiting = this.#waiting.filter((job) => !isSmall(job));
      return small;
    }
    let values = 0;
    let count = 0;
    for (const job of this.#waiting) {
      values += job.values;
      if (count > 0 && values > MOST_SHARED_VALUES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Full inboxes go into the tables in turns of their own, so that nobody's answer waits for all of them. */
  #settleFull(): void {
    if (this.#isSettling || this.#inbox.sitesWith(SETTLE_VALUES).length === 0) return;
    this.#isSettling = true;
    this.#settleAll(SETTLE_VALUES)
      // Nothing is lost: it is tried again after the next write.
      .catch((error) => log.error('history cannot be settled', { problem: errorText(error) }))
      .finally(() => {
        this.#isSettling = false;
      });
  }

  /** Sites with so many values waiting, a bounded number of them in a commit. */
  async #settleAll(leastValues: number): Promise<void> {
    while (this.#inbox.sitesWith(leastValues).length > 0) {
      await this.#inTurn(async () => {
        const sites = this.#inbox.sitesWith(leastValues).slice(0, SITES_A_COMMIT);
        await this.#committed(sites, async () => {
          for (const site of sites) await this.#settle(site);
        });
      });
    }
  }

  async #committed(sites: readonly string[], work: () => Promise<void>): Promise<void> {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      await work();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      for (const site of sites) {
        this.#registry.forget(site);
        this.#retention.forget(site);
      }
      this.#inbox.recount();
      this.#decisions.forget();
      throw error;
    }
  }

  async #write({ site, points }: Job): Promise<Batch> {
    const batch: Batch = {
      site,
      dropped: new Map(),
      numbers: { series: [], at: [], values: [] },
      texts: [],
      values: 0,
      firstMs: Number.POSITIVE_INFINITY,
      newestMs: Number.NEGATIVE_INFINITY,
    };
    await inPieces(points, (point) => this.#take(batch, this.#registry.head(site, point.head), point));
    if (batch.values === 0) return batch;
    this.#inbox.put(site, batch);
    if (batch.values > LARGE_VALUES) await this.#settle(site);
    return batch;
  }

  async #settle(site: string): Promise<void> {
    const letter = this.#inbox.take(site);
    if (!letter) return;
    await inPieces(letter.texts, ([series, atMs, text]) => this.#statements.putText.run(series, atMs, text));
    await this.#tables.write(site, letter.numbers);
    this.#retention.advance(site, letter.firstMs, letter.newestMs);
  }

  #take(batch: Batch, head: KnownHead, point: LinePoint): void {
    if (head.tags.get('site') !== batch.site) {
      drop(batch, 'tag site is not the site of the token');
      return;
    }
    if (head.measurement !== DECISION) this.#takeFields(batch, head, point);
    else if (!this.#takeDecision(batch, head, point)) return;
    batch.firstMs = Math.min(batch.firstMs, point.atMs);
    batch.newestMs = Math.max(batch.newestMs, point.atMs);
  }

  #takeFields(batch: Batch, head: KnownHead, { fields, atMs }: LinePoint): void {
    const { numbers, texts } = batch;
    for (const field of fields) {
      const found = this.#registry.series(head, field);
      if (typeof found === 'string') {
        drop(batch, found);
        continue;
      }
      batch.values += 1;
      if (typeof field.value === 'string') {
        texts.push([found.id, atMs, field.value]);
        continue;
      }
      numbers.series.push(found.id);
      numbers.at.push(atMs);
      numbers.values.push(field.value);
    }
  }

  *#storedFields(site: string, points: readonly LinePoint[]): Generator<readonly [KnownHead, string]> {
    for (const { head: written, fields } of points) {
      const head = this.#registry.head(site, written);
      if (head.measurement === DECISION || head.tags.get('site') !== site) continue;
      for (const { name } of fields) yield [head, name];
    }
  }

  #takeDecision(batch: Batch, head: KnownHead, point: LinePoint): boolean {
    const field = new Map(point.fields.map(({ name, value }) => [name, value]));
    const text = (name: string) => (field.has(name) ? String(field.get(name)) : null);
    const seq = Number(field.get('seq'));
    const refused = this.#decisions.put({
      site: batch.site,
      atMs: point.atMs,
      actuator: head.tags.get('actuator') ?? 'home',
      seq: Number.isSafeInteger(seq) ? seq : null,
      texts: [text('outcome'), text('code'), text('reasonJson'), text('homeMode')],
    });
    if (refused !== null) {
      drop(batch, refused);
      return false;
    }
    batch.values += point.fields.length;
    return true;
  }
}

function isSmall({ values }: Job): boolean {
  return values <= LARGE_VALUES;
}

function* partsOf(points: readonly LinePoint[]): Generator<readonly LinePoint[]> {
  let from = 0;
  let values = 0;
  for (const [i, { fields }] of points.entries()) {
    if (i > from && values + fields.length > MOST_PART_VALUES) {
      yield points.slice(from, i);
      [from, values] = [i, 0];
    }
    values += fields.length;
  }
  if (from < points.length) yield points.slice(from);
}

function prepare(db: DatabaseSync): Readonly<Record<'putText', StatementSync>> {
  return { putText: db.prepare('INSERT OR REPLACE INTO raw_text VALUES (?, ?, ?)') };
}

function drop(batch: Batch, reason: string): void {
  batch.dropped.set(reason, (batch.dropped.get(reason) ?? 0) + 1);
}
