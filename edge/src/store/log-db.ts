/** `log.db` opened: outbox, journal, events, snapshots, minutes and ledger, changed together in one transaction. */
import type { DatabaseSync } from 'node:sqlite';
import { EMPTY_LEDGER, type Loss } from '../outbox/books.ts';
import { Outbox } from '../outbox/outbox.ts';
import type { Log, LogMarks } from '../record/log.ts';
import { openDatabase } from './database.ts';
import { EVENT_SCHEMA, EventTable } from './event-table.ts';
import { JOURNAL_SCHEMA, JournalTable } from './journal-table.ts';
import { MINUTE_SCHEMA, MinuteTable } from './minute-table.ts';
import { deflateCodec } from './row-codec.ts';
import { SLOT_SCHEMA, SlotTable } from './slot-table.ts';
import { SNAPSHOT_SCHEMA, SnapshotTable } from './snapshot-table.ts';
import { BATCH_SCHEMA, SqliteBatchStore } from './sqlite-batch-store.ts';

const SCHEMA = BATCH_SCHEMA + JOURNAL_SCHEMA + EVENT_SCHEMA + SNAPSHOT_SCHEMA + MINUTE_SCHEMA + SLOT_SCHEMA;

/** Gap left in the numbers of a log that had to be begun afresh: some may have been used after the last mark. */
const NUMBER_GAP = 1000;

export interface LogOptions {
  readonly path: string;
  readonly site: string;
  readonly marks: LogMarks | null;
  readonly onLoss: (loss: Loss) => void;
}

export class LogDb implements Log {
  readonly outbox: Outbox;
  readonly journal: JournalTable;
  readonly events: EventTable;
  readonly snapshots: SnapshotTable;
  readonly minutes: MinuteTable;
  readonly slots: SlotTable;
  readonly batches: SqliteBatchStore;
  /** Where a damaged file was put, and what was wrong with it. */
  readonly damage: { readonly setAside: string; readonly why: string } | null;
  readonly #db: DatabaseSync;
  #inTransaction = false;

  constructor({ path, site, marks, onLoss }: LogOptions) {
    const { db, setAside, why } = openDatabase(path, SCHEMA);
    this.#db = db;
    this.damage = setAside === null ? null : { setAside, why: why ?? '' };
    this.batches = new SqliteBatchStore(db, (work) => this.transact(work));
    this.#mendLedger();
    this.outbox = new Outbox(this.batches, deflateCodec, onLoss);
    this.journal = new JournalTable(db, marks?.journal);
    this.events = new EventTable(db, site, marks ? marks.eventSeq + NUMBER_GAP : 0);
    this.snapshots = new SnapshotTable(db);
    this.minutes = new MinuteTable(db);
    this.slots = new SlotTable(db);
  }

  /** All of `work` durable when it returns, or none of it and an exception. */
  transact(work: () => void): void {
    if (this.#inTransaction) {
      work();
      return;
    }
    const checkpoint = this.outbox?.checkpoint();
    this.#inTransaction = true;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if (checkpoint) this.outbox.restore(checkpoint);
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  close(): void {
    this.#db.close();
  }

  /** A ledger that is missing or damaged while rows are there: number on, and send what is there again. */
  #mendLedger(): void {
    if (this.batches.ledger()) return;
    const highest = this.batches.highestSeqs();
    if (highest.event === 0 && highest.data === 0) return;
    this.batches.commit({
      ledger: { ...EMPTY_LEDGER, nextSeq: { event: highest.event + 1, data: highest.data + 1 } },
    });
  }
}
