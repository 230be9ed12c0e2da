/** Events in `log.db`: kept until the portal has acknowledged them, and 30 days after for who looks back. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SiteEvent } from '@wattward/broker/wire/site';
import type { EventRecord, Stamp } from '../record/store.ts';
import { isoTime } from './iso-time.ts';
import { RETENTION } from './retention.ts';

export const EVENT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, mono_ms REAL NOT NULL, at_ms INTEGER,
    severity TEXT NOT NULL, code TEXT NOT NULL, params TEXT NOT NULL, acked INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX IF NOT EXISTS event_open ON event (seq) WHERE acked = 0;
`;

const { keepAckedMs: KEEP_ACKED_MS, maxWaiting: MAX_WAITING } = RETENTION.events;

export class EventTable {
  readonly #insert: StatementSync;
  readonly #pending: StatementSync;
  readonly #count: StatementSync;
  readonly #ack: StatementSync;
  readonly #stamp: StatementSync;
  readonly #stampLost: StatementSync;
  readonly #prune: StatementSync;
  readonly #thin: StatementSync;
  readonly #site: string;

  /** @param startAt the first number of a fresh table is the one after it. */
  constructor(db: DatabaseSync, site: string, startAt: number) {
    this.#site = site;
    this.#insert = db.prepare(
      'INSERT INTO event (boot, mono_ms, at_ms, severity, code, params) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#pending = db.prepare(
      'SELECT seq, at_ms, severity, code, params FROM event WHERE acked = 0 AND at_ms IS NOT NULL ORDER BY seq LIMIT ?',
    );
    this.#count = db.prepare(
      'SELECT count(*) AS n, (SELECT max(seq) FROM event) AS last FROM event WHERE acked = 0',
    );
    this.#ack = db.prepare('UPDATE event SET acked = 1 WHERE seq = ?');
    this.#stamp = db.prepare('UPDATE event SET at_ms = mono_ms + ? WHERE boot = ? AND at_ms IS NULL');
    this.#stampLost = db.prepare(
      `UPDATE event SET at_ms = ?, params = json_set(params, '$.timeUnknown', json('true'))
       WHERE boot <> ? AND at_ms IS NULL`,
    );
    this.#prune = db.prepare('DELETE FROM event WHERE acked = 1 AND at_ms < ?');
    this.#thin = db.prepare(
      `DELETE FROM event WHERE seq IN (
         SELECT seq FROM event WHERE acked = 0 ORDER BY severity = 'alarm', seq LIMIT ?)`,
    );
    const { last } = this.counts();
    if (last === 0 && startAt > 0) {
      db.prepare("INSERT OR REPLACE INTO sqlite_sequence (name, seq) VALUES ('event', ?)").run(startAt);
    }
  }

  insert({ severity, code, params }: EventRecord, boot: string, at: Stamp): void {
    const atMs = at.wallMs === null ? null : Math.round(at.wallMs);
    this.#insert.run(boot, at.monoMs, atMs, severity, code, JSON.stringify(params));
  }

  pending(limit: number): SiteEvent[] {
    return this.#pending.all(limit).map((row) => ({
      v: 1,
      site: this.#site,
      seq: Number(row.seq),
      at: isoTime(row.at_ms) ?? new Date(0).toISOString(),
      severity: row.severity === 'info' || row.severity === 'warning' ? row.severity : 'alarm',
      code: String(row.code).slice(0, 60),
      params: readableParams(row.params),
    }));
  }

  counts(): { readonly waiting: number; readonly last: number } {
    const row = this.#count.get();
    return { waiting: Number(row?.n ?? 0), last: Number(row?.last ?? 0) };
  }

  ack(seq: number): void {
    this.#ack.run(seq);
  }

  /** Events of a boot that never knew the time are told with the time they became tellable, and say so. */
  stampBoot(boot: string, offsetMs: number, nowMs: number): void {
    this.#stamp.run(offsetMs, boot);
    this.#stampLost.run(Math.round(nowMs), boot);
  }

  prune(nowMs: number): void {
    this.#prune.run(Math.round(nowMs - KEEP_ACKED_MS));
    const { waiting } = this.counts();
    if (waiting > MAX_WAITING) this.#thin.run(waiting - MAX_WAITING);
  }
}

function readableParams(json: unknown): SiteEvent['params'] {
  try {
    return JSON.parse(String(json)) as SiteEvent['params'];
  } catch {
    return { damaged: true };
  }
}
