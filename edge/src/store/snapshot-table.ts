/** 48 h of cycles in `log.db`, a compressed block a commit, for replays and for "what did it see?". */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32c } from '../outbox/crc32c.ts';
import type { TakenSnapshot } from '../record/open-block.ts';
import type { Snapshot, SnapshotBlock } from '../record/store.ts';
import { RETENTION } from './retention.ts';
import { deflateCodec } from './row-codec.ts';

export const SNAPSHOT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS snapshot (
    id INTEGER PRIMARY KEY, boot TEXT NOT NULL, first_ms INTEGER, last_ms INTEGER, count INTEGER NOT NULL,
    crc INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS snapshot_last ON snapshot (last_ms);
`;

const { keepMs: KEEP_MS, maxUntimedBlocks: MAX_UNTIMED_BLOCKS } = RETENTION.snapshots;

export class SnapshotTable {
  readonly #insert: StatementSync;
  readonly #query: StatementSync;
  readonly #next: StatementSync;
  readonly #prune: StatementSync;
  readonly #pruneUntimed: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'INSERT INTO snapshot (boot, first_ms, last_ms, count, crc, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#query = db.prepare(
      'SELECT boot, crc, body FROM snapshot WHERE last_ms >= ? AND first_ms <= ? ORDER BY id',
    );
    this.#next = db.prepare(
      'SELECT id, boot, crc, body FROM snapshot WHERE id > ? AND last_ms >= ? AND first_ms <= ? ORDER BY id LIMIT 1',
    );
    this.#prune = db.prepare('DELETE FROM snapshot WHERE last_ms < ?');
    this.#pruneUntimed = db.prepare(
      'DELETE FROM snapshot WHERE id <= (SELECT max(id) FROM snapshot) - ? AND last_ms IS NULL',
    );
  }

  insert(taken: readonly TakenSnapshot[], boot: string): void {
    if (taken.length === 0) return;
    const text = taken.map(({ monoMs, wallMs, json }) => `${monoMs} ${wallMs ?? '-'} ${json}`).join('\n');
    const body = deflateCodec.pack(text);
    const walls = taken.flatMap(({ wallMs }) => (wallMs === null ? [] : [Math.round(wallMs)]));
    const first = walls.length > 0 ? Math.min(...walls) : null;
    const last = walls.length > 0 ? Math.max(...walls) : null;
    this.#insert.run(boot, first, last, taken.length, crc32c(body), body);
  }

  /** Cycles with a wall time in `[fromMs, toMs]`; damaged blocks are left out. */
  read(fromMs: number, toMs: number): Snapshot[] {
    return this.#query
      .all(fromMs, toMs)
      .flatMap((row) => {
        if (!(row.body instanceof Uint8Array) || crc32c(row.body) !== row.crc) return [];
        return deflateCodec
          .unpack(row.body)
          .split('\n')
          .map((line) => toSnapshot(line, String(row.boot)));
      })
      .filter(({ wallMs }) => wallMs !== null && wallMs >= fromMs && wallMs <= toMs);
  }

  /** The first block after `afterId` that overlaps `[fromMs, toMs]`, whole, whatever single times stand in it. */
  next(fromMs: number, toMs: number, afterId: number): SnapshotBlock | null {
    const row = this.#next.get(afterId, fromMs, toMs);
    if (!row) return null;
    const boot = String(row.boot);
    const block = { id: Number(row.id), boot };
    if (!(row.body instanceof Uint8Array) || crc32c(row.body) !== row.crc)
      return { ...block, snapshots: null };
    const lines = deflateCodec.unpack(row.body).split('\n');
    return { ...block, snapshots: lines.map((line) => toSnapshot(line, boot)) };
  }

  prune(nowMs: number): void {
    this.#prune.run(Math.round(nowMs - KEEP_MS));
    this.#pruneUntimed.run(MAX_UNTIMED_BLOCKS);
  }
}

function toSnapshot(line: string, boot: string): Snapshot {
  const monoEnd = line.indexOf(' ');
  const wallEnd = line.indexOf(' ', monoEnd + 1);
  const wall = line.slice(monoEnd + 1, wallEnd);
  return {
    boot,
    monoMs: Number(line.slice(0, monoEnd)),
    wallMs: wall === '-' ? null : Number(wall),
    json: line.slice(wallEnd + 1),
  };
}
