/** `state.db`: what must survive a restart, as JSON under a key, each row with its own check value. */
import { DatabaseSync } from 'node:sqlite';
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

/** The rows of a damaged file that can be read and pass their check value, from both ends up to the damage. */
export function readableStates(file: string): { readonly key: string; readonly json: string }[] {
  const found = new Map<string, string>();
  for (const order of ['ASC', 'DESC']) {
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file, { readOnly: true });
      for (const row of db.prepare(`SELECT key, json, crc FROM state ORDER BY key ${order}`).iterate()) {
        const key = String(row.key);
        const json = String(row.json);
        if (row.crc === checkValue(key, json)) found.set(key, json);
      }
    } catch {
      // Up to here it could be read.
    } finally {
      db?.close();
    }
  }
  return [...found].map(([key, json]) => ({ key, json }));
}

function checkValue(key: string, json: string): number {
  return crc32c(Buffer.from(`${key}\n${json}`));
}
