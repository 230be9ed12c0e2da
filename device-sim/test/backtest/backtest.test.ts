import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BoxPolicy } from '../../src/backtest/box-policy.ts';
import type { Orders, Plant } from '../../src/backtest/plant.ts';
import { POLICIES } from '../../src/backtest/policies.ts';
import type { Policy, PolicyView } from '../../src/backtest/policy.ts';
import { answers, savedMoney } from '../../src/backtest/question.ts';
import type { Series } from '../../src/backtest/series.ts';
import { type Result, settle, stepOf } from '../../src/backtest/settle.ts';

const HALF_HOUR_MS = 1_800_000;
const TARIFF = { importPricePerKwh: 0.3, exportPricePerKwh: 0.1 };
const BATTERY = { capacityWh: 10_000, maxPowerW: 5000, efficiency: 0.95, reservePct: 10, startPct: 10 };
const NOTHING: Plant = { battery: null, heater: null };
const OWN = POLICIES['self-consumption'];

interface Row {
  readonly loadW: number;
  readonly pvW: number;
  readonly buy?: number;
  readonly sell?: number;
}

function seriesOf(rows: readonly Row[], stepMs = HALF_HOUR_MS): Series {
  const column = (of: (row: Row, i: number) => number) => Float64Array.from(rows, of);
  return {
    stepMs,
    length: rows.length,
    startMs: column((_, i) => i * stepMs),
    loadW: column(({ loadW }) => loadW),
    pvW: column(({ pvW }) => pvW),
    pvForecastW: column(() => Number.NaN),
    importPricePerKwh: column(({ buy }) => buy ?? Number.NaN),
    exportPricePerKwh: column(({ sell }) => sell ?? Number.NaN),
    hasPv: true,
    missingRows: 0,
    unusedColumns: [],
  };
}

/** 1 kW all the time, 4 kW of sun from 10 to 16 h. */
function sunnyDays(days: number): Series {
  return seriesOf(
    Array.from({ length: 48 * days }, (_, i) => ({
      loadW: 1000,
      pvW: i % 48 >= 20 && i % 48 < 32 ? 4000 : 0,
    })),
  );
}

function lived(
  series: Series,
  plant: Plant,
  maker = OWN as (typeof POLICIES)[keyof typeof POLICIES],
): Result {
  return settle({ series, plant, tariff: TARIFF, zone: 'UTC' }, maker);
}

function sumOf(flows: Readonly<Record<string, number>>, from: RegExp): number {
  return Object.entries(flows).reduce((sum, [name, energyWh]) => sum + (from.test(name) ? energyWh : 0), 0);
}

function expectTied(result: Result): void {
  const { flowsWh } = result;
  expect(sumOf(flowsWh, /ToLoad$/)).toBeCloseTo(result.loadWh, 4);
  expect(sumOf(flowsWh, /^solar/)).toBeCloseTo(result.pvWh, 4);
  expect(sumOf(flowsWh, /^grid/)).toBeCloseTo(result.importWh, 4);
  expect(sumOf(flowsWh, /ToGrid$/)).toBeCloseTo(result.exportWh, 4);
  expect(sumOf(flowsWh, /ToBattery$/)).toBeCloseTo(result.chargedWh, 4);
  expect(sumOf(flowsWh, /^battery/)).toBeCloseTo(result.dischargedWh, 4);
}

test('without a battery the bill is what flowed at its price', () => {
  const result = lived(sunnyDays(2), NOTHING);
  expect(result.importWh).toBeCloseTo(36_000, 6);
  expect(result.exportWh).toBeCloseTo(36_000, 6);
  expect(result.costMoney).toBeCloseTo(36 * 0.3 - 36 * 0.1, 9);
  expect(result.peakImportW).toBe(1000);
  expect(result.peakWindowW).toBeCloseTo(1000, 9);
  expectTied(result);
});

test('prices of the rows count before the tariff, negative ones as well', () => {
  const series = seriesOf([
    { loadW: 2000, pvW: 0, buy: -0.1 },
    { loadW: 0, pvW: 4000, sell: -0.05 },
    { loadW: 1000, pvW: 0 },
  ]);
  const result = lived(series, NOTHING);
  // 1 kWh is paid for taking, 2 kWh cost for giving, 0.5 kWh at the tariff.
  expect(result.costMoney).toBeCloseTo(-0.1 + 0.1 + 0.15, 9);
  expect(result.meanImportPricePerKwh).toBeCloseTo((-0.1 + 0.3 + 0.3) / 3, 9);
});

test('a battery stores the sun within its capacity and gives it back less its losses', () => {
  const result = lived(sunnyDays(2), { battery: BATTERY, heater: null });
  // 9 kWh above the reserve: 9.47 kWh go in, 8.55 kWh come out by the next morning, 8 kWh until midnight.
  expect(result.dischargedWh).toBeCloseTo(8550 + 8000, 6);
  expect(result.chargedWh * 0.95).toBeCloseTo(result.dischargedWh / 0.95 + result.storedWh, 6);
  expect(result.cycles).toBeCloseTo(1.655 / 0.95, 6);
  expectTied(result);
});

test('what is left in the battery and what was never heated count at the mean import price', () => {
  const plain = lived(sunnyDays(1), NOTHING);
  const after = { ...plain, costMoney: plain.costMoney - 1, storedWh: 2000, unservedWh: 500 };
  expect(savedMoney(plain, after, { battery: BATTERY, heater: null })).toBeCloseTo(
    1 + (2 * 0.95 - 0.5) * 0.3,
    9,
  );
});

test('the decisions of the box begin to discharge at 40 % and end below 35 %', () => {
  const seen: { socPct: number; orders: Orders }[] = [];
  const watched = (question: Parameters<typeof POLICIES.rules>[0]): Policy => {
    const box = POLICIES.rules(question);
    return {
      name: box.name,
      decide(view: PolicyView) {
        const orders = box.decide(view);
        seen.push({ socPct: view.socPct, orders });
        return orders;
      },
    };
  };
  const result = settle(
    { series: sunnyDays(3), plant: { battery: BATTERY, heater: null }, tariff: TARIFF, zone: 'UTC' },
    watched,
  );
  const discharging = seen.filter(({ orders }) => orders.dischargeLimitW > 0);
  const first = discharging[0];
  expect(first?.socPct).toBeGreaterThanOrEqual(40);
  expect(first?.socPct).toBeLessThan(41);
  expect(Math.min(...discharging.map(({ socPct }) => socPct))).toBeGreaterThanOrEqual(35);
  expect(Math.min(...discharging.map(({ socPct }) => socPct))).toBeLessThan(35.5);
  expect(result.dischargedWh).toBeGreaterThan(0);
  expectTied(result);
});

test('the bill of a backtest is the one in the ledger of the box', () => {
  const boxes: BoxPolicy[] = [];
  const plant = { battery: BATTERY, heater: { energyWhPerDay: 4000, powerW: 2000 } };
  const result = settle({ series: sunnyDays(5), plant, tariff: TARIFF, zone: 'UTC' }, (question) => {
    const box = new BoxPolicy(question);
    boxes.push(box);
    return box;
  });
  const ledger = boxes[0]?.ledger;
  // The box books a step when it reads the next one: the last is not in its books.
  expect(ledger?.gridImportWh).toBeGreaterThan(result.importWh - 5100 / 60);
  expect(ledger?.gridImportWh).toBeLessThanOrEqual(result.importWh + 1e-6);
  expect(ledger?.costMoney).toBeCloseTo(result.costMoney, 1);
  expect(ledger?.solarToBatteryWh).toBeCloseTo(result.flowsWh.solarToBattery, 3);
});

test('a heater runs at midnight by itself and in the sun by the box, served alike', () => {
  const heater = { energyWhPerDay: 4000, powerW: 2000 };
  const plain = lived(sunnyDays(3), { battery: null, heater });
  const box = lived(sunnyDays(3), { battery: null, heater }, POLICIES.rules);
  expect(plain.heaterWh).toBeCloseTo(12_000, 6);
  expect(box.heaterWh).toBeCloseTo(12_000, 6);
  expect([plain.unservedWh, box.unservedWh]).toEqual([0, 0]);
  expect(plain.importWh - box.importWh).toBeCloseTo(12_000, 3);
  expect(plain.peakImportW).toBe(3000);
  expectTied(box);
});

test('without sun the box heats before the day ends', () => {
  const dark = seriesOf(Array.from({ length: 96 }, () => ({ loadW: 500, pvW: 0 })));
  const result = lived(
    dark,
    { battery: null, heater: { energyWhPerDay: 4000, powerW: 2000 } },
    POLICIES.rules,
  );
  expect(result.heaterWh).toBeCloseTo(8000, 6);
  expect(result.unservedWh).toBe(0);
});

test('answers come with the counterfactual first, and each thing alone and together', () => {
  const home = { series: sunnyDays(2), tariff: TARIFF, zone: 'UTC' };
  const heater = { energyWhPerDay: 4000, powerW: 2000 };
  const found = [...answers({ home, battery: BATTERY, heater, rules: true })];
  expect(found.map(({ name }) => name)).toEqual([
    'as it was, heater at midnight',
    'battery on its own, heater at midnight',
    'box: heater only',
    'box: battery, heater at midnight',
    'box: battery and heater',
  ]);
  expect(found[0]?.savedMoney).toBe(0);
  expect(found[2]?.savedMoney).toBeCloseTo(8 * (0.3 - 0.1), 2);
});

test('a row is passed in equal steps of at most a minute', () => {
  expect(stepOf(1_800_000, 60_000)).toBe(60_000);
  expect(stepOf(60_000, 60_000)).toBe(60_000);
  expect(stepOf(10_000, 60_000)).toBe(10_000);
  expect(stepOf(90_000, 60_000)).toBe(45_000);
});

test('a bill does not depend on the steps a row is passed in, where nobody decides', () => {
  const plant = { battery: BATTERY, heater: null };
  const [coarse, fine] = [HALF_HOUR_MS, 1000].map((longestStepMs) =>
    settle({ series: sunnyDays(2), plant, tariff: TARIFF, zone: 'UTC', longestStepMs }, OWN),
  );
  expect(fine?.costMoney).toBeCloseTo(coarse?.costMoney ?? Number.NaN, 6);
});

test('whatever is ordered, the battery keeps its window and the flows tie out', () => {
  const row = fc.record({ loadW: fc.nat(8000), pvW: fc.nat(9000) });
  const order = fc.record({
    mode: fc.constantFrom(
      'self-consume',
      'hold',
      'idle',
      'auto',
      'charge-grid',
      'discharge-grid',
    ) as fc.Arbitrary<Orders['mode']>,
    chargeLimitW: fc.nat(9000),
    dischargeLimitW: fc.nat(9000),
    heaterOn: fc.boolean(),
  });
  const rows = fc.array(row, { minLength: 2, maxLength: 20 });
  const orders = fc.array(order, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(rows, orders, (some, wanted) => {
      let n = 0;
      const socs: number[] = [];
      const plant = { battery: BATTERY, heater: { energyWhPerDay: 5000, powerW: 2000 } };
      const idle: Orders = { mode: 'idle', chargeLimitW: 0, dischargeLimitW: 0, heaterOn: false };
      const result = settle({ series: seriesOf(some), plant, tariff: TARIFF, zone: 'UTC' }, () => ({
        name: 'anything',
        decide({ socPct }) {
          socs.push(socPct);
          n += 1;
          return wanted[n % wanted.length] ?? idle;
        },
      }));
      expectTied(result);
      expect(Math.min(...socs)).toBeGreaterThanOrEqual(10 - 1e-9);
      expect(Math.max(...socs)).toBeLessThanOrEqual(100 + 1e-9);
      expect(result.chargedWh * 0.95 - result.dischargedWh / 0.95).toBeCloseTo(result.storedWh, 4);
    }),
    { numRuns: 60 },
  );
});
