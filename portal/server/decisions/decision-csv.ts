/**
 * A month of decisions as CSV, oldest first, streamed.
 */
import { reasonText } from '@wattward/broker/wire/reasons';
import type { SiteDescription } from '@wattward/broker/wire/site';
import { csvLine } from '../csv.ts';
import { localTime } from '../history/day.ts';
import { decisionCursor, type HistoryStore, type StoredDecision } from '../history/store.ts';
import { actuatorName } from './decision-pages.ts';

const COLUMNS = [
  'utc',
  'local',
  'zone',
  'seq',
  'actuator',
  'name',
  'outcome',
  'home mode',
  'rule',
  'code',
  'reason',
  'parameters',
] as const;
const PAGE_ROWS = 1000;

export interface CsvSite {
  readonly id: string;
  readonly zone: string;
  readonly description: SiteDescription | null;
}

/** Lines of the file, the heading first, each with its line end. */
export async function* decisionCsv(
  store: HistoryStore,
  site: CsvSite,
  range: { readonly fromMs: number; readonly toMs: number },
): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  // The store pages from the newest back; a month of decisions fits in memory as rows.
  const pages: (readonly StoredDecision[])[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await store.decisions({
      ...range,
      site: site.id,
      limit: PAGE_ROWS,
      ...(before === undefined ? {} : { before }),
    });
    pages.push(page);
    const last = page.at(-1);
    if (page.length < PAGE_ROWS || !last) break;
    before = decisionCursor(last);
  }
  for (const page of pages.reverse()) {
    for (const row of [...page].reverse()) yield csvLine(cells(row, site));
  }
}

function cells(row: StoredDecision, site: CsvSite): readonly (string | number)[] {
  return [
    row.at,
    localTime(Date.parse(row.at), site.zone),
    site.zone,
    row.seq,
    row.actuator,
    actuatorName(row.actuator, site.description),
    row.outcome,
    row.homeMode,
    row.reason.rule,
    row.reason.code,
    reasonText(row.reason, 'en'),
    JSON.stringify(row.reason.params),
  ];
}
