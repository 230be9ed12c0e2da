/**
 * The books of the outbox. Every accepted point is in exactly one account (delivered, pending, thinned, dropped,
 * quarantined); every booking moves points between accounts together with the rows, in one commit.
 * Deliveries are booked in memory and reach the disk with the next commit: forgetting one only means sending a
 * batch twice, which changes nothing in the history.
 */
import { ackRows, NOTHING_ACKED, openWindows } from './acked.ts';
import { openBatch } from './batch.ts';
import type {
  BatchCodec,
  BatchHead,
  BatchRow,
  BatchStore,
  Ledger,
  QuarantineRow,
  Queue,
  RowSpan,
} from './batch-store.ts';
import { shiftLine } from './line.ts';

export const QUEUES = ['event', 'data'] as const;

export const EMPTY_LEDGER: Ledger = {
  accepted: 0,
  delivered: 0,
  thinned: 0,
  dropped: 0,
  quarantined: 0,
  pendingBytes: 0,
  nextSeq: { event: 1, data: 1 },
  acked: { event: NOTHING_ACKED, data: NOTHING_ACKED },
  thinnedUpTo: {},
  boots: {},
  quarantineRows: 0,
};

/** Points lost, and why. */
export interface Loss {
  readonly why: 'damaged' | 'untimed' | 'full' | 'old' | 'expired' | 'quarantine-full' | 'overload';
  readonly points: number;
}

interface RowChanges {
  readonly insert?: readonly BatchRow[];
  readonly remove?: readonly BatchHead[];
  readonly purge?: readonly RowSpan[];
}

export interface BooksCheckpoint {
  readonly ledger: Ledger;
  readonly dirty: boolean;
  readonly quarantine: readonly QuarantineRow[];
}

export class Books {
  readonly store: BatchStore;
  readonly codec: BatchCodec;
  readonly onLoss: (loss: Loss) => void;
  #ledger: Ledger;
  #dirty = false;
  #quarantine: readonly QuarantineRow[] = [];

  constructor(store: BatchStore, codec: BatchCodec, onLoss: (loss: Loss) => void) {
    this.store = store;
    this.codec = codec;
    this.onLoss = onLoss;
    this.#ledger = store.ledger() ?? EMPTY_LEDGER;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get isDirty(): boolean {
    return this.#dirty;
  }

  /** Commits `entries`, everything booked before, and the rows: all or nothing. */
  commit(entries: Partial<Ledger>, rows: RowChanges = {}): void {
    const ledger = { ...this.#ledger, ...entries };
    this.store.commit({ ...rows, ledger, quarantine: this.#quarantine });
    this.#ledger = ledger;
    this.#quarantine = [];
    this.#dirty = false;
  }

  /** Books `entries` in memory, for the next commit. */
  book(entries: Partial<Ledger>, quarantine: readonly QuarantineRow[] = []): void {
    this.#ledger = { ...this.#ledger, ...entries };
    this.#quarantine = [...this.#quarantine, ...quarantine];
    this.#dirty = true;
  }

  /** What has to be put back when a commit that was part of a larger one is undone. */
  checkpoint(): BooksCheckpoint {
    return { ledger: this.#ledger, dirty: this.#dirty, quarantine: this.#quarantine };
  }

  restore(checkpoint: BooksCheckpoint): void {
    this.#ledger = checkpoint.ledger;
    this.#dirty = checkpoint.dirty;
    this.#quarantine = checkpoint.quarantine;
  }

  pendingPoints(): number {
    const { accepted, delivered, thinned, dropped, quarantined } = this.#ledger;
    return accepted - delivered - thinned - dropped - quarantined;
  }

  /** Heads of rows that wait, from sequence number `from` on, oldest first. */
  pendingHeads(queue: Queue, from: number, limit: number): readonly BatchHead[] {
    const found: BatchHead[] = [];
    const last = this.#ledger.nextSeq[queue] - 1;
    for (const [first, end] of openWindows(this.#ledger.acked[queue], last)) {
      if (end < from || found.length >= limit) continue;
      const start = Math.max(first, from);
      found.push(...this.store.heads({ queue, from: start, to: end, limit: limit - found.length }));
    }
    return found;
  }

  /** All heads that wait, from a sequence number on, in pages, so that a backlog of months needs no memory. */
  *everyPendingHead(queue: Queue, first = 1): Generator<BatchHead> {
    for (let from = first; ; ) {
      const heads = this.pendingHeads(queue, from, 500);
      yield* heads;
      const last = heads.at(-1);
      if (!last) return;
      from = last.seq + 1;
    }
  }

  /** The lines of a row with wall times; null when damaged (then it is dropped and counted) or still untimed. */
  linesOf(head: BatchHead): string[] | null {
    const row = this.store.read(head.queue, head.seq);
    const lines = row ? openBatch(row, this.codec) : null;
    if (!row || !lines || row.points !== head.points) {
      this.drop([head], 'damaged');
      return null;
    }
    const offsetMs = this.offsetMs(row);
    if (offsetMs === null) return null;
    return offsetMs === 0 ? lines : lines.map((line) => shiftLine(line, offsetMs));
  }

  /** What turns the times of a row into wall time; null while nobody knows. */
  offsetMs(head: BatchHead): number | null {
    return head.boot === null ? 0 : (this.#ledger.boots[head.boot]?.offsetMs ?? null);
  }

  drop(heads: readonly BatchHead[], why: Loss['why']): void {
    const points = heads.reduce((sum, head) => sum + head.points, 0);
    for (const queue of QUEUES) {
      const mine = heads.filter((head) => head.queue === queue);
      if (mine.length === 0) continue;
      const lost = mine.reduce((sum, head) => sum + head.points, 0);
      this.book({ dropped: this.#ledger.dropped + lost, ...this.done(queue, mine) });
    }
    this.onLoss({ why, points });
  }

  /** Ledger entries for rows that leave: cursor and bytes. */
  done(queue: Queue, heads: readonly BatchHead[]): Pick<Ledger, 'acked' | 'pendingBytes'> {
    const seqs = heads.map((head) => head.seq);
    const leaving = new Set(seqs);
    const acked = ackRows(this.#ledger.acked[queue], seqs, (after, before) =>
      this.store
        .heads({ queue, from: after + 1, to: before - 1, limit: leaving.size + 1 })
        .some((head) => !leaving.has(head.seq)),
    );
    return {
      acked: { ...this.#ledger.acked, [queue]: acked },
      pendingBytes: this.#ledger.pendingBytes - heads.reduce((sum, head) => sum + head.bytes, 0),
    };
  }
}
