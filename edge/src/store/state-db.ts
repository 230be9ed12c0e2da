/** `state.db`: what must survive a restart, as JSON under a key, each row with its own check value. */
import type { DatabaseSync } from 'node:sqlite';
import { crc32c } from '../outbox/crc32c.ts';

export const STATE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, json TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
`;

export type Loaded = { readonly json: string | null; readonly damaged: boolean };

export class StateTable {
  readonly #load;
  readonly #save;

  constructor(db: DatabaseSync) {
    this.#load = db.prepare('SELECT json, crc FROM state WHERE key = ?');
    this.#save = db.prepare(
      'INSERT INTO state (key, json, crc) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET json = excluded.json, crc = excluded.crc',
    );
  }

  load(key: string): Loaded {
    const row = this.#load.get(key);
    if (!row) return { json: null, damaged: false };
    const json = String(row.json);
    return row.crc === checkValue(key, json) ? { json, damaged: false } : { json: null, damaged: true };
  }

  /** Durable when it returns. */
  save(key: string, json: string): void {
    this.#save.run(key, json, checkValue(key, json));
  }
}

function checkValue(key: string, json: string): number {
  return crc32c(Buffer.from(`${key}\n${json}`));
}
