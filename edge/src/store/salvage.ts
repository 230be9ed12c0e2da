/** Carries what is whole in a damaged log over to a fresh one: rows of the outbox that pass their check value. */
import { DatabaseSync } from 'node:sqlite';
import { isWhole } from '../outbox/batch.ts';
import type { BatchRow, Queue } from '../outbox/batch-store.ts';
import { QUEUES } from '../outbox/books.ts';
import type { LogDb } from './log-db.ts';
import { SqliteBatchStore } from './sqlite-batch-store.ts';

export interface Salvaged {
  readonly salvagedPoints: number;
}

/** Reads from both ends until the damage, so that one bad page costs one page. */
export function salvage(file: string, log: LogDb): Salvaged {
  let salvagedPoints = 0;
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(file, { readOnly: true });
  } catch {
    return { salvagedPoints };
  }
  try {
    const old = new SqliteBatchStore(db, () => {});
    const ledger = attempt(() => old.ledger()) ?? null;
    if (ledger) log.outbox.adoptLedger(ledger);
    for (const queue of QUEUES) {
      for (const row of rowsFromBothEnds(db, old, queue)) {
        if (isWhole(row) && log.outbox.adopt(row)) salvagedPoints += row.points;
      }
    }
  } catch {
    // Not even the tables can be found: nothing to carry over.
  } finally {
    db.close();
  }
  return { salvagedPoints };
}

function* rowsFromBothEnds(db: DatabaseSync, store: SqliteBatchStore, queue: Queue): Generator<BatchRow> {
  const seen = new Set<number>();
  for (const order of ['ASC', 'DESC'] as const) {
    const seqs = attempt(() => db.prepare(`SELECT seq FROM batch_${queue} ORDER BY seq ${order}`).iterate());
    for (;;) {
      const next = attempt(() => seqs?.next());
      if (!next || next.done) break;
      const seq = Number(next.value?.seq);
      if (seen.has(seq)) break;
      seen.add(seq);
      const row = attempt(() => store.read(queue, seq));
      if (row) yield row;
    }
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
