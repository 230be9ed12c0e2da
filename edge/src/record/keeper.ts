/**
 * What the store promises, done, synchronously over the log and the states: the box runs it in a worker thread over
 * two databases. A disk that fails is met by going on in memory and trying again.
 */
import type { SiteEvent } from '@wattward/broker/wire/site';
import type { LedgerSlot } from '../core/decision.ts';
import type { NewRow } from '../outbox/outbox.ts';
import { encodeLine, type Point } from '../outbox/point.ts';
import { DEFAULT_BOUNDS } from '../outbox/room.ts';
import { decisionPoint } from './decision-point.ts';
import type { Log, LogPlace, StatePlace } from './log.ts';
import { OpenBlock, type Urgent } from './open-block.ts';
import type {
  BatchOutcome,
  BatchWish,
  DecisionQuery,
  DecisionRecord,
  Durability,
  EventRecord,
  JournalRecord,
  JournalVerdict,
  MinuteRecord,
  MinuteSummary,
  OutboxBounds,
  OutgoingBatch,
  Snapshot,
  SnapshotBlock,
  Stamp,
  StoreAlarm,
  StoreStats,
} from './store.ts';

export interface KeeperOptions {
  readonly site: string;
  readonly bootId: string;
  readonly commitEveryMs: number;
  readonly bounds: Partial<OutboxBounds>;
}

export interface KeeperStats extends StoreStats {
  /** Points of this keeper's life that are committed or given up: the others die with it. */
  readonly resolvedPoints: number;
  readonly oldestMs: number | null;
}

/** Site time between two clearings of rows that are done. */
const MAINTENANCE_MS = 600_000;
/** A block that is at least this full goes along with an urgent commit. */
const RIDE_ALONG = 0.5;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #alarm: (alarm: StoreAlarm) => void;
  readonly #state: StatePlace;
  readonly #room: LogPlace;
  readonly #block = new OpenBlock();
  #monoMs = 0;
  #wallMs: number | null = null;
  #hasUntimed = false;
  #maintainedMonoMs: number | null = null;
  #hasMoreToThin = false;
  #resolvedPoints = 0;

  constructor(
    options: KeeperOptions,
    places: { readonly state: StatePlace; readonly log: LogPlace },
    alarm: (alarm: StoreAlarm) => void,
  ) {
    this.#options = options;
    this.#alarm = alarm;
    this.#state = places.state;
    this.#room = places.log;
  }

  /** The slow part of the start (a large outbox is checked): state can be loaded before. */
  openLog(): void {
    this.#room.use(() => {});
  }

  loadState(key: string): string | null {
    return this.#state.load(key);
  }

  saveState(key: string, json: string): Durability {
    return this.#state.save(key, json);
  }

  recordPoints(points: readonly Point[], at: Stamp): void {
    this.#note(at);
    const before = this.#block.points;
    this.#block.addPoints(points, at);
    this.#resolvedPoints += points.length - (this.#block.points - before);
    this.#commitWhenDue();
  }

  recordSnapshot(json: string, at: Stamp): void {
    this.#note(at);
    this.#block.addSnapshot(json, at);
    this.#commitWhenDue();
  }

  recordMinute(summary: MinuteSummary, at: Stamp): void {
    this.#note(at);
    this.#block.addMinute(summary, at);
    this.#commitWhenDue();
  }

  recordSlot(slot: LedgerSlot, at: Stamp): void {
    this.#note(at);
    this.#block.addSlot(slot, at);
    this.#commitWhenDue();
  }

  recordDecisions(decisions: readonly DecisionRecord[], at: Stamp): Durability {
    return this.#recordUrgent({ kind: 'decisions', decisions: decisions.map(asJsonHolds), at });
  }

  recordEvent(event: EventRecord, at: Stamp): Durability {
    return this.#recordUrgent({ kind: 'event', event, at });
  }

  pendingEvents(limit: number): SiteEvent[] {
    return this.#room.use((log) => log.events.pending(limit))?.value ?? [];
  }

  ackEvent(seq: number): void {
    this.#room.use((log) => log.transact(() => log.events.ack(seq)));
  }

  nextBatch(wish: BatchWish): OutgoingBatch | null {
    return this.#room.use((log) => log.outbox.next(wish, this.#monoMs))?.value ?? null;
  }

  settleBatch(id: string, outcome: BatchOutcome): void {
    const [first] = outcome.quarantined;
    if (first) {
      const params = { points: outcome.quarantined.length, status: first.status, answer: first.answer };
      this.#alarm({ code: 'outbox-quarantine', severity: 'warning', params });
    }
    this.#room.use((log) => log.outbox.settle(id, outcome));
  }

  readDecisions(query: DecisionQuery): JournalRecord[] {
    return this.#room.use((log) => log.journal.read(query))?.value ?? [];
  }

  verifyJournal(): JournalVerdict {
    const known = this.#state.marks?.journal ?? null;
    const why = 'the disk does not answer';
    return this.#room.use((log) => log.journal.verify(known))?.value ?? { ok: false, firstBadSeq: 0, why };
  }

  readSnapshots(fromMs: number, toMs: number): Snapshot[] {
    return this.#room.use((log) => log.snapshots.read(fromMs, toMs))?.value ?? [];
  }

  nextSnapshots(fromMs: number, toMs: number, afterId: number): SnapshotBlock | null {
    return this.#room.use((log) => log.snapshots.next(fromMs, toMs, afterId))?.value ?? null;
  }

  readMinutes(fromMs: number, toMs: number): MinuteRecord[] {
    return this.#room.use((log) => log.minutes.read(fromMs, toMs))?.value ?? [];
  }

  readSlots(fromMs: number, toMs: number): LedgerSlot[] {
    return this.#room.use((log) => log.slots.read(fromMs, toMs))?.value ?? [];
  }

  verifyMinutes(): JournalVerdict {
    const why = 'the disk does not answer';
    return this.#room.use((log) => log.minutes.verify())?.value ?? { ok: false, firstBadSeq: 0, why };
  }

  /** Points that were lost with an earlier worker thread. */
  countLost(points: number): void {
    this.#room.use((log) => log.outbox.countLost(points, 'overload'));
  }

  flush(): Durability {
    return this.#commit(true);
  }

  /** Every second of real time: tries a failed disk again, and goes on thinning. */
  tick(): void {
    if (!this.#state.isDurable) this.#state.saveAll();
    if (!this.#room.isWell || this.#block.urgent.length > 0) this.#commit(true);
    this.#maintainWhenDue();
  }

  stats(): KeeperStats {
    const outbox = this.#room.log?.outbox;
    const ledger = outbox?.ledger;
    const asked = this.#room.use((log) => ({
      oldestMs: log.outbox.oldestMs(),
      waiting: log.events.counts().waiting,
    }))?.value;
    const oldestMs = asked?.oldestMs ?? null;
    return {
      acceptedPoints: ledger?.accepted ?? 0,
      deliveredPoints: ledger?.delivered ?? 0,
      pendingPoints: outbox?.pendingPoints() ?? 0,
      thinnedPoints: ledger?.thinned ?? 0,
      droppedPoints: ledger?.dropped ?? 0,
      quarantinedPoints: ledger?.quarantined ?? 0,
      pendingBytes: ledger?.pendingBytes ?? 0,
      oldestAgeS: oldestMs === null ? 0 : Math.max(0, ((this.#wallMs ?? oldestMs) - oldestMs) / 1000),
      bufferedPoints: this.#block.points,
      pendingEvents: asked?.waiting ?? 0,
      diskOk: this.#room.isWell && this.#state.isDurable,
      resolvedPoints: this.#resolvedPoints,
      oldestMs,
    };
  }

  close(): void {
    this.#commit(true);
    this.#room.use((log) => log.outbox.persist());
    this.#state.close();
    this.#room.close();
  }

  #recordUrgent(urgent: Urgent): Durability {
    this.#note(urgent.at);
    this.#block.addUrgent(urgent);
    const since = this.#block.sinceMonoMs;
    return this.#commit(since !== null && this.#monoMs - since >= this.#options.commitEveryMs * RIDE_ALONG);
  }

  /** Keeps the time, and gives what was recorded without a known one its time as soon as there is one. */
  #note(at: Stamp): void {
    this.#monoMs = Math.max(this.#monoMs, at.monoMs);
    this.#wallMs = at.wallMs;
    if (at.wallMs === null) {
      this.#hasUntimed = true;
      return;
    }
    const { wallMs, monoMs } = at;
    const boots = Object.values(this.#room.log?.outbox.ledger.boots ?? {});
    if (!this.#hasUntimed && boots.every(({ offsetMs }) => offsetMs !== null)) return;
    if (this.#commit(true) !== 'durable') return;
    const offsetMs = Math.round(wallMs - monoMs);
    const stamped = this.#room.use((log) =>
      log.transact(() => {
        log.outbox.stampBoot(this.#options.bootId, offsetMs);
        log.journal.stampBoot(this.#options.bootId, offsetMs);
        log.events.stampBoot(this.#options.bootId, offsetMs, wallMs);
      }),
    );
    if (stamped) this.#hasUntimed = false;
  }

  #commitWhenDue(): void {
    const since = this.#block.sinceMonoMs;
    if (since !== null && this.#monoMs - since >= this.#options.commitEveryMs) this.#commit(true);
    this.#maintainWhenDue();
  }

  /** Commits what is urgent, and the open block with it when `whole`. */
  #commit(whole: boolean): Durability {
    return this.#room.use((log) => this.#write(log, whole)) ? 'durable' : 'memory';
  }

  #write(log: Log, whole: boolean): void {
    const block = this.#block;
    const rows = whole ? block.rows(this.#options.bootId) : [];
    const snapshots = whole ? block.snapshots : [];
    const minutes = whole ? block.minutes : [];
    const slots = whole ? block.slots : [];
    if (rows.length + block.urgent.length + snapshots.length + minutes.length + slots.length === 0) return;
    let head = log.journal.head;
    let minuteHead = log.minutes.head;
    log.transact(() => {
      if (block.lost > 0) log.outbox.countLost(block.lost, 'overload');
      for (const urgent of block.urgent) {
        if (urgent.kind === 'event') {
          log.events.insert(urgent.event, this.#options.bootId, urgent.at);
          continue;
        }
        const records = log.journal.append(urgent.decisions, this.#options.bootId, urgent.at, head);
        head = records.at(-1) ?? head;
        rows.push(...this.#decisionRows(records, urgent.at));
      }
      if (rows.length > 0) log.outbox.accept(rows, this.#monoMs);
      else log.outbox.persist();
      log.snapshots.insert(snapshots, this.#options.bootId);
      minuteHead = log.minutes.append(minutes, this.#options.bootId, minuteHead);
      log.slots.append(slots, this.#options.bootId);
    });
    log.journal.setHead(head);
    log.minutes.setHead(minuteHead);
    this.#state.setMarks(head, log.events.counts().last);
    if (whole) this.#resolvedPoints += block.points;
    block.committed(whole);
  }

  #decisionRows(records: readonly JournalRecord[], at: Stamp): NewRow[] {
    const timeMs = Math.round(at.wallMs ?? at.monoMs);
    const lines = records.flatMap(
      (record) => encodeLine(decisionPoint(this.#options.site, record), timeMs) ?? [],
    );
    if (lines.length === 0) return [];
    const boot = at.wallMs === null ? this.#options.bootId : null;
    return [{ queue: 'event', lines, firstMs: timeMs, lastMs: timeMs, boot }];
  }

  #maintainWhenDue(): void {
    this.#maintainedMonoMs ??= this.#monoMs;
    const isDue = this.#monoMs - this.#maintainedMonoMs >= MAINTENANCE_MS;
    const bounds = { ...DEFAULT_BOUNDS, ...this.#options.bounds };
    const isFull = (this.#room.log?.outbox.ledger.pendingBytes ?? 0) > bounds.maxBytes;
    if (!isDue && !isFull && !this.#hasMoreToThin) return;
    this.#room.use((log) => {
      const report = log.outbox.makeRoom(bounds, this.#wallMs);
      this.#hasMoreToThin = report.more;
      if (report.thinned > 0) {
        this.#alarm({ code: 'outbox-thinned', severity: 'warning', params: { points: report.thinned } });
      }
      if (!isDue) return;
      this.#maintainedMonoMs = this.#monoMs;
      log.transact(() => {
        log.outbox.purge();
        log.journal.prune();
        log.minutes.prune();
        if (this.#wallMs !== null) {
          log.snapshots.prune(this.#wallMs);
          log.events.prune(this.#wallMs);
          log.slots.prune(this.#wallMs);
        }
      });
    });
  }
}

/** A decision as JSON can hold it, so that its hash can be computed: no NaN, no half characters. */
function asJsonHolds(decision: DecisionRecord): DecisionRecord {
  return JSON.parse(JSON.stringify(decision), (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  ) as DecisionRecord;
}
