/**
 * One day's series, turned into what the charts draw: one row a bucket, all series side by side. Missing buckets stay
 * null, so a gap is a gap. Instants are epoch milliseconds; powers stay in W, prices per kWh.
 */
import type { Bucket, HistoryDay } from '../../contract/api.ts';

export interface DayRow {
  readonly atMs: number;
  readonly gridPowerW: number | null;
  readonly pvPowerW: number | null;
  readonly batteryPowerW: number | null;
  /** All the home uses: base load and switched loads. */
  readonly consumptionW: number | null;
  readonly batterySocPct: number | null;
  readonly importPricePerKwh: number | null;
}
export type DayField = Exclude<keyof DayRow, 'atMs'>;

export function dayRows(day: HistoryDay): DayRow[] {
  const means = new Map(day.series.map(({ field, buckets }) => [field, byInstant(buckets)]));
  const at = (field: string, ms: number) => means.get(field)?.get(ms) ?? null;
  return bucketStarts(day).map((ms) => ({
    atMs: ms,
    gridPowerW: at('gridPowerW', ms),
    pvPowerW: at('pvPowerW', ms),
    batteryPowerW: at('batteryPowerW', ms),
    consumptionW: sum(at('houseLoadW', ms), at('managedLoadW', ms)),
    batterySocPct: at('batterySocPct', ms),
    importPricePerKwh: at('importPricePerKwh', ms),
  }));
}

function byInstant(buckets: readonly Bucket[]): Map<number, number | null> {
  return new Map(buckets.map(({ at, mean }) => [Date.parse(at), mean]));
}

/** Every bucket of the day up to the last one that holds anything: what is to come is not a gap. */
function bucketStarts(day: HistoryDay): number[] {
  const present = day.series.flatMap(({ buckets }) =>
    buckets.filter(({ mean }) => mean !== null).map(({ at }) => Date.parse(at)),
  );
  if (present.length === 0) return [];
  const stepMs = day.stepS * 1000;
  const last = present.reduce((latest, ms) => Math.max(latest, ms), 0);
  const starts: number[] = [];
  for (let ms = Date.parse(day.from); ms <= last; ms += stepMs) starts.push(ms);
  return starts;
}

function sum(house: number | null, managed: number | null): number | null {
  return house === null ? null : house + (managed ?? 0);
}

/** Hourly means for the table beside a chart. An hour without a single value is a row of dashes. */
export function hourRows(rows: readonly DayRow[]): DayRow[] {
  const hours = Map.groupBy(rows, ({ atMs }) => Math.floor(atMs / 3_600_000) * 3_600_000);
  return [...hours].map(([atMs, within]) => ({
    atMs,
    gridPowerW: mean(within, 'gridPowerW'),
    pvPowerW: mean(within, 'pvPowerW'),
    batteryPowerW: mean(within, 'batteryPowerW'),
    consumptionW: mean(within, 'consumptionW'),
    batterySocPct: mean(within, 'batterySocPct'),
    importPricePerKwh: mean(within, 'importPricePerKwh'),
  }));
}

function mean(rows: readonly DayRow[], field: DayField): number | null {
  const values = rows.map((row) => row[field]).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length;
}

/** Ticks every `everyH` hours of the day's own length (23, 24 or 25 hours), as epoch milliseconds. */
export function hourTicks(day: Pick<HistoryDay, 'from' | 'to'>, everyH: number): number[] {
  const ticks: number[] = [];
  for (let ms = Date.parse(day.from); ms <= Date.parse(day.to); ms += everyH * 3_600_000) ticks.push(ms);
  return ticks;
}
