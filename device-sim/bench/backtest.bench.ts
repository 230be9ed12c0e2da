/** How fast a measured year is asked, and what a household costs in the hot path of the closed loop. */
import { POLICIES } from '../src/backtest/policies.ts';
import type { Series } from '../src/backtest/series.ts';
import { settle } from '../src/backtest/settle.ts';
import { householdPowerW } from '../src/physics/household.ts';

interface Bench {
  name: string;
  unit: string;
  bar: { max?: number; min?: number } | null;
  run(): Promise<number>;
}

const MINUTE_MS = 60_000;
const START_MS = Date.parse('2025-06-01T00:00:00Z');
const HOUSEHOLD = { standbyW: 120, fridgeW: 95, eveningW: 350, startsPerDay: 14 };
const DAY_MS = 86_400_000;

function householdW(nowMs: number, dtS: number): number {
  const dayNumber = Math.floor(nowMs / DAY_MS);
  return householdPowerW(HOUSEHOLD, 7, { nowMs, dtS, minuteOfDay: (nowMs % DAY_MS) / MINUTE_MS, dayNumber });
}

function minutes(days: number): Series {
  const length = days * 1440;
  const column = (of: (i: number) => number) => Float64Array.from({ length }, (_, i) => of(i));
  const unknown = column(() => Number.NaN);
  return {
    stepMs: MINUTE_MS,
    length,
    startMs: column((i) => START_MS + i * MINUTE_MS),
    loadW: column((i) => householdW(START_MS + i * MINUTE_MS, 60)),
    pvW: column((i) => Math.max(0, -4000 * Math.cos((2 * Math.PI * i) / 1440))),
    pvForecastW: unknown,
    importPricePerKwh: unknown,
    exportPricePerKwh: unknown,
    hasPv: true,
    missingRows: 0,
    unusedColumns: [],
  };
}

function rowsPerSecond(policy: keyof typeof POLICIES): number {
  const series = minutes(60);
  const battery = { capacityWh: 10_000, maxPowerW: 5000, efficiency: 0.95, reservePct: 10, startPct: 50 };
  const plant = { battery, heater: { energyWhPerDay: 5000, powerW: 2000 } };
  const tariff = { importPricePerKwh: 0.3, exportPricePerKwh: 0.08 };
  const beganMs = performance.now();
  settle({ series, plant, tariff, zone: 'Europe/Berlin' }, POLICIES[policy]);
  return (series.length * 1000) / (performance.now() - beganMs);
}

export const benches: Bench[] = [
  {
    name: 'backtest, a row of a minute decided by the box',
    unit: 'rows/s',
    bar: null,
    run: async () => rowsPerSecond('rules'),
  },
  {
    name: 'backtest, a row of a minute left alone',
    unit: 'rows/s',
    bar: null,
    run: async () => rowsPerSecond('self-consumption'),
  },
  {
    name: 'generated household, a step of a second',
    unit: 'ns',
    bar: null,
    async run() {
      const steps = 200_000;
      const beganMs = performance.now();
      for (let i = 0; i < steps; i += 1) householdW(START_MS + i * 1000, 1);
      return ((performance.now() - beganMs) * 1e6) / steps;
    },
  },
];
