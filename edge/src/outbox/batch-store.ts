/**
 * What the outbox needs of a disk: rows in two queues and one ledger, changed together or not at all.
 * `event` rows (decisions, alarms) and `data` rows (telemetry) are numbered apart, each from 1 without gaps,
 * so that events delivered first leave no holes in the cursor of the data.
 */
import type { AckedRows } from './acked.ts';

export type Queue = 'event' | 'data';

export interface BatchHead {
  readonly queue: Queue;
  readonly seq: number;
  /** Milliseconds of the first and last point: wall time, or monotonic time of `boot` where that is set. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Lines in the batch. */
  readonly points: number;
  /** Compressed size. */
  readonly bytes: number;
  /** 0: as recorded; else the width of the buckets it was thinned to. */
  readonly stepMs: number;
  /** Set while the wall clock was not trusted: the boot whose monotonic clock the times belong to. */
  readonly boot: string | null;
}

export interface BatchRow extends BatchHead {
  readonly body: Uint8Array;
  /** CRC-32C over the head and the body. */
  readonly crc: number;
}

/** A line the history refuses, kept for a person to look at. */
export interface QuarantineRow {
  readonly line: string;
  readonly status: number;
  readonly answer: string;
}

/** Totals and cursors. Points only: accepted = delivered + pending + thinned + dropped + quarantined. */
export interface Ledger {
  readonly accepted: number;
  readonly delivered: number;
  readonly thinned: number;
  readonly dropped: number;
  readonly quarantined: number;
  readonly pendingBytes: number;
  readonly nextSeq: Readonly<Record<Queue, number>>;
  readonly acked: Readonly<Record<Queue, AckedRows>>;
  /** Data rows up to here already have at least this resolution, by bucket width in ms. */
  readonly thinnedUpTo: Readonly<Record<string, number>>;
  /** Boots that recorded before the clock was trusted; `offsetMs` + monotonic time = wall time, once known. */
  readonly boots: Readonly<Record<string, BootClock>>;
  readonly quarantineRows: number;
}

export interface BootClock {
  readonly offsetMs: number | null;
}

export interface Change {
  readonly ledger: Ledger;
  readonly insert?: readonly BatchRow[];
  readonly remove?: readonly Pick<BatchHead, 'queue' | 'seq'>[];
  /** Removes all rows of a queue from `from` to `to`, both included. */
  readonly purge?: readonly RowSpan[];
  readonly quarantine?: readonly QuarantineRow[];
}

export interface RowSpan {
  readonly queue: Queue;
  readonly from: number;
  readonly to: number;
}

export interface HeadQuery {
  readonly queue: Queue;
  /** First and last sequence number, both included. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

export interface BatchStore {
  /** The ledger as last committed; null when there is none (a fresh file). */
  ledger(): Ledger | null;
  /** All of the change, durable when it returns, or none of it and an exception. */
  commit(change: Change): void;
  read(queue: Queue, seq: number): BatchRow | null;
  /** Heads in rising order. */
  heads(query: HeadQuery): readonly BatchHead[];
}

/** Turns lines into the bytes of a row and back. `unpack` throws on bytes that are no batch. */
export interface BatchCodec {
  pack(text: string): Uint8Array;
  unpack(body: Uint8Array): string;
}
