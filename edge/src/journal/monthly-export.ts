/** The journal of a month, and its ledger, as files: read from the store, written whole. */
import { join } from 'node:path';
import type { JournalRecord, Store } from '../record/store.ts';
import { type CsvOptions, journalCsv } from './csv.ts';
import { ledgerCsv } from './ledger-csv.ts';
import { monthIn } from './month.ts';
import { writeWhole } from './whole-file.ts';

export interface MonthOf<S> {
  readonly store: S;
  readonly site: string;
  /** IANA zone of the site. */
  readonly zone: string;
  /** `YYYY-MM`, a month of the site's own zone. */
  readonly month: string;
  readonly folder: string;
}

export type MonthlyExport = MonthOf<Pick<Store, 'readDecisions'>> & CsvOptions;

const PAGE = 1000;

/** Writes the decisions of the month and returns the file's path. */
export async function exportMonth(options: MonthlyExport): Promise<string> {
  const records = await decisionsOf(options);
  return writeWhole(fileOf('decisions', options), journalCsv(records, options));
}

/** Writes the closed quarters of an hour of the month and returns the file's path; the running one is not in it yet. */
export async function exportLedger(options: MonthOf<Pick<Store, 'readSlots'>>): Promise<string> {
  const { fromMs, toMs, holds } = monthIn(options.zone, options.month);
  const slots = await options.store.readSlots(fromMs, toMs);
  const csv = ledgerCsv(slots.filter(({ startMs }) => holds(startMs)));
  return writeWhole(fileOf('ledger', options), [csv]);
}

/** E.g. `home-1-decisions-2026-11.csv`. */
function fileOf(kind: 'decisions' | 'ledger', { folder, site, month }: MonthOf<unknown>): string {
  return join(folder, `${site}-${kind}-${month}.csv`);
}

/** Oldest first. */
async function decisionsOf({ store, month, zone }: MonthlyExport): Promise<JournalRecord[]> {
  const { fromMs, toMs, holds } = monthIn(zone, month);
  const found: JournalRecord[] = [];
  let beforeSeq = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = await store.readDecisions({ fromMs, toMs, beforeSeq, limit: PAGE });
    found.push(...page.filter(({ at }) => at !== null && holds(Date.parse(at))));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return found.reverse();
    beforeSeq = last.seq;
  }
}
