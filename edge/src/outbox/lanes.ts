/**
 * What is sent next: events first, then what was committed within the last minute (newest first, so that a portal
 * sees the present while a backlog drains), then the backlog, oldest first.
 */
import { isAcked } from './acked.ts';
import { batchId, rowsOfBatch } from './batch-id.ts';
import type { BatchHead, Queue } from './batch-store.ts';
import type { Books } from './books.ts';

export const LANES = ['event', 'live', 'backfill'] as const;
export type Lane = (typeof LANES)[number];

/** How long a row counts as live after its commit. */
export const LIVE_MS = 60_000;

export interface Wish {
  readonly maxLines: number;
  readonly lanes: readonly Lane[];
  /** Every batch that is in somebody's hands already. */
  readonly skip: readonly string[];
}

export interface Picked {
  readonly id: string;
  readonly lane: Lane;
  /** Line protocol with wall times in milliseconds. */
  readonly lines: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
}

export class Lanes {
  readonly #books: Books;
  #recent: { readonly seq: number; readonly atMonoMs: number }[] = [];
  #inHand = new Set<string>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** Row `seq` of the data was committed just now. */
  noteLive(seq: number, monoMs: number): void {
    this.#recent.push({ seq, atMonoMs: monoMs });
    this.#forgetOld(monoMs);
  }

  /** The most urgent batch of the wished lanes, or null. Damaged rows are counted as dropped, never handed out. */
  next(wish: Wish, monoMs: number): Picked | null {
    this.#forgetOld(monoMs);
    this.#inHand = new Set(wish.skip.flatMap(rowKeys));
    for (const lane of LANES) {
      if (!wish.lanes.includes(lane)) continue;
      const picked = this.#gather(lane, wish.maxLines);
      if (!picked) continue;
      for (const key of rowKeys(picked.id)) this.#inHand.add(key);
      return picked;
    }
    return null;
  }

  release(id: string): void {
    for (const key of rowKeys(id)) this.#inHand.delete(key);
  }

  isInHand(head: Pick<BatchHead, 'queue' | 'seq'>): boolean {
    return this.#inHand.has(`${head.queue} ${head.seq}`);
  }

  #gather(lane: Lane, maxLines: number): Picked | null {
    const queue: Queue = lane === 'event' ? 'event' : 'data';
    const seqs: number[] = [];
    const lines: string[] = [];
    let firstMs = Number.POSITIVE_INFINITY;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (const head of this.#candidates(lane)) {
      if (seqs.length > 0 && lines.length + head.points > maxLines) break;
      const opened = this.#books.linesOf(head);
      if (!opened) continue;
      const offsetMs = this.#books.offsetMs(head) ?? 0;
      seqs.push(head.seq);
      lines.push(...opened);
      firstMs = Math.min(firstMs, head.firstMs + offsetMs);
      lastMs = Math.max(lastMs, head.lastMs + offsetMs);
    }
    return seqs.length > 0 ? { id: batchId(queue, seqs), lane, lines, firstMs, lastMs } : null;
  }

  *#candidates(lane: Lane): Generator<BatchHead> {
    const free = (head: BatchHead) => !this.isInHand(head) && this.#books.offsetMs(head) !== null;
    if (lane === 'live') {
      for (const { seq } of [...this.#recent].reverse()) {
        if (isAcked(this.#books.ledger.acked.data, seq)) continue;
        yield* this.#books.store.heads({ queue: 'data', from: seq, to: seq, limit: 1 }).filter(free);
      }
      return;
    }
    const queue: Queue = lane === 'event' ? 'event' : 'data';
    const live = new Set(lane === 'backfill' ? this.#recent.map(({ seq }) => seq) : []);
    for (let from = 1; ; ) {
      const heads = this.#books.pendingHeads(queue, from, 100);
      yield* heads.filter((head) => free(head) && !live.has(head.seq));
      const last = heads.at(-1);
      if (!last) return;
      from = last.seq + 1;
    }
  }

  #forgetOld(monoMs: number): void {
    this.#recent = this.#recent.filter(({ atMonoMs }) => monoMs - atMonoMs < LIVE_MS);
  }
}

function rowKeys(id: string): string[] {
  const { queue, seqs } = rowsOfBatch(id);
  return seqs.map((seq) => `${queue} ${seq}`);
}
