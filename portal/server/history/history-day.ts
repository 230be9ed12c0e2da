/** One local day of a site as charts and cards show it. */
import type { HistoryDay } from '../../contract/api.ts';
import { addDays, dayRange, localDay } from './day.ts';
import { filled } from './history-range.ts';
import { stepFor } from './resolution.ts';
import type { HistoryStore } from './store.ts';

export const DAY_FIELDS = [
  'gridPowerW',
  'pvPowerW',
  'batteryPowerW',
  'houseLoadW',
  'managedLoadW',
  'batterySocPct',
  'importPricePerKwh',
  'exportPricePerKwh',
] as const;
const COUNTERS = ['gridImportWh', 'gridExportWh', 'pvWh', 'batteryChargedWh', 'batteryDischargedWh'] as const;
const MINUTE_MS = 60_000;

export interface DaySite {
  readonly id: string;
  readonly zone: string;
  /** What time it is there. Epoch ms. */
  readonly nowMs: number;
}

/** @param day `YYYY-MM-DD`; left out: the day it is at the site. */
export async function historyDay(store: HistoryStore, site: DaySite, day?: string): Promise<HistoryDay> {
  const range = dayRange(day ?? localDay(site.nowMs, site.zone), site.zone);
  const { fromMs, toMs } = range;
  const stepMs = stepFor(toMs - fromMs, await store.finestStepMs(site.id, fromMs));
  const within = { site: site.id, fromMs, toMs };
  const grid = { ...within, field: 'gridPowerW' };
  const [series, increases, peak, covered, extent] = await Promise.all([
    store.series({ ...within, fields: DAY_FIELDS, stepMs }),
    store.increases({ ...within, fields: COUNTERS }),
    store.peak(grid),
    store.coveredMinutes(grid),
    store.extent(site.id),
  ]);
  const lastMs = Math.max(site.nowMs, extent?.lastMs ?? site.nowMs);
  const soFarMinutes = Math.max(1, Math.floor((Math.min(toMs, lastMs) - fromMs) / MINUTE_MS));
  return {
    day: range.day,
    zone: site.zone,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    stepS: stepMs / 1000,
    series: filled(DAY_FIELDS, series, { fromMs, toMs, stepMs }),
    totals: {
      gridImportWh: increases.get('gridImportWh') ?? null,
      gridExportWh: increases.get('gridExportWh') ?? null,
      pvWh: increases.get('pvWh') ?? null,
      batteryChargedWh: increases.get('batteryChargedWh') ?? null,
      batteryDischargedWh: increases.get('batteryDischargedWh') ?? null,
    },
    peak: { gridPowerW: peak?.value ?? null, at: peak ? new Date(peak.atMs).toISOString() : null },
    coverage: Math.min(1, covered / soFarMinutes),
    previousDay: extent && extent.firstMs < fromMs ? addDays(range.day, -1) : null,
    nextDay: lastMs >= toMs ? addDays(range.day, 1) : null,
  };
}
