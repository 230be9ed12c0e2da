import { expect, test } from '@jest/globals';
import { fittedHousehold, generatedLoad } from '../../src/profile/generated-load.ts';
import { autocorrelation, loadStatistics, resampled } from '../../src/profile/load-statistics.ts';

const HOUR_MS = 3_600_000;
const MONDAY_MS = Date.parse('2025-01-13T00:00:00Z');

function load(values: readonly number[], stepMs = HOUR_MS) {
  return { startMs: MONDAY_MS, stepMs, loadW: Float64Array.from(values) };
}

test('tells level, spread and duration of what was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => (i + 1) * 10);
  const statistics = loadStatistics(load([...hundred, Number.NaN, Number.NaN]), 'UTC');
  expect(statistics).toMatchObject({ meanW: 505, baseW: 60, p50W: 510, p95W: 960, p99W: 1000, peakW: 1000 });
  expect(statistics.aboveShare.slice(0, 4)).toEqual([0.9, 0.8, 0.5, 0]);
});

test('tells the shape of working days and weekends by local time', () => {
  // A week of hours: 1 kW at 7 h UTC on all days, 3 kW at weekends.
  const week = Array.from({ length: 168 }, (_, i) => (i % 24 === 7 ? (i >= 120 ? 3000 : 1000) : 0));
  const statistics = loadStatistics(load(week), 'Europe/Berlin');
  expect(statistics.weekdayW[8]).toBe(1000);
  expect(statistics.weekendW[8]).toBe(3000);
  expect(statistics.weekdayW[7]).toBe(0);
});

test('remembers a day that repeats, and nothing of what alternates', () => {
  const days = Array.from({ length: 240 }, (_, i) => Math.sin((2 * Math.PI * i) / 24));
  expect(autocorrelation(load(days), 24 * HOUR_MS)).toBeCloseTo(1, 6);
  expect(autocorrelation(load(days), 12 * HOUR_MS)).toBeCloseTo(-1, 6);
  expect(autocorrelation(load(days), 60_000)).toBeNaN();
  const holes = days.map((value, i) => (i % 7 === 0 ? Number.NaN : value));
  expect(autocorrelation(load(holes), 24 * HOUR_MS)).toBeCloseTo(1, 6);
});

test('means over longer steps keep the energy, and a hole stays one', () => {
  const hours = resampled(load([1, 3, 5, Number.NaN], HOUR_MS / 2), HOUR_MS);
  expect([...hours.loadW]).toEqual([2, Number.NaN]);
  expect(() => resampled(load([1, 2]), 1.5 * HOUR_MS)).toThrow('no multiple');
});

test('nothing measured is said, not computed', () => {
  expect(() => loadStatistics(load([Number.NaN]), 'UTC')).toThrow('without a measured step');
});

test('finds the household behind a load again', () => {
  const span = { startMs: MONDAY_MS, stepMs: 15 * 60_000, steps: 14 * 96, zone: 'Europe/Berlin' };
  const household = { standbyW: 130, fridgeW: 220, eveningW: 380, startsPerDay: 9 };
  const fitted = fittedHousehold(loadStatistics(generatedLoad(household, 3, span), span.zone), 3, span);
  expect(fitted.standbyW + 0.37 * fitted.fridgeW).toBeCloseTo(130 + 0.37 * 220, -1);
  expect(Math.abs(fitted.startsPerDay - 9)).toBeLessThan(1);
  expect(Math.abs(fitted.eveningW - 380)).toBeLessThan(40);
});
