/**
 * The outbox: points wait here until the history has them. This is its door; the books (books.ts) keep the totals,
 * the lanes (lanes.ts) say what is sent next, room.ts what gives way when there is no room.
 * Times in milliseconds; `monoMs` never jumps. No clock and no disk in here: a BatchStore and a codec are given.
 */
import { isAcked } from './acked.ts';
import { sealBatch } from './batch.ts';
import { rowsOfBatch } from './batch-id.ts';
import type {
  BatchCodec,
  BatchHead,
  BatchRow,
  BatchStore,
  Ledger,
  QuarantineRow,
  Queue,
} from './batch-store.ts';
import { Books, type BooksCheckpoint, type Loss, QUEUES } from './books.ts';
import { Lanes, type Picked, type Wish } from './lanes.ts';
import { type Bounds, makeRoom, type RoomReport } from './room.ts';

/** Lines kept for a person to look at; more are dropped and counted. */
export const MAX_QUARANTINED = 1000;

export interface NewRow {
  readonly queue: Queue;
  readonly lines: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
  /** Set when the times are monotonic times of that boot. */
  readonly boot: string | null;
}

export interface Outcome {
  readonly deliveredPoints: number;
  readonly quarantined: readonly QuarantineRow[];
  /** Points that are older than the history keeps any. */
  readonly expiredPoints?: number;
}

export class Outbox {
  readonly #books: Books;
  readonly #lanes: Lanes;
  #expiredUntold = 0;
  #hasToldExpired = false;

  constructor(store: BatchStore, codec: BatchCodec, onLoss: (loss: Loss) => void) {
    this.#books = new Books(store, codec, onLoss);
    this.#lanes = new Lanes(this.#books);
  }

  get ledger(): Ledger {
    return this.#books.ledger;
  }

  /** Takes rows in: safe when it returns. Also writes down everything delivered since the last commit. */
  accept(rows: readonly NewRow[], monoMs: number): void {
    const { ledger, codec } = this.#books;
    const nextSeq = { ...ledger.nextSeq };
    const boots = { ...ledger.boots };
    const insert = rows.map(({ queue, lines, firstMs, lastMs, boot }) => {
      if (boot !== null) boots[boot] ??= { offsetMs: null };
      return sealBatch({ queue, seq: nextSeq[queue]++, firstMs, lastMs, stepMs: 0, boot }, lines, codec);
    });
    const accepted = ledger.accepted + insert.reduce((sum, row) => sum + row.points, 0);
    const pendingBytes = ledger.pendingBytes + insert.reduce((sum, row) => sum + row.bytes, 0);
    this.#books.commit({ accepted, pendingBytes, nextSeq, boots }, { insert });
    for (const row of insert) if (row.queue === 'data') this.#lanes.noteLive(row.seq, monoMs);
  }

  /** Points that were recorded but never reached a row (no room even in memory). */
  countLost(points: number, why: Loss['why']): void {
    const { accepted, dropped } = this.#books.ledger;
    this.#books.book({ accepted: accepted + points, dropped: dropped + points });
    this.#books.onLoss({ why, points });
  }

  next(wish: Wish, monoMs: number): Picked | null {
    return this.#lanes.next(wish, monoMs);
  }

  /** Books the outcome of a batch. Rows that meanwhile left the outbox are not counted again. */
  settle(id: string, outcome: Outcome): void {
    const { ledger, store } = this.#books;
    const { queue, seqs } = rowsOfBatch(id);
    const heads = seqs
      .filter((seq) => !isAcked(ledger.acked[queue], seq))
      .flatMap((seq) => store.heads({ queue, from: seq, to: seq, limit: 1 }));
    const points = heads.reduce((sum, head) => sum + head.points, 0);
    const refused = Math.min(outcome.quarantined.length, points);
    const expired = Math.min(outcome.expiredPoints ?? 0, points - refused);
    const kept = Math.min(refused, Math.max(0, MAX_QUARANTINED - ledger.quarantineRows));
    this.#books.book(
      {
        delivered: ledger.delivered + points - refused - expired,
        quarantined: ledger.quarantined + kept,
        quarantineRows: ledger.quarantineRows + kept,
        dropped: ledger.dropped + refused - kept + expired,
        ...this.#books.done(queue, heads),
      },
      outcome.quarantined.slice(0, kept),
    );
    if (refused > kept) this.#books.onLoss({ why: 'quarantine-full', points: refused - kept });
    this.#expiredUntold += expired;
    if (!this.#hasToldExpired) this.#tellExpired();
    this.#lanes.release(id);
  }

  /**
   * The wall clock has become trusted: times of `boot` are `monotonic + offsetMs`, once and for all. What an earlier
   * boot recorded without ever knowing the time can never be placed: it is dropped and counted.
   */
  stampBoot(boot: string, offsetMs: number): void {
    const boots = { ...this.#books.ledger.boots };
    for (const [name, clock] of Object.entries(boots)) {
      if (clock.offsetMs !== null) continue;
      if (name === boot) boots[name] = { offsetMs: Math.round(offsetMs) };
      else {
        this.#dropBoot(name);
        delete boots[name];
      }
    }
    this.#books.commit({ boots });
  }

  /** Writes down what was delivered since the last commit, if anything. */
  persist(): void {
    if (this.#books.isDirty) this.#books.commit({});
  }

  /** Takes the rows that are done off the disk. Rare on purpose: deleting each batch wears a card out. */
  purge(): void {
    this.#hasToldExpired = false;
    this.#tellExpired();
    const { acked } = this.#books.ledger;
    const boots = { ...this.#books.ledger.boots };
    if (this.pendingPoints() === 0) {
      for (const name of Object.keys(boots)) if (boots[name]?.offsetMs !== null) delete boots[name];
    }
    const purge = QUEUES.flatMap((queue) => [
      { queue, from: 0, to: acked[queue].upTo },
      ...acked[queue].ranges.map(([from, to]) => ({ queue, from, to })),
    ]);
    this.#books.commit({ boots }, { purge });
  }

  makeRoom(bounds: Bounds, nowMs: number | null): RoomReport {
    return makeRoom(this.#books, bounds, nowMs, (head) => this.#lanes.isInHand(head));
  }

  /**
   * Counts the rows that are really there against the books; once at start, and after a damaged file.
   * @returns points that the books had and the disk has not: they are dropped now.
   */
  reconcile(): number {
    let points = 0;
    let bytes = 0;
    for (const queue of QUEUES) {
      for (const head of this.#books.everyPendingHead(queue)) {
        points += head.points;
        bytes += head.bytes;
      }
    }
    const missing = this.pendingPoints() - points;
    const { accepted, dropped, pendingBytes } = this.#books.ledger;
    if (missing === 0 && bytes === pendingBytes) return 0;
    if (missing < 0) this.#books.commit({ pendingBytes: bytes, accepted: accepted - missing });
    else this.#books.commit({ pendingBytes: bytes, dropped: dropped + missing });
    if (missing > 0) this.#books.onLoss({ why: 'damaged', points: missing });
    return Math.max(0, missing);
  }

  /** Goes on with the books of a store that was set aside: its totals, cursors and numbers. */
  adoptLedger(ledger: Ledger): void {
    this.#books.commit(ledger);
  }

  /** Takes over a row of a store that was set aside; false when it is done, or here already. */
  adopt(row: BatchRow): boolean {
    const { ledger, store } = this.#books;
    if (isAcked(ledger.acked[row.queue], row.seq) || store.read(row.queue, row.seq)) return false;
    const next = Math.max(ledger.nextSeq[row.queue], row.seq + 1);
    const boots = { ...ledger.boots };
    if (row.boot !== null) boots[row.boot] ??= { offsetMs: null };
    this.#books.commit({ nextSeq: { ...ledger.nextSeq, [row.queue]: next }, boots }, { insert: [row] });
    return true;
  }

  /** Taken before a commit that is part of a larger one, given back when that one fails. */
  checkpoint(): BooksCheckpoint {
    return this.#books.checkpoint();
  }

  restore(checkpoint: BooksCheckpoint): void {
    this.#books.restore(checkpoint);
  }

  pendingPoints(): number {
    return this.#books.pendingPoints();
  }

  /** Wall time of the oldest point that waits and has one; null when none does. */
  oldestMs(): number | null {
    const times = QUEUES.flatMap((queue) => this.#books.pendingHeads(queue, 1, 1)).flatMap(
      (head: BatchHead) => {
        const offsetMs = this.#books.offsetMs(head);
        return offsetMs === null ? [] : [head.firstMs + offsetMs];
      },
    );
    return times.length > 0 ? Math.min(...times) : null;
  }

  /** At once, and then in sums from one purge to the next: a backlog of months has hundreds of batches. */
  #tellExpired(): void {
    if (this.#expiredUntold === 0) return;
    this.#books.onLoss({ why: 'expired', points: this.#expiredUntold });
    this.#expiredUntold = 0;
    this.#hasToldExpired = true;
  }

  #dropBoot(boot: string): void {
    for (const queue of QUEUES) {
      const untimed = [...this.#books.everyPendingHead(queue)].filter((head) => head.boot === boot);
      if (untimed.length > 0) this.#books.drop(untimed, 'untimed');
    }
  }
}
