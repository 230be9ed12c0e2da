/**
 * The ledger's closed quarters of an hour in `log.db`: what the monthly ledger is written from. Kept for two years
 * (some 30 MB); the counters in the history are kept for ever.
 *
 * A slot is known by its start. One that closes again replaces itself: a box that went on from an older state has
 * booked the same cycles anew. Only when the clock was set back within one run does the second belong beside the
 * first; then their energies add up.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LedgerSlot } from '../core/decision.ts';
import type { LedgerTotals } from '../core/ledger-state.ts';
import { crc32c } from '../outbox/crc32c.ts';
import { RETENTION } from './retention.ts';
import { deflateCodec } from './row-codec.ts';

export const SLOT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS ledger_slot (
    start_ms INTEGER PRIMARY KEY, boot TEXT NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
`;

const { keepMs: KEEP_MS } = RETENTION.slots;

export class SlotTable {
  readonly #put: StatementSync;
  readonly #at: StatementSync;
  readonly #between: StatementSync;
  readonly #remove: StatementSync;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO ledger_slot (start_ms, boot, crc, body) VALUES (?, ?, ?, ?)',
    );
    this.#at = db.prepare('SELECT boot, crc, body FROM ledger_slot WHERE start_ms = ?');
    this.#between = db.prepare(
      'SELECT crc, body FROM ledger_slot WHERE start_ms >= ? AND start_ms < ? ORDER BY start_ms',
    );
    this.#remove = db.prepare('DELETE FROM ledger_slot WHERE start_ms < ?');
  }

  /** Inside a transaction. */
  append(slots: readonly LedgerSlot[], boot: string): void {
    for (const slot of slots) {
      const known = this.#at.get(slot.startMs);
      const before = known?.boot === boot ? unpacked(known) : null;
      const body = deflateCodec.pack(JSON.stringify(before === null ? slot : joined(before, slot)));
      this.#put.run(slot.startMs, boot, crc32c(body), body);
    }
  }

  /** Slots that begin in `[fromMs, toMs)`, oldest first; damaged ones are left out. */
  read(fromMs: number, toMs: number): LedgerSlot[] {
    return this.#between.all(fromMs, toMs).flatMap((row) => unpacked(row) ?? []);
  }

  /** Inside a transaction. */
  prune(nowMs: number): void {
    this.#remove.run(nowMs - KEEP_MS);
  }
}

/** Two parts of one slot: what flowed adds up, what stands is as the later one left it. */
function joined(first: LedgerSlot, second: LedgerSlot): LedgerSlot {
  const used: Record<string, number> = {};
  for (const key of Object.keys(second.used) as (keyof LedgerTotals)[]) {
    used[key] = (first.used[key] ?? 0) + second.used[key];
  }
  return { ...second, used: used as unknown as LedgerTotals };
}

function unpacked(row: Record<string, unknown>): LedgerSlot | null {
  if (!(row.body instanceof Uint8Array) || crc32c(row.body) !== row.crc) return null;
  return JSON.parse(deflateCodec.unpack(row.body)) as LedgerSlot;
}
