/** Decisions as they are kept, for ever: so many a day and so long at most, that a file of a month can be made. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Of a site and a day (UTC); a busy home has some hundreds. */
export const MOST_DECISIONS_A_DAY = 10_000;
const MOST_TEXT_CHARS = 4000;
const DAY_MS = 86_400_000;
/** As the list of decisions pages by it. */
const ACTUATOR = /^[a-z0-9:-]{1,60}$/;
/** Days whose count is remembered. */
const MOST_COUNTS = 10_000;

export interface DecisionToKeep {
  readonly site: string;
  readonly atMs: number;
  readonly actuator: string;
  readonly seq: number | null;
  readonly texts: readonly [
    outcome: string | null,
    code: string | null,
    reasonJson: string | null,
    homeMode: string | null,
  ];
}

export class DecisionTable {
  readonly #put: StatementSync;
  readonly #find: StatementSync;
  readonly #count: StatementSync;
  readonly #counts = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#put = db.prepare('INSERT OR REPLACE INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#find = db.prepare('SELECT 1 FROM decision WHERE site = ? AND ts = ? AND actuator = ?');
    this.#count = db.prepare('SELECT count(*) AS n FROM decision WHERE site = ? AND ts >= ? AND ts < ?');
  }

  /** Inside a transaction. One that came before is replaced. @returns why it is not taken, or null. */
  put({ site, atMs, actuator, seq, texts }: DecisionToKeep): string | null {
    if (!ACTUATOR.test(actuator)) return 'tag actuator of a decision must be [a-z0-9:-]{1,60}';
    if (texts.some((text) => text !== null && text.length > MOST_TEXT_CHARS)) {
      return `a text of a decision may have ${MOST_TEXT_CHARS} characters`;
    }
    if (!this.#find.get(site, atMs, actuator)) {
      const day = Math.floor(atMs / DAY_MS);
      const count = this.#countOf(site, day);
      if (count >= MOST_DECISIONS_A_DAY) return `max-decisions limit exceeded: ${MOST_DECISIONS_A_DAY} a day`;
      this.#counts.set(`${site} ${day}`, count + 1);
    }
    this.#put.run(site, atMs, actuator, seq, ...texts);
    return null;
  }

  /** After a rollback: what was counted may not be on disk. */
  forget(): void {
    this.#counts.clear();
  }

  #countOf(site: string, day: number): number {
    const known = this.#counts.get(`${site} ${day}`);
    if (known !== undefined) return known;
    if (this.#counts.size >= MOST_COUNTS) this.#counts.clear();
    return Number(this.#count.get(site, day * DAY_MS, (day + 1) * DAY_MS)?.n);
  }
}
