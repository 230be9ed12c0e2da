/** The scenarios by name. Each call begins anew: nothing is shared between two runs. */
import path from 'node:path';
import { readHome } from '../../src/home/home-file.ts';
import { Random } from '../../src/loop/campaign/random.ts';
import type { Witness } from '../../src/loop/campaign/witness.ts';
import { directReader } from '../../src/loop/readings.ts';
import { Profile } from '../../src/profile/profile.ts';
import { DAY_MS, HOMES_DIR, HOUR_MS, LONG, type Scenario, siteOf } from './scenario.ts';

const MONDAY_MS = Date.parse('2026-03-08T23:00:00Z');
/** Local midnight of New Year in Berlin. */
const NEW_YEAR_MS = Date.parse('2025-12-31T23:00:00Z');
const defaultHome = () => readHome(path.join(HOMES_DIR, 'default.yaml'));

export const SCENARIOS = {
  noise: noisyDay,
  outages: rollingOutages,
  week: () => week(),
  'measured week': measuredWeek,
  year,
} as const satisfies Record<string, () => Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;

/** Every number the box steers by lies at a threshold and jumps around it each second; by turns, by the hour. */
function noisyDay(): Scenario {
  const random = new Random(7);
  const gridW = [9000, 8100, 50, -2200, -2300];
  const socPct = [35, 40, 10, 8, 100];
  const turn = <T>(list: readonly T[], nowMs: number, hours: number) =>
    list[Math.floor(nowMs / (hours * HOUR_MS)) % list.length] ?? list[0];
  return {
    options: {
      home: defaultHome(),
      site: siteOf('default'),
      startMs: MONDAY_MS,
      replayEvery: 997,
      reader: (home, told) => {
        const direct = directReader(home);
        return {
          ...direct,
          meter(read) {
            const readings = direct.meter(read);
            if (!readings) return null;
            told.meterWhole = true;
            // What is told is not what flows: the oracle's own means would be of another home.
            told.meterLive = false;
            const powerW = (turn(gridW, home.state.nowMs, 1) ?? 0) + random.between(-300, 300);
            const amps = Math.abs(powerW) / 690;
            // One hour in five the first phase lies at what a fuse carries.
            const first = powerW < -2000 ? 25 * (1.13 + random.between(-0.03, 0.03)) : amps;
            return {
              ...readings,
              powerW,
              phase1PowerW: first * 230,
              phase2PowerW: powerW / 3,
              phase3PowerW: powerW / 3,
              phase1CurrentA: first,
              phase2CurrentA: amps,
              phase3CurrentA: amps,
            };
          },
          inverter(n, read) {
            const readings = direct.inverter(n, read);
            if (!readings) return null;
            const { nowMs } = home.state;
            const noisy = (turn(socPct, nowMs, 2) ?? 50) + random.between(-0.4, 0.4);
            told.socPct = Math.min(100, noisy);
            told.socAtMs = nowMs;
            told.gridLost = false;
            told.gridAtMs = nowMs;
            return { ...readings, socPct: told.socPct };
          },
        };
      },
    },
    lengthMs: DAY_MS,
  };
}

/** Half an hour without a grid in every hour and a half; the pool heater is what matters. */
function rollingOutages(): Scenario {
  let outages = 0;
  let lastStartMs = 0;
  let together = 0;
  let servedCycles = 0;
  let darkCycles = 0;
  return {
    options: {
      home: defaultHome(),
      site: siteOf('default', ({ loads }) => ({
        loads: loads.map((load) => ({ ...load, essential: load.id === 'pool-heater', use: 'always' })),
      })),
      startMs: MONDAY_MS,
      replayEvery: 997,
    },
    lengthMs: DAY_MS,
    act({ loop }) {
      const on = Math.floor((loop.nowMs - MONDAY_MS) / 60_000) % 90 < 60;
      if (loop.running.state.gridOn === on) return;
      if (!on) outages += 1;
      loop.running.setGrid(on);
    },
    see({ nowMs, decision }, { loop }) {
      if (!loop.running.state.gridOn) {
        if (loop.running.flows.supplied && loop.running.isClosed('pool-heater')) servedCycles += 1;
        else darkCycles += 1;
      }
      const starts = decision?.loads.filter((load) => load.changed && load.on) ?? [];
      if (starts.length === 0 || nowMs - MONDAY_MS < HOUR_MS) return;
      if (starts.length > 1 || nowMs - lastStartMs < 9_000) together += 1;
      lastStartMs = nowMs;
    },
    facts: () => ({ outages, together, servedCycles, darkCycles }),
  };
}

/** A week in which people cook and heat at once every evening. */
function week(measured?: Profile): Scenario {
  const startMs = measured ? measured.span.firstDayMs + 150 * DAY_MS : MONDAY_MS;
  let importWh = 0;
  return {
    options: {
      home: defaultHome(),
      site: siteOf('default'),
      startMs,
      cycleMs: LONG ? 1000 : 5000,
      replayEvery: 997,
      ...(measured ? { measured } : {}),
    },
    lengthMs: 7 * DAY_MS,
    act({ loop }: Witness) {
      const minute = Math.floor((loop.nowMs - startMs) / 60_000) % 1440;
      const on = minute >= 1110 && minute < 1150;
      loop.running.changeLoad('oven', { on });
      loop.running.changeLoad('space-heater', { on });
    },
    see({ decision }) {
      importWh += decision?.closedSlot?.used.gridImportWh ?? 0;
    },
    facts: ({ loop }) => ({ importWh, trueImportWh: loop.running.state.totals.gridInJ / 3600 }),
  };
}

function measuredWeek(): Scenario {
  const { WATTWARD_DATA = '' } = process.env;
  return week(Profile.open(path.join(WATTWARD_DATA, 'home-fr-30min-2024-2025.csv'), 'Europe/Berlin'));
}

/** Both changes of the clock: 23 hours on 29 March, 25 on 25 October. */
function year(): Scenario {
  const slots = new Map<string, number>();
  const startMs = new Set<number>();
  let twice = 0;
  let importWh = 0;
  return {
    options: {
      home: defaultHome(),
      site: siteOf('default'),
      startMs: NEW_YEAR_MS,
      cycleMs: LONG ? 1000 : 60_000,
      replayEvery: 997,
    },
    lengthMs: 365 * DAY_MS,
    see({ decision }) {
      const slot = decision?.closedSlot;
      if (!slot) return;
      if (startMs.has(slot.startMs)) twice += 1;
      startMs.add(slot.startMs);
      importWh += slot.used.gridImportWh;
      const day = new Date(slot.startMs + slot.offsetMs).toISOString().slice(0, 10);
      slots.set(day, (slots.get(day) ?? 0) + 1);
    },
    facts: ({ loop }) => ({
      slots: startMs.size,
      twice,
      march29: slots.get('2026-03-29') ?? 0,
      october25: slots.get('2026-10-25') ?? 0,
      july1: slots.get('2026-07-01') ?? 0,
      importWh,
      trueImportWh: loop.running.state.totals.gridInJ / 3600,
    }),
  };
}
