/**
 * A month of decisions as CSV, oldest first, streamed.
 */

import { csvLine } from '@wattward/broker/wire/csv';
import { reasonText } from '@wattward/broker/wire/reasons';
import type { SiteDescription } from '@wattward/broker/wire/site';
import { localTime } from '../history/day.ts';
import type { HistoryStore, StoredDecision } from '../history/store.ts';
import { actuatorName } from './decision-pages.ts';
import { oldestFirst } from './oldest-first.ts';

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

export interface CsvSite {
  readonly id: string;
  readonly zone: string;
  readonly description: SiteDescription | null;
}

/** The file in pieces of many lines. The heading comes with the first rows: who cannot be asked is found out before. */
export async function* decisionCsv(
  store: HistoryStore,
  site: CsvSite,
  range: { readonly fromMs: number; readonly toMs: number },
): AsyncGenerator<string> {
  let heading = csvLine(COLUMNS);
  for await (const rows of oldestFirst(store, { ...range, site: site.id })) {
    yield heading + rows.map((row) => csvLine(cells(row, site))).join('');
    heading = '';
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
