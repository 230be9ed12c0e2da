/**
 * The box's disk, as the rest of the edge sees it. `openStore` (open-store.ts) makes one.
 *
 * Everything runs in a worker thread: no call here ever waits for the disk inside a cycle. What is `recorded` goes
 * into the open block, committed every `commitEveryMs`; decisions, events and state are committed at once.
 * A full, read-only or broken disk never throws: the store goes on in memory, says so by `onAlarm`, and catches up.
 * All times are site milliseconds: `monoMs` never jumps, `wallMs` is null while the wall clock is not trusted.
 */
import type { Reason } from '@wattward/broker/wire/schema';
import type { HomeMode, SiteEvent } from '@wattward/broker/wire/site';
import type { LedgerSlot } from '../core/decision.ts';
import type { Point } from '../outbox/point.ts';

export type { Point } from '../outbox/point.ts';

/** The time of a cycle. Points with `wallMs: null` are kept by boot and stamped once when a later stamp has one. */
export interface Stamp {
  readonly monoMs: number;
  readonly wallMs: number | null;
}

/** `durable`: a power cut cannot undo it. `memory`: the disk did not take it; an alarm was raised. */
export type Durability = 'durable' | 'memory';

export interface StoreOptions {
  /** Folder of `state.db` and `log.db`; made when missing. */
  readonly dir: string;
  readonly site: string;
  /** Drawn at every start of the process. */
  readonly bootId: string;
  /** Longest time an accepted point may be uncommitted, in site milliseconds. 50 s; 10 s where the disk is an SSD. */
  readonly commitEveryMs?: number;
  readonly bounds?: Partial<OutboxBounds>;
  readonly onAlarm: (alarm: StoreAlarm) => void;
}

export interface OutboxBounds {
  /** Compressed bytes of points that wait; above it resolution is thinned, and only then dropped. */
  readonly maxBytes: number;
  /** Points older than this are thinned to 15 minutes. */
  readonly thinAfterMs: number;
  /** Points older than this are dropped and counted. */
  readonly dropAfterMs: number;
}

export interface StoreAlarm {
  readonly code:
    | 'store-damaged'
    | 'store-disk'
    | 'store-recovered'
    | 'store-worker'
    | 'store-overload'
    | 'outbox-thinned'
    | 'outbox-dropped'
    | 'outbox-quarantine';
  readonly severity: 'info' | 'warning' | 'alarm';
  readonly params: Readonly<Record<string, string | number>>;
}

/** The readings a decision was taken on; null where there was none. */
export interface DecisionReadings {
  readonly gridPowerW: number | null;
  readonly pvPowerW: number | null;
  readonly batteryPowerW: number | null;
  readonly houseLoadW: number | null;
  readonly managedLoadW: number | null;
  readonly batterySocPct: number | null;
  readonly demandW: number | null;
}

/** A change of outcome of one actuator (`home`, `battery:ID`, `load:ID`), with why. */
export interface DecisionRecord {
  readonly actuator: string;
  readonly outcome: string;
  readonly reason: Reason;
  readonly homeMode: HomeMode;
  readonly cycle: number;
  readonly readings: DecisionReadings;
}

/** A decision as it stands in the journal: numbered, timed, chained by hash to the one before. */
export interface JournalRecord extends DecisionRecord {
  readonly seq: number;
  readonly boot: string;
  readonly monoMs: number;
  /** ISO 8601 UTC; null when the wall clock was not trusted then. */
  readonly at: string | null;
  readonly hash: string;
}

export type EventRecord = Pick<SiteEvent, 'severity' | 'code' | 'params'>;

export interface Snapshot {
  readonly monoMs: number;
  readonly wallMs: number | null;
  readonly boot: string;
  readonly json: string;
}

/** Snapshots as they were committed together. */
export interface SnapshotBlock {
  readonly id: number;
  readonly boot: string;
  /** Null when the block is damaged. */
  readonly snapshots: readonly Snapshot[] | null;
}

/** One minute in short: means of what flowed, and where it stood at its end. */
export interface MinuteSummary {
  /** The last cycle of the minute, and the hash of its record among the snapshots. */
  readonly cycle: number;
  readonly recordHash: string;
  readonly homeMode: HomeMode;
  /** Means, whole watts; null when nothing was known. */
  readonly gridPowerW: number | null;
  readonly pvPowerW: number | null;
  readonly batteryPowerW: number | null;
  readonly houseLoadW: number | null;
  readonly managedLoadW: number | null;
  /** Highest demand of the minute. */
  readonly demandW: number | null;
  readonly batterySocPct: number | null;
  /** Loads switched on, and the mode of each battery, at its end. */
  readonly loadsOn: readonly string[];
  readonly batteryModes: readonly string[];
}

/** A minute as it is kept: numbered, timed by its end, chained by hash to the one before. */
export interface MinuteRecord extends MinuteSummary {
  readonly seq: number;
  readonly boot: string;
  readonly monoMs: number;
  /** ISO 8601 UTC; null when the wall clock was not trusted then. */
  readonly at: string | null;
  readonly hash: string;
}

/** Always: accepted = delivered + pending + thinned + dropped + quarantined, exactly. */
export interface StoreStats {
  readonly acceptedPoints: number;
  readonly deliveredPoints: number;
  readonly pendingPoints: number;
  readonly thinnedPoints: number;
  readonly droppedPoints: number;
  readonly quarantinedPoints: number;
  readonly pendingBytes: number;
  /** Age of the oldest point that waits, 0 when none does. */
  readonly oldestAgeS: number;
  /** In the open block, not yet committed, not yet accepted. */
  readonly bufferedPoints: number;
  readonly pendingEvents: number;
  readonly diskOk: boolean;
}

export type Lane = 'event' | 'live' | 'backfill';

export interface BatchWish {
  readonly maxLines: number;
  /** Lanes worth taking from, most urgent first is what you get. */
  readonly lanes: readonly Lane[];
  /** Batches not to be given now (their turn failed and waits). */
  readonly skip: readonly string[];
}

/** Lines on their way. Stays pending until settled; handed out again after a restart. */
export interface OutgoingBatch {
  readonly id: string;
  readonly lane: Lane;
  readonly lines: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface BatchOutcome {
  readonly deliveredPoints: number;
  readonly quarantined: readonly {
    readonly line: string;
    readonly status: number;
    readonly answer: string;
  }[];
}

export interface DecisionQuery {
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only records with a smaller sequence number (paging backwards). */
  readonly beforeSeq?: number;
  /** At most this many, newest first; 500 when left out. */
  readonly limit?: number;
}

export interface Store {
  /** The JSON saved under `key`, null when there is none (or it was damaged, which is reported). */
  loadState(key: string): Promise<string | null>;
  /** Committed before it resolves. */
  saveState(key: string, json: string): Promise<Durability>;
  /** Points of one cycle, into the open block. */
  recordPoints(points: readonly Point[], at: Stamp): void;
  /** One cycle for the 48 h of snapshots, into the open block. */
  recordSnapshot(json: string, at: Stamp): void;
  /** One minute, kept for ever, into the open block. */
  recordMinute(summary: MinuteSummary, at: Stamp): void;
  /** A closed quarter of an hour of the ledger, into the open block. */
  recordSlot(slot: LedgerSlot, at: Stamp): void;
  /** Into the journal and, as points of measurement `decision`, into the event lane. */
  recordDecisions(decisions: readonly DecisionRecord[], at: Stamp): Promise<Durability>;
  recordEvent(event: EventRecord, at: Stamp): Promise<Durability>;
  /** Events the portal has not acknowledged, oldest first; timeless ones wait for their stamp. */
  pendingEvents(limit: number): Promise<readonly SiteEvent[]>;
  ackEvent(seq: number): Promise<void>;
  nextBatch(wish: BatchWish): Promise<OutgoingBatch | null>;
  settleBatch(id: string, outcome: BatchOutcome): Promise<void>;
  readDecisions(query: DecisionQuery): Promise<readonly JournalRecord[]>;
  /** The first record whose hash does not fit its predecessor, or null when the chain is whole. */
  verifyJournal(): Promise<JournalVerdict>;
  readSnapshots(fromMs: number, toMs: number): Promise<readonly Snapshot[]>;
  /** The first block after `afterId` that overlaps the span, in the order they were written; null when none is left. */
  nextSnapshots(fromMs: number, toMs: number, afterId: number): Promise<SnapshotBlock | null>;
  /** Minutes whose end lies in the span, oldest first. */
  readMinutes(fromMs: number, toMs: number): Promise<readonly MinuteRecord[]>;
  /** Ledger slots that begin in `[fromMs, toMs)`, oldest first. */
  readSlots(fromMs: number, toMs: number): Promise<readonly LedgerSlot[]>;
  verifyMinutes(): Promise<JournalVerdict>;
  /** The newest known figures; never waits. */
  stats(): StoreStats;
  /** Commits the open block now. */
  flush(): Promise<Durability>;
  /** Calls `listener` after every commit that brought new points to deliver; returns the way to stop it. */
  onCommit(listener: () => void): () => void;
  close(): Promise<void>;
}

export type JournalVerdict =
  | { readonly ok: true; readonly records: number; readonly headHash: string }
  | { readonly ok: false; readonly firstBadSeq: number; readonly why: string };
