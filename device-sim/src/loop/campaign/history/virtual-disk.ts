/**
 * The disk below the outbox: a BatchStore in memory that keeps the store's promise (a transaction is whole or is not)
 * and breaks what a card may break: no room, power gone in the middle of it, a bit that flips long after.
 */
import type {
  BatchCodec,
  BatchHead,
  BatchRow,
  BatchStore,
  Change,
  HeadQuery,
  Ledger,
  QuarantineRow,
  Queue,
} from '@wattward/edge/outbox/batch-store';
import type { Random } from '../random.ts';

export const plainCodec: BatchCodec = {
  pack: (text) => new TextEncoder().encode(text),
  unpack: (body) => new TextDecoder('utf-8', { fatal: true }).decode(body),
};

export class DiskFull extends Error {}
/** The box died in the middle of a commit; nobody heard whether it went through. */
export class PowerCut extends Error {}

export interface DiskFaults {
  full(): boolean;
  powerCut(): boolean;
}

export class VirtualDisk implements BatchStore {
  readonly #faults: DiskFaults;
  readonly #random: Random;
  readonly #rows: Readonly<Record<Queue, Map<number, BatchRow>>> = { event: new Map(), data: new Map() };
  #ledger: string | null = null;
  #inTransaction = false;
  #isFull = false;
  readonly #inserted: Queue[] = [];
  /** Told of every new row that is safe now, but of those made of older ones. */
  onKept: (queue: Queue) => void = () => {};
  readonly quarantine: QuarantineRow[] = [];

  constructor(faults: DiskFaults, random: Random) {
    this.#faults = faults;
    this.#random = random;
  }

  ledger(): Ledger | null {
    return this.#ledger === null ? null : (JSON.parse(this.#ledger) as Ledger);
  }

  commit(change: Change): void {
    this.transact(() => {
      if (this.#isFull) throw new DiskFull('no space left');
      this.#apply(change);
    });
  }

  /** All of `work`, or none of it; where the power goes nobody hears which. */
  transact(work: () => void): void {
    if (this.#inTransaction) {
      work();
      return;
    }
    this.#isFull = this.#faults.full();
    const cut = !this.#isFull && this.#faults.powerCut();
    // A torn tail of the write-ahead log is cut off as a whole when the file is opened again.
    if (cut && this.#random.chance(0.5)) throw new PowerCut('power gone');
    this.#inTransaction = true;
    try {
      work();
    } finally {
      this.#inTransaction = false;
    }
    if (cut) throw new PowerCut('power gone');
    for (const row of this.#inserted.splice(0)) this.onKept(row);
  }

  read(queue: Queue, seq: number): BatchRow | null {
    return this.#rows[queue].get(seq) ?? null;
  }

  heads({ queue, from, to, limit }: HeadQuery): readonly BatchHead[] {
    const found: BatchHead[] = [];
    for (const [seq, row] of this.#rows[queue]) {
      if (seq >= from && seq <= to) found.push(row);
    }
    return found.sort((a, b) => a.seq - b.seq).slice(0, limit);
  }

  /** Everything that is written, for whoever audits the books. */
  rows(queue: Queue): Iterable<BatchRow> {
    return this.#rows[queue].values();
  }

  /** One bit of one row flips; null when there is none. */
  rot(): BatchRow | null {
    const rows = [...this.#rows.data.values()];
    if (rows.length === 0) return null;
    const row = this.#random.pick(rows);
    const body = row.body.slice();
    const at = this.#random.whole(0, body.length - 1);
    body[at] = (body[at] ?? 0) ^ (1 << this.#random.whole(0, 6));
    this.#rows.data.set(row.seq, { ...row, body });
    return row;
  }

  #apply({ ledger, insert = [], remove = [], purge = [], quarantine = [] }: Change): void {
    for (const { queue, seq } of remove) this.#rows[queue].delete(seq);
    for (const { queue, from, to } of purge) {
      for (const seq of this.#rows[queue].keys()) if (seq >= from && seq <= to) this.#rows[queue].delete(seq);
    }
    for (const row of insert) this.#rows[row.queue].set(row.seq, row);
    if (remove.length === 0) this.#inserted.push(...insert.map(({ queue }) => queue));
    this.quarantine.push(...quarantine);
    this.#ledger = JSON.stringify(ledger);
  }
}
