/** The journal of a month as a file: read from the store in pages, written beside and renamed when whole. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JournalRecord, Store } from '../store/store.ts';
import { type CsvOptions, csvFileName, journalCsv } from './csv.ts';

export interface MonthlyExport extends CsvOptions {
  readonly store: Pick<Store, 'readDecisions'>;
  readonly site: string;
  /** `YYYY-MM`, a month of the site's own zone. */
  readonly month: string;
  readonly folder: string;
}

const PAGE = 1000;
const DAY_MS = 86_400_000;

/** Writes the file and returns its path. */
export async function exportMonth(options: MonthlyExport): Promise<string> {
  await mkdir(options.folder, { recursive: true });
  const path = join(options.folder, csvFileName(options.site, options.month));
  const records = await decisionsOf(options);
  const draft = `${path}.new`;
  await pipeline(Readable.from(journalCsv(records, options)), createWriteStream(draft, { flush: true }));
  await rename(draft, path);
  return path;
}

/** Oldest first. */
async function decisionsOf({ store, month, zone }: MonthlyExport): Promise<JournalRecord[]> {
  const firstDayMs = Date.parse(`${month}-01T00:00:00Z`);
  if (Number.isNaN(firstDayMs)) throw new RangeError(`"${month}" is not a month like 2026-11`);
  const inMonth = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit' });
  const found: JournalRecord[] = [];
  let beforeSeq = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const query = { fromMs: firstDayMs - DAY_MS, toMs: firstDayMs + 33 * DAY_MS, beforeSeq, limit: PAGE };
    const page = await store.readDecisions(query);
    found.push(...page.filter(({ at }) => at !== null && inMonth.format(new Date(at)).startsWith(month)));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return found.reverse();
    beforeSeq = last.seq;
  }
}
