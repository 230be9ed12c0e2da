/**
 * A summary of every minute in `log.db`, kept for ever: numbered and chained like the journal, with a shorter hash.
 * The newest stand in rows of their own; each full day of older ones is packed into one compressed row, so that a
 * year takes some 20 MB.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32c } from '../outbox/crc32c.ts';
import type { TakenMinute } from '../record/open-block.ts';
import type { JournalVerdict, MinuteRecord } from '../record/store.ts';
import { type ChainAnchor, chainHash, verifyChain } from './chain.ts';
import { RETENTION } from './retention.ts';
import { deflateCodec } from './row-codec.ts';

export const MINUTE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS minute (seq INTEGER PRIMARY KEY, at_ms INTEGER, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS minute_at ON minute (at_ms);
  CREATE TABLE IF NOT EXISTS minute_pack (
    first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, first_ms INTEGER, last_ms INTEGER, crc INTEGER NOT NULL,
    body BLOB NOT NULL);
`;

/** Minutes packed into one row. */
const PACK = 1440;
/** Loose rows that always stay: what is asked for most. */
const LOOSE = RETENTION.minutes.looseRows;
const HASH_CHARACTERS = 16;
const START: ChainAnchor = { seq: 0, hash: '0'.repeat(HASH_CHARACTERS) };

export class MinuteTable {
  readonly #insert: StatementSync;
  readonly #loose: StatementSync;
  readonly #packs: StatementSync;
  readonly #oldest: StatementSync;
  readonly #remove: StatementSync;
  readonly #pack: StatementSync;
  readonly #count: StatementSync;
  #head: ChainAnchor;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO minute (seq, at_ms, json) VALUES (?, ?, ?)');
    this.#loose = db.prepare('SELECT json FROM minute WHERE at_ms BETWEEN ? AND ? ORDER BY seq');
    this.#packs = db.prepare(
      'SELECT first_seq, last_seq, crc, body FROM minute_pack WHERE last_ms >= ? AND first_ms <= ? ORDER BY first_seq',
    );
    this.#oldest = db.prepare('SELECT seq, at_ms, json FROM minute ORDER BY seq LIMIT ?');
    this.#remove = db.prepare('DELETE FROM minute WHERE seq <= ?');
    this.#pack = db.prepare(
      'INSERT INTO minute_pack (first_seq, last_seq, first_ms, last_ms, crc, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#count = db.prepare('SELECT count(*) AS n FROM minute');
    const last = db.prepare('SELECT json FROM minute ORDER BY seq DESC LIMIT 1').get();
    this.#head = last ? parse(last.json) : (this.#lastPacked(db) ?? START);
  }

  get head(): ChainAnchor {
    return { seq: this.#head.seq, hash: this.#head.hash };
  }

  /** Inside a transaction; `setHead` afterwards when it is committed. */
  append(taken: readonly TakenMinute[], boot: string, head: ChainAnchor): ChainAnchor {
    let previous = head;
    for (const { summary, monoMs, wallMs } of taken) {
      const at = wallMs === null ? null : new Date(wallMs).toISOString();
      const content = { ...summary, seq: previous.seq + 1, boot, monoMs: Math.round(monoMs), at };
      const record: MinuteRecord = { ...content, hash: minuteHash(previous.hash, content) };
      this.#insert.run(record.seq, wallMs === null ? null : Math.round(wallMs), JSON.stringify(record));
      previous = { seq: record.seq, hash: record.hash };
    }
    return previous;
  }

  setHead(head: ChainAnchor): void {
    this.#head = head;
  }

  /** Oldest first; those whose time is unknown are left out, damaged days too. */
  read(fromMs: number, toMs: number): MinuteRecord[] {
    const packed = this.#packs
      .all(fromMs, toMs)
      .flatMap((row) => unpacked(row) ?? [])
      .filter(({ at }) => at !== null && Date.parse(at) >= fromMs && Date.parse(at) <= toMs);
    return [...packed, ...this.#loose.all(fromMs, toMs).map((row) => parse(row.json))];
  }

  verify(): JournalVerdict {
    return verifyChain(this.#every(), START, null, minuteHash);
  }

  /** Packs full days of what is old. Inside a transaction. */
  prune(): void {
    while (Number(this.#count.get()?.n ?? 0) >= LOOSE + PACK) {
      const rows = this.#oldest.all(PACK);
      const times = rows.flatMap(({ at_ms }) => (typeof at_ms === 'number' ? [at_ms] : []));
      const seqs = rows.map(({ seq }) => Number(seq));
      const body = deflateCodec.pack(rows.map(({ json }) => String(json)).join('\n'));
      const last = Math.max(...seqs);
      const span = times.length > 0 ? [Math.min(...times), Math.max(...times)] : [null, null];
      this.#pack.run(Math.min(...seqs), last, span[0] ?? null, span[1] ?? null, crc32c(body), body);
      this.#remove.run(last);
    }
  }

  *#every(): Generator<MinuteRecord> {
    for (const row of this.#packs.all(-8.64e15, 8.64e15)) yield* unpacked(row) ?? [];
    for (const row of this.#oldest.all(LOOSE + PACK)) yield parse(row.json);
  }

  #lastPacked(db: DatabaseSync): ChainAnchor | null {
    const row = db.prepare('SELECT crc, body FROM minute_pack ORDER BY first_seq DESC LIMIT 1').get();
    return (row && unpacked(row)?.at(-1)) ?? null;
  }
}

function minuteHash(previous: string, record: object): string {
  return chainHash(previous, record).slice(0, HASH_CHARACTERS);
}

function unpacked(row: Record<string, unknown>): MinuteRecord[] | null {
  if (!(row.body instanceof Uint8Array) || crc32c(row.body) !== row.crc) return null;
  return deflateCodec.unpack(row.body).split('\n').map(parse);
}

function parse(json: unknown): MinuteRecord {
  return JSON.parse(String(json)) as MinuteRecord;
}
