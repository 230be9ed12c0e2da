/** `device-sim household-report`: the generated household beside measured ones, in the same steps. */
import { readSeries } from '../backtest/series.ts';
import type { Household } from '../physics/household.ts';
import { fittedHousehold, generatedLoad, type Span } from './generated-load.ts';
import {
  DURATION_W,
  type GridLoad,
  LAGS_MS,
  type LoadStatistics,
  loadStatistics,
} from './load-statistics.ts';

export interface HouseholdReportOptions {
  readonly profile: readonly string[];
  /** One for each profile, or one for all. */
  readonly zone: readonly string[];
  readonly seed: number;
}

export function householdReport({ profile, zone, seed }: HouseholdReportOptions): string {
  return profile.map((file, i) => comparison(file, zone[i] ?? zone[0] ?? 'UTC', seed)).join('\n\n');
}

function comparison(file: string, zone: string, seed: number): string {
  const measured = measuredLoad(file, zone);
  const { startMs, stepMs, loadW } = measured;
  const span: Span = { startMs, stepMs, steps: loadW.length, zone };
  const theirs = loadStatistics(measured, zone);
  const household = fittedHousehold(theirs, seed, span);
  const generated = generatedLoad(household, seed, span);
  // Holes of the measured home are holes here as well: they do not lie evenly over the day.
  const alike = {
    ...generated,
    loadW: generated.loadW.map((powerW, i) => (Number.isNaN(loadW[i]) ? Number.NaN : powerW)),
  };
  const ours = loadStatistics(alike, zone);
  return [
    `${file}, ${zone}, means over ${stepMs / 60_000} min from ${new Date(startMs).toISOString().slice(0, 10)}`,
    `household most like it: ${propertiesOf(household)}`,
    ...rowsOf(theirs, ours).map(([name, a, b]) => `${name.padEnd(28)}${a.padStart(10)}${b.padStart(10)}`),
    ...hoursOf('working day', theirs.weekdayW, ours.weekdayW, theirs.meanW, ours.meanW),
    ...hoursOf('weekend', theirs.weekendW, ours.weekendW, theirs.meanW, ours.meanW),
  ].join('\n');
}

function measuredLoad(file: string, zone: string): GridLoad {
  const series = readSeries(file, zone);
  const startMs = series.startMs[0] ?? 0;
  const { stepMs } = series;
  const steps = Math.round(((series.startMs[series.length - 1] ?? 0) - startMs) / stepMs) + 1;
  const loadW = new Float64Array(steps).fill(Number.NaN);
  for (let i = 0; i < series.length; i += 1) {
    loadW[Math.round(((series.startMs[i] ?? 0) - startMs) / stepMs)] = series.loadW[i] ?? Number.NaN;
  }
  return { startMs, stepMs, loadW };
}

function propertiesOf(household: Household): string {
  const { standbyW, fridgeW, eveningW, startsPerDay } = household;
  return `standbyW: ${standbyW.toFixed(0)}, fridgeW: ${fridgeW.toFixed(0)}, eveningW: ${eveningW.toFixed(0)}, startsPerDay: ${startsPerDay.toFixed(1)}`;
}

function rowsOf(theirs: LoadStatistics, ours: LoadStatistics): [string, string, string][] {
  const row = (name: string, of: (statistics: LoadStatistics) => number, digits: number) =>
    [name, of(theirs).toFixed(digits), of(ours).toFixed(digits)] as [string, string, string];
  return [
    ['', 'measured', 'generated'],
    row('mean W', (s) => s.meanW, 0),
    row('base (P5) W', (s) => s.baseW, 0),
    row('P50 W', (s) => s.p50W, 0),
    row('P95 W', (s) => s.p95W, 0),
    row('P99 W', (s) => s.p99W, 0),
    row('peak W', (s) => s.peakW, 0),
    row('deviation of days / mean', (s) => s.dayToDay, 2),
    ...LAGS_MS.map((lagMs, i) =>
      row(`autocorrelation ${lagMs / 60_000} min`, (s) => s.autocorrelation[i] ?? Number.NaN, 2),
    ).filter(([, value]) => value !== 'NaN'),
    ...DURATION_W.map((powerW, i) =>
      row(`time above ${powerW} W, %`, (s) => 100 * (s.aboveShare[i] ?? 0), 1),
    ),
  ];
}

function hoursOf(
  day: string,
  theirs: readonly number[],
  ours: readonly number[],
  theirMeanW: number,
  ourMeanW: number,
): string[] {
  const line = (values: readonly number[], meanW: number) =>
    values.map((w) => (w / meanW).toFixed(2)).join(' ');
  return [
    `hours of a ${day} over the mean, 0 to 23 h`,
    `  measured  ${line(theirs, theirMeanW)}`,
    `  generated ${line(ours, ourMeanW)}`,
  ];
}
