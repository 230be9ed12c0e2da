/**
 * Small writes, committed as they come and not yet in the tables. A minute of one site touches a page of every table
 * for each of its series; kept here it is one row, and ten minutes go into the tables at the price of one. What is here survives a crash like everything committed; who reads a site settles its inbox before.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { FieldValues } from './table-writer.ts';

export interface Letter {
  readonly firstMs: number;
  readonly newestMs: number;
  readonly numbers: FieldValues;
  readonly texts: readonly (readonly [series: number, atMs: number, text: string])[];
}

export class Inbox {
  readonly #statements: ReturnType<typeof prepare>;
  /** Field values that wait, by site. */
  readonly #waiting = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db);
    this.recount();
  }

  waiting(site: string): number {
    return this.#waiting.get(site) ?? 0;
  }

  /** Sites with at least so many values. */
  sitesWith(values: number): string[] {
    return [...this.#waiting].filter(([, waiting]) => waiting >= values).map(([site]) => site);
  }

  /** Inside a transaction. */
  put(site: string, { firstMs, newestMs, numbers, texts }: Letter): void {
    const { series, at, values } = numbers;
    const cells = Float64Array.from([...series, ...at, ...values]);
    const bytes = new Uint8Array(cells.buffer);
    // One at least, for a letter of decisions alone: it moves the marks of the site.
    const count = Math.max(1, series.length + texts.length);
    this.#statements.put.run(site, count, firstMs, newestMs, bytes, JSON.stringify(texts));
    this.#waiting.set(site, this.waiting(site) + count);
  }

  /** Removes and returns all of a site as one, in the order it came; null when there is none. Inside a transaction. */
  take(site: string): Letter | null {
    if (this.waiting(site) === 0) return null;
    const numbers = { series: [] as number[], at: [] as number[], values: [] as number[] };
    const texts: [number, number, string][] = [];
    let firstMs = Number.POSITIVE_INFINITY;
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const row of this.#statements.all.iterate(site)) {
      firstMs = Math.min(firstMs, Number(row.first_ms));
      newestMs = Math.max(newestMs, Number(row.newest_ms));
      const bytes = row.numbers as Uint8Array;
      const cells = new Float64Array(bytes.slice().buffer);
      const count = cells.length / 3;
      for (let i = 0; i < count; i += 1) {
        numbers.series.push(cells[i] ?? 0);
        numbers.at.push(cells[count + i] ?? 0);
        numbers.values.push(cells[2 * count + i] ?? 0);
      }
      texts.push(...(JSON.parse(String(row.texts)) as [number, number, string][]));
    }
    this.#statements.remove.run(site);
    this.#waiting.delete(site);
    return { firstMs, newestMs, numbers, texts };
  }

  /** After a rollback: what is in memory may not be on disk. */
  recount(): void {
    this.#waiting.clear();
    for (const { site, waiting } of this.#statements.count.all()) {
      this.#waiting.set(String(site), Number(waiting));
    }
  }
}

function prepare(db: DatabaseSync) {
  return {
    put: db.prepare(
      'INSERT INTO inbox (site, count, first_ms, newest_ms, numbers, texts) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    all: db.prepare('SELECT first_ms, newest_ms, numbers, texts FROM inbox WHERE site = ? ORDER BY id'),
    remove: db.prepare('DELETE FROM inbox WHERE site = ?'),
    count: db.prepare('SELECT site, sum(count) AS waiting FROM inbox GROUP BY site'),
  };
}
