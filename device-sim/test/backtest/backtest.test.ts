import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { POLICIES } from '../../src/backtest/policy.ts';
import { readSeries, type Series } from '../../src/backtest/series.ts';
import { settle } from '../../src/backtest/settle.ts';
import { shiftIntoSurplus } from '../../src/backtest/shift.ts';

const HALF_HOUR_MS = 1_800_000;
const TARIFF = { importPricePerKwh: 0.3, exportPricePerKwh: 0.1 };
const BATTERY = { capacityWh: 10_000, maxPowerW: 5000, efficiency: 0.95, reservePct: 10 };

/** Two days of half hours: 1 kW all the time, 4 kW of sun from 10 to 16 h. */
function sunnyDays(): Series {
  const rows = Array.from({ length: 96 }, (_, i) => ({
    startMs: i * HALF_HOUR_MS,
    loadW: 1000,
    pvW: i % 48 >= 20 && i % 48 < 32 ? 4000 : 0,
    pvForecastW: null,
    importPricePerKwh: null,
    exportPricePerKwh: null,
  }));
  return { stepMs: HALF_HOUR_MS, rows, missingRows: 0 };
}

test('without a battery the bill is what flowed at its price', () => {
  const result = settle(sunnyDays(), TARIFF, null, null);
  expect(result.importWh).toBeCloseTo(36_000, 6);
  expect(result.exportWh).toBeCloseTo(36_000, 6);
  expect(result.costMoney).toBeCloseTo(36 * 0.3 - 36 * 0.1, 6);
  expect(result.peakImportW).toBe(1000);
});

test('a battery stores the sun within its capacity and gives it back less its losses', () => {
  const result = settle(sunnyDays(), TARIFF, BATTERY, POLICIES['self-consumption'](BATTERY));
  // 9 kWh above the reserve: 9.47 kWh go in, 8.55 kWh come out in each night.
  expect(result.dischargedWh).toBeCloseTo(8550 + 8000, 6);
  expect(result.chargedWh * 0.95).toBeCloseTo(result.dischargedWh / 0.95 + result.storedWh, 6);
  expect(result.residualWh).toBeLessThan(1e-6);
});

test('by the rules of the box discharge ends below 35 %', () => {
  const result = settle(sunnyDays(), TARIFF, BATTERY, POLICIES.rules(BATTERY));
  const plain = settle(sunnyDays(), TARIFF, BATTERY, POLICIES['self-consumption'](BATTERY));
  expect(result.dischargedWh).toBeLessThan(plain.dischargedWh);
  expect(result.dischargedWh).toBeGreaterThan(0);
});

test('a shifted water heater moves energy into surplus and changes the sum of none', () => {
  const before = sunnyDays();
  const { series, movedWh } = shiftIntoSurplus(before, { energyWhPerDay: 4000, powerW: 2000 }, 0);
  expect(movedWh).toBeCloseTo(8000, 6);
  const [a, b] = [settle(before, TARIFF, null, null), settle(series, TARIFF, null, null)];
  expect(b.loadWh).toBeCloseTo(a.loadWh, 6);
  expect(a.importWh - b.importWh).toBeCloseTo(8000, 6);
  expect(Math.min(...series.rows.map(({ loadW }) => loadW))).toBeGreaterThanOrEqual(0);
});

test('reads the columns of a backtest in any order, and says what is missing', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'series-')), 'home.csv');
  writeFileSync(
    file,
    'time,importPricePerKwh,loadW\n2025-01-01T00:00:00Z,0.4,500\n2025-01-01T00:15:00Z,,600\n2025-01-01T00:45:00Z,0.2,700\n',
  );
  const series = readSeries(file);
  expect(series).toMatchObject({ stepMs: 900_000, missingRows: 1 });
  expect(series.rows.map((row) => [row.loadW, row.pvW, row.importPricePerKwh])).toEqual([
    [500, 0, 0.4],
    [600, 0, null],
    [700, 0, 0.2],
  ]);
  writeFileSync(file, 'a,b\n1,2\n');
  expect(() => readSeries(file)).toThrow('unknown header');
});
