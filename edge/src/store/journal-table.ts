/** The decision journal in `log.db`: numbered, chained, never changed. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DecisionQuery, DecisionRecord, JournalRecord, JournalVerdict, Stamp } from '../record/store.ts';
import { type ChainAnchor, type Chained, chainHash, GENESIS, verifyChain } from './chain.ts';
import { isoTime } from './iso-time.ts';
import { RETENTION } from './retention.ts';

export const JOURNAL_SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY, boot TEXT NOT NULL, mono_ms REAL NOT NULL, at_ms INTEGER, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS journal_at ON journal (at_ms);
  CREATE TABLE IF NOT EXISTS journal_anchor (
    id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL);
`;

const MAX_RECORDS = RETENTION.journal.maxRecords;

export class JournalTable {
  readonly #insert: StatementSync;
  readonly #query: StatementSync;
  readonly #page: StatementSync;
  readonly #stamp: StatementSync;
  readonly #saveAnchor: StatementSync;
  readonly #removeUpTo: StatementSync;
  #anchor: ChainAnchor;
  #head: ChainAnchor;

  /** @param startAt where a fresh journal continues (the head of one that was set aside). */
  constructor(db: DatabaseSync, startAt: ChainAnchor = GENESIS) {
    this.#insert = db.prepare('INSERT INTO journal (seq, boot, mono_ms, at_ms, json) VALUES (?, ?, ?, ?, ?)');
    this.#query = db.prepare(
      'SELECT json, at_ms FROM journal WHERE seq < ? AND (at_ms BETWEEN ? AND ? OR (at_ms IS NULL AND ?)) ORDER BY seq DESC LIMIT ?',
    );
    this.#page = db.prepare('SELECT seq, json FROM journal WHERE seq > ? ORDER BY seq LIMIT 500');
    this.#stamp = db.prepare('UPDATE journal SET at_ms = mono_ms + ? WHERE boot = ? AND at_ms IS NULL');
    this.#saveAnchor = db.prepare('INSERT OR REPLACE INTO journal_anchor (id, seq, hash) VALUES (1, ?, ?)');
    this.#removeUpTo = db.prepare('DELETE FROM journal WHERE seq <= ?');
    const kept = db.prepare('SELECT seq, hash FROM journal_anchor').get();
    const newest = newestRecord(db);
    const startsHere = !kept && !newest && startAt.seq > 0;
    if (startsHere) this.#saveAnchor.run(startAt.seq, startAt.hash);
    this.#anchor = kept ? { seq: Number(kept.seq), hash: String(kept.hash) } : startsHere ? startAt : GENESIS;
    this.#head = newest ?? this.#anchor;
  }

  get head(): ChainAnchor {
    return { seq: this.#head.seq, hash: this.#head.hash };
  }

  /** Inside a transaction; `setHead` afterwards when it is committed. */
  append(decisions: readonly DecisionRecord[], boot: string, at: Stamp, head: ChainAnchor): JournalRecord[] {
    let previous = head;
    return decisions.map((decision) => {
      const content = {
        ...decision,
        seq: previous.seq + 1,
        boot,
        monoMs: at.monoMs,
        at: at.wallMs === null ? null : new Date(at.wallMs).toISOString(),
      };
      const record: JournalRecord = { ...content, hash: chainHash(previous.hash, content) };
      const atMs = at.wallMs === null ? null : Math.round(at.wallMs);
      this.#insert.run(record.seq, boot, at.monoMs, atMs, JSON.stringify(record));
      previous = record;
      return record;
    });
  }

  setHead(head: ChainAnchor): void {
    this.#head = head;
  }

  /** Gives the records of `boot` their time for queries. What is hashed stays as it was written. */
  stampBoot(boot: string, offsetMs: number): void {
    this.#stamp.run(offsetMs, boot);
  }

  /** Newest first. Records whose time is unknown are left out of a query by time. */
  read(query: DecisionQuery): JournalRecord[] {
    const anyTime = query.fromMs === undefined && query.toMs === undefined;
    return this.#query
      .all(
        query.beforeSeq ?? Number.MAX_SAFE_INTEGER,
        query.fromMs ?? -8.64e15,
        query.toMs ?? 8.64e15,
        anyTime ? 1 : 0,
        query.limit ?? 500,
      )
      .flatMap((row) => {
        const record = parse(row.json);
        if (!record) return [];
        return record.at === null ? { ...record, at: isoTime(row.at_ms) } : record;
      });
  }

  verify(knownHead: ChainAnchor | null): JournalVerdict {
    return verifyChain(this.#every(), this.#anchor, knownHead);
  }

  prune(maxRecords = MAX_RECORDS): void {
    const last = this.#head.seq - maxRecords;
    if (last <= this.#anchor.seq) return;
    for (const record of this.#every()) {
      if (record.seq !== last) continue;
      this.#saveAnchor.run(record.seq, record.hash);
      this.#removeUpTo.run(record.seq);
      this.#anchor = { seq: record.seq, hash: record.hash };
      return;
    }
  }

  /** A record that cannot be read counts as one whose hash is wrong. */
  *#every(): Generator<Chained> {
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const rows = this.#page.all(after);
      for (const row of rows) {
        after = Number(row.seq);
        yield parse(row.json) ?? { seq: after, hash: '' };
      }
      if (rows.length === 0) return;
    }
  }
}

/** Where the chain goes on: after the newest number, with the hash of the newest record that can be read. */
function newestRecord(db: DatabaseSync): ChainAnchor | null {
  let seq: number | null = null;
  for (const row of db.prepare('SELECT seq, json FROM journal ORDER BY seq DESC').iterate()) {
    seq ??= Number(row.seq);
    const record = parse(row.json);
    if (record) return { seq, hash: record.hash };
  }
  return seq === null ? null : { seq, hash: GENESIS.hash };
}

/** The record, or null when it is damaged beyond reading. */
function parse(json: unknown): JournalRecord | null {
  try {
    const record: unknown = JSON.parse(String(json));
    const isRecord = typeof record === 'object' && record !== null && 'hash' in record && 'seq' in record;
    return isRecord ? (record as JournalRecord) : null;
  } catch {
    return null;
  }
}
