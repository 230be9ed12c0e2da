/**
 * One decision, as the box takes it every second: 8 loads, 2 batteries, three phases, a day of changing weather.
 * Time per call in microseconds over single calls: median and 99th percentile of the calmest of five rounds, so that
 * the figure is that of the code and not of what else the machine does.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decide } from '../src/core/decide.ts';
import type { Settings } from '../src/core/settings.ts';
import { ABSENT, good } from '../src/core/signal.ts';
import { NO_OPERATOR, type Snapshot } from '../src/core/snapshot.ts';
import { initialState } from '../src/core/state.ts';
import { coreSettings } from '../src/settings/core-settings.ts';
import { checkSiteSettings } from '../src/settings/parse-site-settings.ts';

interface Bench {
  name: string;
  unit: string;
  bar: { max?: number; min?: number } | null;
  long?: boolean;
  run(): Promise<number>;
}

const WARM_UP = 20_000;
const ROUNDS = 5;
const CYCLES = 20_000;
const WEEK_S = 7 * 86_400;
const YEAR_S = 365 * 86_400;
const START_MS = Date.UTC(2026, 5, 1, 4, 0, 0);

export const benches: Bench[] = [
  {
    name: 'decide, 8 loads and 2 batteries, median',
    unit: 'us',
    bar: { max: 20 },
    run: async () => calmest(0.5),
  },
  {
    name: 'decide, 8 loads and 2 batteries, p99',
    unit: 'us',
    bar: { max: 100 },
    run: async () => calmest(0.99),
  },
  {
    name: 'heap growth over a million decisions',
    unit: 'MB',
    bar: { max: 5 },
    run: async () => heapGrowthMb(1_000_000),
  },
  {
    name: 'a week of decisions at 1 s',
    unit: 's',
    bar: { max: 60 },
    run: async () => week(),
  },
  {
    name: 'a year of decisions at 1 s, extrapolated from the week',
    unit: 's',
    bar: null,
    run: async () => (week() * YEAR_S) / WEEK_S,
  },
  {
    name: 'a year of decisions at 1 s',
    unit: 's',
    bar: null,
    long: true,
    run: async () => decideFor(YEAR_S),
  },
];

let weekS: number | null = null;

function week(): number {
  weekS ??= decideFor(WEEK_S);
  return weekS;
}

/** Seconds it takes to decide so many cycles of one second each, the making of the snapshots included. */
function decideFor(cycles: number): number {
  const settings = busyHome();
  let state = initialState(settings);
  const before = performance.now();
  for (let i = 0; i < cycles; i++) {
    const nowMs = START_MS + i * 1000;
    state = decide(state, snapshotAt(settings, nowMs, i, state.loads), settings, null, nowMs).state;
  }
  return (performance.now() - before) / 1000;
}

let rounds: Float64Array[] | null = null;

function calmest(share: number): number {
  rounds ??= measure();
  return Math.min(...rounds.map((sorted) => quantile(sorted, share)));
}

/** Times of all rounds of one continuous run, each sorted. */
function measure(): Float64Array[] {
  const settings = busyHome();
  let state = initialState(settings);
  const out = Array.from({ length: ROUNDS }, () => new Float64Array(CYCLES));
  for (let i = 0; i < WARM_UP + ROUNDS * CYCLES; i++) {
    const nowMs = START_MS + i * 1000;
    const snapshot = snapshotAt(settings, nowMs, i, state.loads);
    const before = performance.now();
    state = decide(state, snapshot, settings, null, nowMs).state;
    const tookUs = (performance.now() - before) * 1000;
    const round = out[Math.floor((i - WARM_UP) / CYCLES)];
    if (round) round[(i - WARM_UP) % CYCLES] = tookUs;
  }
  return out.map((times) => times.sort());
}

function heapGrowthMb(cycles: number): number {
  const settings = busyHome();
  let state = initialState(settings);
  let firstMb = 0;
  for (let i = 0; i < cycles; i++) {
    const nowMs = START_MS + i * 1000;
    state = decide(state, snapshotAt(settings, nowMs, i, state.loads), settings, null, nowMs).state;
    if (i === Math.floor(cycles / 10)) firstMb = usedHeapMb();
  }
  return Math.max(0, usedHeapMb() - firstMb);
}

/** What is really held, after a full collection. */
function usedHeapMb(): number {
  setFlagsFromString('--expose_gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed / 1e6;
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function busyHome(): Settings {
  const checked = checkSiteSettings({
    name: 'Bench',
    zone: 'Europe/Berlin',
    grid: { fuseA: 35 },
    devices: {
      meters: [
        {
          id: 'grid',
          name: 'Grid',
          role: 'grid',
          profile: 'sdm630',
          connection: { kind: 'mqtt', meterId: 'grid' },
        },
      ],
      inverters: [
        {
          id: 'inv',
          name: 'Inverter',
          profile: 'sunspec',
          connection: { kind: 'modbus-tcp', host: '127.0.0.1' },
        },
      ],
      boards: [{ id: 'board', name: 'Board', channels: 8 }],
    },
    batteries: ['a', 'b'].map((id, i) => ({
      id,
      name: id,
      inverter: 'inv',
      capability: i === 0 ? 'limit' : 'setpoint',
      capacityWh: 10_000,
      maxChargeW: 5000,
      maxDischargeW: 5000,
    })),
    loads: Array.from({ length: 8 }, (_, i) => ({
      id: `load-${i}`,
      name: `Load ${i}`,
      board: 'board',
      channel: i + 1,
      nominalPowerW: 600 + 400 * i,
      phase: (['L1', 'L2', 'L3', 'all'] as const)[i % 4],
      priority: i + 1,
      essential: i === 0,
      use: i < 2 ? 'always' : 'surplus',
      target: i > 4 ? { runMin: 120, deadline: '18:00' } : null,
    })),
    control: {
      peak: { contractW: 8000 },
      price: { enabled: true, lowPricePerKwh: 0.1, highPricePerKwh: 0.4 },
    },
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return coreSettings('bench', checked.settings);
}

/** Sun, clouds, a kettle and a state of charge, from the cycle's number alone. */
function snapshotAt(
  settings: Settings,
  nowMs: number,
  i: number,
  loads: readonly { on: boolean }[],
): Snapshot {
  const noise = ((i * 2654435761) >>> 8) % 1000;
  const pvW = Math.max(0, 9000 * Math.sin((i % 43_200) / 13_751) - (noise > 900 ? 4000 : 0));
  const baseW = 400 + (i % 700 < 60 ? 3500 : 0) + noise;
  let managedW = 0;
  for (let k = 0; k < loads.length; k++) if (loads[k]?.on) managedW += settings.loads[k]?.nominalPowerW ?? 0;
  const batteryW = Math.max(-4000, Math.min(4000, baseW + managedW - pvW));
  const gridW = baseW + managedW - pvW - batteryW;
  return {
    time: {
      wallMs: nowMs,
      trusted: true,
      offsetMs: 7_200_000,
      nextOffsetMs: 3_600_000,
      offsetChangesAtMs: 1.8e12,
    },
    grid: {
      powerW: good(gridW, nowMs),
      frequencyHz: good(50, nowMs),
      state: 'present',
      phases: [0, 1, 2].map((p) => ({
        powerW: good(gridW / 3, nowMs),
        currentA: good(Math.abs(gridW) / 690 + p, nowMs),
        voltageV: good(230, nowMs),
      })),
    },
    pv: { powerW: good(pvW, nowMs), availableW: ABSENT },
    batteries: [0, 1].map((k) => ({
      online: true,
      powerW: good(batteryW / 2, nowMs),
      socPct: good(50 + 40 * Math.sin(i / 9000 + k), nowMs),
    })),
    loads: loads.map((load, k) => ({
      online: true,
      reportedOn: load.on,
      switches: null,
      powerW: good(load.on ? (settings.loads[k]?.nominalPowerW ?? 0) : 0, nowMs),
      contact: 'sound',
      override: null,
    })),
    prices: [],
    operator: NO_OPERATOR,
    orders: [],
  };
}
