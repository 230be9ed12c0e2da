/** The outbox's rows and ledger in `log.db`. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  BatchHead,
  BatchRow,
  BatchStore,
  Change,
  HeadQuery,
  Ledger,
  Queue,
} from '../outbox/batch-store.ts';
import { QUEUES } from '../outbox/books.ts';
import { crc32c } from '../outbox/crc32c.ts';

const TABLE: Record<Queue, string> = { event: 'batch_event', data: 'batch_data' };

const batchTable = (table: string) => `
  CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, points INTEGER NOT NULL,
    bytes INTEGER NOT NULL, step_ms INTEGER NOT NULL, boot TEXT, crc INTEGER NOT NULL, body BLOB NOT NULL);
`;

export const BATCH_SCHEMA = `
  ${batchTable(TABLE.event)}
  ${batchTable(TABLE.data)}
  CREATE TABLE IF NOT EXISTS ledger (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY, status INTEGER NOT NULL, answer TEXT NOT NULL, line TEXT NOT NULL);
`;

const HEAD_COLUMNS = 'seq, first_ms, last_ms, points, bytes, step_ms, boot';

interface QueueStatements {
  readonly insert: StatementSync;
  readonly read: StatementSync;
  readonly heads: StatementSync;
  readonly purge: StatementSync;
}

/** Runs `work` in a transaction of its own, or within the one that is open. */
export type Transact = (work: () => void) => void;

export class SqliteBatchStore implements BatchStore {
  readonly #transact: Transact;
  readonly #queues: Record<Queue, QueueStatements>;
  readonly #loadLedger: StatementSync;
  readonly #saveLedger: StatementSync;
  readonly #quarantine: StatementSync;

  constructor(db: DatabaseSync, transact: Transact) {
    this.#transact = transact;
    this.#queues = { event: statements(db, TABLE.event), data: statements(db, TABLE.data) };
    this.#loadLedger = db.prepare('SELECT json, crc FROM ledger WHERE id = 1');
    this.#saveLedger = db.prepare(
      'INSERT INTO ledger (id, json, crc) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET json = excluded.json, crc = excluded.crc',
    );
    this.#quarantine = db.prepare('INSERT INTO quarantine (status, answer, line) VALUES (?, ?, ?)');
  }

  /** A damaged ledger counts as none: what is in the tables is then sent again, which changes nothing. */
  ledger(): Ledger | null {
    const row = this.#loadLedger.get();
    if (!row) return null;
    const json = String(row.json);
    return row.crc === crc32c(Buffer.from(json)) ? (JSON.parse(json) as Ledger) : null;
  }

  commit(change: Change): void {
    this.#transact(() => {
      for (const { queue, seq } of change.remove ?? []) this.#queues[queue].purge.run(seq, seq);
      for (const { queue, from, to } of change.purge ?? []) this.#queues[queue].purge.run(from, to);
      for (const row of change.insert ?? []) this.#insert(row);
      for (const { status, answer, line } of change.quarantine ?? []) {
        this.#quarantine.run(status, answer, line);
      }
      const json = JSON.stringify(change.ledger);
      this.#saveLedger.run(json, crc32c(Buffer.from(json)));
    });
  }

  read(queue: Queue, seq: number): BatchRow | null {
    const row = this.#queues[queue].read.get(seq);
    if (!row || !(row.body instanceof Uint8Array)) return null;
    return { ...toHead(queue, row), body: row.body, crc: Number(row.crc) };
  }

  heads({ queue, from, to, limit }: HeadQuery): readonly BatchHead[] {
    if (to < from) return [];
    return this.#queues[queue].heads.all(from, to, limit).map((row) => toHead(queue, row));
  }

  /** Highest sequence numbers in the tables, for a fresh ledger after a damaged one. */
  highestSeqs(): Record<Queue, number> {
    const highest = { event: 0, data: 0 };
    for (const queue of QUEUES) {
      const [head] = this.#queues[queue].heads.all(0, Number.MAX_SAFE_INTEGER, -1).slice(-1);
      highest[queue] = Number(head?.seq ?? 0);
    }
    return highest;
  }

  #insert(row: BatchRow): void {
    const { seq, firstMs, lastMs, points, bytes, stepMs, boot, crc, body } = row;
    const whole = [seq, firstMs, lastMs, points, bytes, stepMs].map((n) => Math.round(n));
    this.#queues[row.queue].insert.run(...whole, boot, crc, body);
  }
}

function statements(db: DatabaseSync, table: string): QueueStatements {
  return {
    insert: db.prepare(
      `INSERT INTO ${table} (${HEAD_COLUMNS}, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    read: db.prepare(`SELECT ${HEAD_COLUMNS}, crc, body FROM ${table} WHERE seq = ?`),
    heads: db.prepare(`SELECT ${HEAD_COLUMNS} FROM ${table} WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?`),
    purge: db.prepare(`DELETE FROM ${table} WHERE seq BETWEEN ? AND ?`),
  };
}

function toHead(queue: Queue, row: Record<string, unknown>): BatchHead {
  return {
    queue,
    seq: Number(row.seq),
    firstMs: Number(row.first_ms),
    lastMs: Number(row.last_ms),
    points: sane(row.points),
    bytes: sane(row.bytes),
    stepMs: Number(row.step_ms),
    boot: row.boot === null ? null : String(row.boot),
  };
}

/** A count from a row whose check value is not looked at yet: damage must not get into the books. */
function sane(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value < 1e8 ? value : 0;
}
