/**
 * What the keeper writes to: the log with its tables, the room it stands in, and the room of the states. On the box
 * these are two databases; whatever stands in their place keeps the promise of `transact`, all of it or nothing.
 */
import type { SiteEvent } from '@wattward/broker/wire/site';
import type { LedgerSlot } from '../core/decision.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { TakenMinute, TakenSnapshot } from './open-block.ts';
import type {
  DecisionQuery,
  DecisionRecord,
  Durability,
  EventRecord,
  JournalRecord,
  JournalVerdict,
  MinuteRecord,
  Snapshot,
  SnapshotBlock,
  Stamp,
} from './store.ts';

/** The newest record of a chain. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Numbers and hashes that outlive the log, so that one cut short is noticed and no number is given twice. */
export interface LogMarks {
  readonly journal: ChainHead;
  readonly eventSeq: number;
}

/** Times of a boot are its monotonic ones until `stampBoot` says what that clock was. */
export interface Log {
  readonly outbox: Outbox;
  readonly journal: {
    readonly head: ChainHead;
    /** Inside a transaction; `setHead` afterwards when it is committed. */
    append(decisions: readonly DecisionRecord[], boot: string, at: Stamp, head: ChainHead): JournalRecord[];
    setHead(head: ChainHead): void;
    stampBoot(boot: string, offsetMs: number): void;
    read(query: DecisionQuery): JournalRecord[];
    verify(known: ChainHead | null): JournalVerdict;
    prune(): void;
  };
  readonly events: {
    insert(event: EventRecord, boot: string, at: Stamp): void;
    pending(limit: number): SiteEvent[];
    ack(seq: number): void;
    counts(): { readonly waiting: number; readonly last: number };
    stampBoot(boot: string, offsetMs: number, nowMs: number): void;
    prune(nowMs: number): void;
  };
  readonly snapshots: {
    insert(taken: readonly TakenSnapshot[], boot: string): void;
    read(fromMs: number, toMs: number): Snapshot[];
    next(fromMs: number, toMs: number, afterId: number): SnapshotBlock | null;
    prune(nowMs: number): void;
  };
  readonly minutes: {
    readonly head: ChainHead;
    append(taken: readonly TakenMinute[], boot: string, head: ChainHead): ChainHead;
    setHead(head: ChainHead): void;
    read(fromMs: number, toMs: number): MinuteRecord[];
    verify(): JournalVerdict;
    prune(): void;
  };
  readonly slots: {
    append(slots: readonly LedgerSlot[], boot: string): void;
    read(fromMs: number, toMs: number): LedgerSlot[];
    prune(nowMs: number): void;
  };
  /** All of `work` durable when it returns, or none of it and an exception. */
  transact(work: () => void): void;
}

/** Whoever uses it gets an answer or null, never an exception. */
export interface LogPlace {
  readonly isWell: boolean;
  /** Null while the disk is in trouble. */
  readonly log: Log | null;
  use<T>(work: (log: Log) => T): { readonly value: T } | null;
  close(): void;
}

/** States by key; what the disk does not take is kept in memory and written when it does again. */
export interface StatePlace {
  readonly isDurable: boolean;
  readonly marks: LogMarks | null;
  load(key: string): string | null;
  save(key: string, json: string): Durability;
  saveAll(): Durability;
  setMarks(journal: ChainHead, eventSeq: number): void;
  close(): void;
}
