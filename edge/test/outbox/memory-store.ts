/** A BatchStore in memory whose commits can be cut short: the disk of the outbox's pure tests. */
import type {
  BatchCodec,
  BatchRow,
  BatchStore,
  Change,
  HeadQuery,
  Ledger,
  Queue,
} from '../../src/outbox/batch-store.ts';

export const plainCodec: BatchCodec = {
  pack: (text) => new TextEncoder().encode(text),
  unpack: (body) => new TextDecoder('utf-8', { fatal: true }).decode(body),
};

export class MemoryStore implements BatchStore {
  rows: Record<Queue, Map<number, BatchRow>> = { event: new Map(), data: new Map() };
  kept: Ledger | null = null;
  commits = 0;
  /** The next commit throws and changes nothing. */
  failsNext = false;

  ledger(): Ledger | null {
    return this.kept;
  }

  commit({ ledger, insert = [], remove = [], purge = [] }: Change): void {
    if (this.failsNext) {
      this.failsNext = false;
      throw new Error('the disk is full');
    }
    this.commits++;
    for (const { queue, seq } of remove) this.rows[queue].delete(seq);
    for (const { queue, from, to } of purge) {
      for (const seq of this.rows[queue].keys()) if (seq >= from && seq <= to) this.rows[queue].delete(seq);
    }
    for (const row of insert) this.rows[row.queue].set(row.seq, row);
    this.kept = JSON.parse(JSON.stringify(ledger)) as Ledger;
  }

  read(queue: Queue, seq: number): BatchRow | null {
    return this.rows[queue].get(seq) ?? null;
  }

  heads({ queue, from, to, limit }: HeadQuery): readonly BatchRow[] {
    return [...this.rows[queue].values()]
      .filter(({ seq }) => seq >= from && seq <= to)
      .sort((a, b) => a.seq - b.seq)
      .slice(0, limit);
  }

  /** Flips one bit of a row's body. */
  damage(queue: Queue, seq: number, at = 0): void {
    const row = this.rows[queue].get(seq);
    if (!row) throw new RangeError(`no row ${seq}`);
    const body = row.body.slice();
    body[at] = (body[at] ?? 0) ^ 1;
    this.rows[queue].set(seq, { ...row, body });
  }
}
