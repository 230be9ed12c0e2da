/**
 * The box's disk for somebody who only looks: opened read-only, beside a running box or when none runs, so that no
 * book, no cursor and no row can change by it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Books, QUEUES } from '../outbox/books.ts';
import type { Store } from '../record/store.ts';
import { JournalTable } from './journal-table.ts';
import { MinuteTable } from './minute-table.ts';
import { deflateCodec } from './row-codec.ts';
import { SlotTable } from './slot-table.ts';
import { SnapshotTable } from './snapshot-table.ts';
import { SqliteBatchStore } from './sqlite-batch-store.ts';
import { StateTable } from './state-db.ts';

/** Accepted = delivered + pending + thinned + dropped + quarantined, exactly. Points. */
export interface OutboxBooks {
  readonly accepted: number;
  readonly delivered: number;
  /** Counted from the rows that wait, not from the other accounts. */
  readonly pending: number;
  readonly thinned: number;
  readonly dropped: number;
  readonly quarantined: number;
}

export interface RecentEvent {
  readonly seq: number;
  readonly at: string | null;
  readonly severity: string;
  readonly code: string;
  readonly params: Readonly<Record<string, unknown>>;
}

type Readable =
  | 'loadState'
  | 'readDecisions'
  | 'verifyJournal'
  | 'nextSnapshots'
  | 'readMinutes'
  | 'readSlots'
  | 'verifyMinutes';

export interface LogReader extends Pick<Store, Readable> {
  /** Wall time of the newest recorded cycle; null when there is none. */
  newestMs(): number | null;
  books(): OutboxBooks;
  /** Events of the last `count`, newest first. */
  events(count: number): RecentEvent[];
  close(): void;
}

/** Null when no box ever ran on this directory. */
export function openLogReader(dir: string): LogReader | null {
  const [logFile, stateFile] = [join(dir, 'log.db'), join(dir, 'state.db')];
  if (!existsSync(logFile) || !existsSync(stateFile)) return null;
  const log = new DatabaseSync(logFile, { readOnly: true, timeout: 5_000 });
  const state = new DatabaseSync(stateFile, { readOnly: true, timeout: 5_000 });
  const states = new StateTable(state);
  const snapshots = new SnapshotTable(log);
  const minutes = new MinuteTable(log);
  const journal = new JournalTable(log);
  // A log that no box of this age has opened yet knows no ledger.
  const hasSlots = log.prepare("SELECT 1 FROM sqlite_master WHERE name = 'ledger_slot'").get() !== undefined;
  const slots = hasSlots ? new SlotTable(log) : null;
  return {
    loadState: async (key) => states.load(key).json,
    readDecisions: async (query) => journal.read(query),
    verifyJournal: async () => journal.verify(null),
    nextSnapshots: async (...args) => snapshots.next(...args),
    readMinutes: async (...args) => minutes.read(...args),
    verifyMinutes: async () => minutes.verify(),
    readSlots: async (...args) => slots?.read(...args) ?? [],
    newestMs: () => {
      const newest = log.prepare('SELECT max(last_ms) AS ms FROM snapshot').get()?.ms;
      return typeof newest === 'number' ? newest : null;
    },
    books: () => booksOf(log),
    events: (count) => eventsOf(log, count),
    close: () => {
      log.close();
      state.close();
    },
  };
}

/** Ledger and rows as of one moment. */
function booksOf(db: DatabaseSync): OutboxBooks {
  db.exec('BEGIN');
  try {
    const store = new SqliteBatchStore(db, () => {});
    const books = new Books(store, deflateCodec, () => {});
    let pending = 0;
    for (const queue of QUEUES) {
      for (const { points } of books.everyPendingHead(queue)) pending += points;
    }
    const { accepted, delivered, thinned, dropped, quarantined } = books.ledger;
    return { accepted, delivered, pending, thinned, dropped, quarantined };
  } finally {
    db.exec('COMMIT');
  }
}

function eventsOf(db: DatabaseSync, count: number): RecentEvent[] {
  return db
    .prepare('SELECT seq, at_ms, severity, code, params FROM event ORDER BY seq DESC LIMIT ?')
    .all(count)
    .map((row) => ({
      seq: Number(row.seq),
      at: typeof row.at_ms === 'number' ? new Date(row.at_ms).toISOString() : null,
      severity: String(row.severity),
      code: String(row.code),
      params: JSON.parse(String(row.params)) as RecentEvent['params'],
    }));
}
