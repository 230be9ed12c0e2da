/**
 * A measured year with known answers: a French heat-pump home with its roof at Belgian day-ahead prices, 363 days of
 * half hours, holes in the load bridged in a line. Runs with WATTWARD_DATA=DIR.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { POLICIES } from '../../src/backtest/policies.ts';
import { savedMoney } from '../../src/backtest/question.ts';
import { readSeries, type Series } from '../../src/backtest/series.ts';
import { settle } from '../../src/backtest/settle.ts';

const data = process.env.WATTWARD_DATA;
const measured = data === undefined ? test.skip : test;
const BATTERY = {
  capacityWh: 10_000,
  maxPowerW: 5000,
  efficiency: Math.sqrt(0.9),
  reservePct: 0,
  startPct: 50,
};
const ROWS = 17_424;
/** As the answers were found. */
const HALF_HOUR_MS = 1_800_000;

function prices(): Map<string, number> {
  const text = readFileSync(path.join(data ?? '', 'prices-be-day-ahead-2024-2025.csv'), 'utf8');
  const rows = text.split('\n').slice(1);
  return new Map(rows.map((row) => [row.slice(0, 19), Number(row.split(',')[4]) / 1000]));
}

function bridged(values: readonly (number | null)[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (value != null) {
      out.push(value);
      continue;
    }
    let end = i;
    while (end < values.length - 1 && values[end] == null) end += 1;
    const before = out[i - 1] ?? 0;
    out.push(before + ((values[end] ?? before) - before) / (end - i + 1));
  }
  return out;
}

function year(priced: boolean): Series {
  const spot = priced ? prices() : new Map<string, number>();
  const text = readFileSync(path.join(data ?? '', 'home-fr-30min-2024-2025.csv'), 'utf8');
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','));
  const loadW = bridged(rows.map(([, load]) => (load ? Number(load) : null)));
  let last = 0;
  const lines = rows.map(([time = '', , pv], i) => {
    last = spot.get(time.slice(0, 19)) ?? last;
    const money = priced ? `${last + 0.15},${Math.max(last, 0)}` : ',';
    return `${time},${loadW[i]},${pv ?? ''},${money}`;
  });
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'year-')), 'year.csv');
  writeFileSync(
    file,
    ['time,loadW,pvW,importPricePerKwh,exportPricePerKwh', ...lines.slice(-ROWS)].join('\n'),
  );
  return readSeries(file, 'UTC');
}

measured('a year at spot prices costs what it is known to cost, without and with a battery', () => {
  const home = {
    series: year(true),
    tariff: { importPricePerKwh: 0, exportPricePerKwh: 0 },
    zone: 'UTC',
    longestStepMs: HALF_HOUR_MS,
  };
  const plain = settle({ ...home, plant: { battery: null, heater: null } }, POLICIES['self-consumption']);
  expect(home.series).toMatchObject({ length: ROWS, missingRows: 0 });
  expect(plain.costMoney).toBeCloseTo(1265.04, 1);
  expect(Math.round(plain.importWh / 1000)).toBe(5666);
  expect(Math.round(plain.exportWh / 1000)).toBe(3146);
  const plant = { battery: BATTERY, heater: null };
  const battery = settle({ ...home, plant }, POLICIES['self-consumption']);
  expect(plain.costMoney - savedMoney(plain, battery, plant)).toBeCloseTo(975.16, 0);
  expect(Math.round(battery.importWh / 1000)).toBe(4004);
  expect(Math.round(battery.exportWh / 1000)).toBe(1304);
  expect(Math.round(battery.cycles)).toBe(175);
});

measured('a year at flat prices costs what it is known to cost', () => {
  const tariff = { importPricePerKwh: 0.3, exportPricePerKwh: 0.08 };
  const home = { series: year(false), tariff, zone: 'UTC', longestStepMs: HALF_HOUR_MS };
  const plain = settle({ ...home, plant: { battery: null, heater: null } }, POLICIES['self-consumption']);
  const plant = { battery: BATTERY, heater: null };
  const battery = settle({ ...home, plant }, POLICIES['self-consumption']);
  expect(plain.costMoney - savedMoney(plain, battery, plant)).toBeCloseTo(1098.35, 0);
});
