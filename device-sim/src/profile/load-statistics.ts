/**
 * What a household's load looks like in numbers: level, spread, shape of the day, memory. Watts; holes (NaN) are left
 * out. Two loads compare only over the same step: means over half an hour know nothing of a kettle.
 */
import { localDay, localMinute, type SiteTime } from '@wattward/edge/core/site-time';
import { siteTimeAt } from '@wattward/edge/core/zone';
import { isWeekend } from '../physics/occupancy.ts';

/** A load on a regular grid: `loadW[i]` is the mean over `[startMs + i * stepMs, ...)`, NaN where not measured. */
export interface GridLoad {
  readonly startMs: number;
  readonly stepMs: number;
  readonly loadW: Float64Array;
}

export interface LoadStatistics {
  readonly meanW: number;
  /** The 5th percentile: what never sleeps. */
  readonly baseW: number;
  readonly p50W: number;
  readonly p95W: number;
  readonly p99W: number;
  readonly peakW: number;
  /** Mean of each local hour, working days and weekends. */
  readonly weekdayW: readonly number[];
  readonly weekendW: readonly number[];
  /** Share of time above each of `DURATION_W`. */
  readonly aboveShare: readonly number[];
  /** Autocorrelation at each of `LAGS_MS`; NaN for lags shorter than the step. */
  readonly autocorrelation: readonly number[];
  /** Standard deviation of the daily means over their mean. */
  readonly dayToDay: number;
}

const MINUTE_MS = 60_000;
export const LAGS_MS = [1, 15, 60, 1440].map((minutes) => minutes * MINUTE_MS);
export const DURATION_W = [100, 200, 500, 1000, 2000, 3000, 4000] as const;

/** @throws RangeError for a load without a single measured step. */
export function loadStatistics(load: GridLoad, zone: string): LoadStatistics {
  const known = load.loadW.filter((powerW) => !Number.isNaN(powerW)).sort();
  if (known.length === 0) throw new RangeError('a load without a measured step has no statistics');
  const quantile = (share: number) =>
    known[Math.min(known.length - 1, Math.floor(share * known.length))] ?? 0;
  const meanW = meanOf(known);
  return {
    meanW,
    baseW: quantile(0.05),
    p50W: quantile(0.5),
    p95W: quantile(0.95),
    p99W: quantile(0.99),
    peakW: known[known.length - 1] ?? 0,
    ...byHour(load, zone),
    aboveShare: DURATION_W.map((powerW) => known.filter((own) => own > powerW).length / known.length),
    autocorrelation: LAGS_MS.map((lagMs) => autocorrelation(load, lagMs)),
  };
}

function byHour({ startMs, stepMs, loadW }: GridLoad, zone: string) {
  let time: SiteTime | null = null;
  const sums = [0, 1].map(() => ({ powerW: new Float64Array(24), count: new Float64Array(24) }));
  const days = new Map<number, { sumW: number; count: number }>();
  for (const [i, powerW] of loadW.entries()) {
    if (Number.isNaN(powerW)) continue;
    time = siteTimeAt(zone, startMs + i * stepMs, true, time);
    const dayNumber = localDay(time);
    const hour = Math.floor(localMinute(time) / 60);
    const sum = sums[isWeekend(dayNumber) ? 1 : 0];
    if (sum) {
      sum.powerW[hour] = (sum.powerW[hour] ?? 0) + powerW;
      sum.count[hour] = (sum.count[hour] ?? 0) + 1;
    }
    const day = days.get(dayNumber) ?? { sumW: 0, count: 0 };
    days.set(dayNumber, { sumW: day.sumW + powerW, count: day.count + 1 });
  }
  const [weekdayW = [], weekendW = []] = sums.map(({ powerW, count }) =>
    Array.from(powerW, (sumW, hour) => sumW / (count[hour] ?? 1)),
  );
  // Days measured for less than most of their hours say little of a day.
  const least = (0.8 * 86_400_000) / stepMs;
  const daily = [...days.values()]
    .filter(({ count }) => count >= least)
    .map(({ sumW, count }) => sumW / count);
  return { weekdayW, weekendW, dayToDay: deviationOf(daily) / meanOf(daily) };
}

/** Correlation of a load with itself `lagMs` later, over the pairs that were measured. */
export function autocorrelation({ stepMs, loadW }: GridLoad, lagMs: number): number {
  const lag = lagMs / stepMs;
  if (!Number.isInteger(lag) || lag < 1) return Number.NaN;
  const sum = { n: 0, a: 0, b: 0, aa: 0, bb: 0, ab: 0 };
  for (let i = 0; i + lag < loadW.length; i += 1) {
    const a = loadW[i] ?? Number.NaN;
    const b = loadW[i + lag] ?? Number.NaN;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    sum.n += 1;
    sum.a += a;
    sum.b += b;
    sum.aa += a * a;
    sum.bb += b * b;
    sum.ab += a * b;
  }
  const { n, a, b, aa, bb, ab } = sum;
  return (n * ab - a * b) / Math.sqrt((n * aa - a * a) * (n * bb - b * b));
}

/** Means over a longer step; a step with a hole in it is one. */
export function resampled(load: GridLoad, stepMs: number): GridLoad {
  const parts = stepMs / load.stepMs;
  if (!Number.isInteger(parts)) throw new RangeError(`${stepMs} ms is no multiple of ${load.stepMs} ms`);
  const loadW = new Float64Array(Math.floor(load.loadW.length / parts));
  for (let i = 0; i < loadW.length; i += 1) {
    loadW[i] = meanOf(load.loadW.subarray(i * parts, (i + 1) * parts));
  }
  return { startMs: load.startMs, stepMs, loadW };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] ?? 0;
  return sum / values.length;
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}
