import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decide, decideTraced } from '../../src/core/decide.ts';
import { effectiveSettings } from '../../src/core/effective-settings.ts';
import type { Trace } from '../../src/core/managed.ts';
import { RULES } from '../../src/core/rules/order.ts';
import { initialState, type State } from '../../src/core/state.ts';
import { home, Run, START_MS, type World } from './home.ts';

const SETTINGS = home({
  grid: { fuseA: 25 },
  batteries: [{ rampWPerS: 2000 }, { capability: 'setpoint', capacityWh: 5000 }],
  loads: [
    { id: 'freezer', use: 'always', essential: true, priority: 1, nominalPowerW: 300 },
    { id: 'water', use: 'surplus', priority: 2, phase: 'L2', interlock: 1 },
    { id: 'pump', use: 'always', priority: 3, kind: 'compressor', phase: 'all', interlock: 1 },
    { id: 'pool', priority: 4, phase: 'L3', target: { runMin: 300, deadline: '23:00' } },
    { id: 'ev', kind: 'ev', use: 'always', priority: 5, nominalPowerW: 3680, current: {} },
  ],
});

const reading = (min: number, max: number) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.double({ min, max, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom('stale' as const, 'fault' as const, 'absent' as const) },
  );

const world: fc.Arbitrary<World> = fc.record({
  gridW: reading(-12_000, 20_000),
  pvW: reading(0, 10_000),
  socPct: fc.tuple(reading(0, 100), reading(0, 100)),
  batteryW: fc.tuple(reading(-5000, 5000), reading(-5000, 5000)),
  gridState: fc.constantFrom('present', 'present', 'present', 'unknown', 'lost'),
  operator: fc.record({
    importLimitW: fc.constantFrom(null, null, 4200, 0),
    exportLimitW: fc.constantFrom(null, 0, 3000),
    heartbeatAtMs: fc.constant(null),
  }),
  clockTrusted: fc.boolean(),
  loads: fc.record({
    water: fc.record({
      override: fc.constantFrom(null, { on: true, source: 'portal' as const, untilMs: START_MS + 1e9 }),
      reportedOn: fc.constantFrom(null, true, false),
      switches: fc.constantFrom(null, 0, 3, 9, 1000),
      online: fc.boolean(),
    }),
  }),
});

const PROTECTIVE: ReadonlySet<string> = new Set(['trust', 'outage', 'fuse', 'operator-limit', 'peak-watch']);

/** Worlds that last a while each: cycle by cycle noise alone would never get past a minimum time. */
const history = fc.array(fc.tuple(world, fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 15 });

interface Step {
  readonly run: Run;
  readonly before: State;
}

/** Runs a history and looks at every cycle. */
function eachCycle(worlds: readonly (readonly [World, number])[], look: (step: Step) => void): void {
  const run = new Run(SETTINGS);
  for (const [at, cycles] of worlds) {
    for (let i = 0; i < cycles; i++) {
      const before = run.state;
      run.step(at);
      look({ run, before });
    }
  }
}

const RUNS = { numRuns: 10 };

/** `expect` costs more than a decision: in every cycle of every history a plain comparison does. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const near = (a: number, b: number) => Math.abs(a - b) < 1e-6;

test('the flows tie out with the balance in every cycle', async () => {
  await fc.assert(
    fc.property(history, (worlds) => {
      eachCycle(worlds, ({ run }) => {
        const { allocation: flows, balance } = run.last?.decision ?? {};
        if (!flows || !balance) return;
        const gridW = balance.gridPowerW ?? 0;
        const batteryW = balance.batteryPowerW ?? 0;
        must(near(flows.gridToLoadW + flows.gridToBatteryW, Math.max(0, gridW)), 'import');
        must(near(flows.solarToGridW + flows.batteryToGridW, Math.max(0, -gridW)), 'export');
        must(near(flows.batteryToLoadW + flows.batteryToGridW, Math.max(0, batteryW)), 'discharge');
        must(near(flows.solarToBatteryW + flows.gridToBatteryW, Math.max(0, -batteryW)), 'charge');
        for (const watts of Object.values(flows)) must(watts >= -1e-6, 'a flow runs backwards');
      });
    }),
    RUNS,
  );
});

test('no relay moves beyond its minimum off-time, budget or interlock, whatever comes in', async () => {
  await fc.assert(
    fc.property(history, (worlds) => {
      const offAtMs = new Map<string, number>();
      const starts = new Map<string, number[]>();
      eachCycle(worlds, ({ run, before }) => {
        const loads = run.last?.decision.loads ?? [];
        for (const [i, load] of loads.entries()) {
          const settings = SETTINGS.loads[i];
          const was = before.loads[i];
          if (!settings || !was || was.sinceMs === 0) continue;
          if (load.on && !was.on) {
            const offMs = run.nowMs - (offAtMs.get(load.id) ?? Number.NEGATIVE_INFINITY);
            must(offMs >= settings.minOffMs, `${load.id} was off for ${offMs} ms`);
            const list = [...(starts.get(load.id) ?? []), run.nowMs];
            starts.set(load.id, list);
            const lately = list.filter((atMs) => run.nowMs - atMs < 3_600_000).length;
            must(lately <= settings.maxSwitchesPerHour / 2, `${load.id} started ${lately} times in an hour`);
          }
          if (!load.on && was.on) {
            offAtMs.set(load.id, load.sinceMs ?? 0);
            const early = run.nowMs - was.sinceMs < settings.minOnMs;
            const fell = was.reportedOn === false || load.sinceMs !== run.nowMs;
            must(
              !early || fell || PROTECTIVE.has(load.reason.rule),
              `${load.id} cut for ${load.reason.code}`,
            );
          }
        }
        must(!(loads[1]?.on && loads[2]?.on), 'both of the interlock group are on');
      });
    }),
    RUNS,
  );
});

test('a battery is never told to go beyond its limits, below its latch or through its ramp', async () => {
  await fc.assert(
    fc.property(history, (worlds) => {
      eachCycle(worlds, ({ run, before }) => {
        for (const [i, command] of (run.last?.decision.batteries ?? []).entries()) {
          const settings = SETTINGS.batteries[i];
          if (!settings) continue;
          const { chargeLimitW, dischargeLimitW, setpointW } = command;
          must(chargeLimitW >= 0 && chargeLimitW <= settings.maxChargeW, `charge limit ${chargeLimitW}`);
          must(
            dischargeLimitW >= 0 && dischargeLimitW <= settings.maxDischargeW,
            `discharge ${dischargeLimitW}`,
          );
          const latched = run.state.outage.lost || command.dischargeAllowed;
          must(latched || dischargeLimitW === 0, 'discharge below the latch');
          const riseW = dischargeLimitW - (before.batteries[i]?.dischargeLimitW ?? 0);
          must(settings.rampWPerS === null || riseW <= settings.rampWPerS + 1e-6, `rise of ${riseW} W`);
          const inside =
            setpointW === null || (setpointW <= dischargeLimitW + 0.5 && setpointW >= -chargeLimitW - 0.5);
          must(inside, `set-point ${setpointW}`);
        }
      });
    }),
    RUNS,
  );
});

test('of the loads shed for a peak none that is on is less important', async () => {
  await fc.assert(
    fc.property(history, (worlds) => {
      eachCycle(worlds, ({ run, before }) => {
        const loads = run.last?.decision.loads ?? [];
        for (const [i, load] of loads.entries()) {
          if (load.on || before.loads[i]?.on !== true || load.reason.code !== 'peak-shed') continue;
          const priority = SETTINGS.loads[i]?.priority ?? 0;
          for (const [k, other] of loads.entries()) {
            must(!other.on || (SETTINGS.loads[k]?.priority ?? 0) < priority, `${other.id} is still on`);
          }
        }
      });
    }),
    RUNS,
  );
});

test('the same input gives the same bytes, the arguments are untouched, and the state survives JSON at every step', async () => {
  await fc.assert(
    fc.property(history, (worlds) => {
      eachCycle(worlds.slice(0, 6), ({ run, before }) => {
        const frozen = JSON.stringify(before);
        const snapshot = run.snapshot(worlds[0]?.[0] ?? {});
        const once = decide(before, snapshot, SETTINGS, null, run.nowMs);
        const again = decide(JSON.parse(frozen) as State, snapshot, SETTINGS, null, run.nowMs);
        must(JSON.stringify(again) === JSON.stringify(once), 'two answers to one question');
        must(JSON.stringify(before) === frozen, 'the state was changed');
        const json = JSON.stringify(once.state);
        must(JSON.stringify(JSON.parse(json)) === json, 'the state is no JSON');
      });
    }),
    { numRuns: 8 },
  );
});

test('bounded noise around a threshold gives bounded switching', async () => {
  await fc.assert(
    fc.property(
      fc.array(fc.double({ min: -400, max: 400, noNaN: true }), { minLength: 50, maxLength: 50 }),
      (noise) => {
        const run = new Run(home({ loads: [{ id: 'pool', nominalPowerW: 2100, use: 'always' }] }));
        let switches = 0;
        for (let i = 0; i < 7200; i++) {
          run.step({ gridW: 6900 + (noise[i % 50] ?? 0) });
          if (run.load('pool').changed) switches++;
        }
        expect(switches).toBeLessThanOrEqual(9);
      },
    ),
    { numRuns: 5 },
  );
});

test('no set-point, however absurd, leaves the installer`s bounds', async () => {
  const kinds = fc.constantFrom('peak-threshold', 'import-limit', 'export-limit') as fc.Arbitrary<
    'peak-threshold' | 'import-limit' | 'export-limit'
  >;
  await fc.assert(
    fc.property(kinds, fc.double({ noNaN: true }), fc.double({ noNaN: true }), (kind, watts, pct) => {
      const base = { id: 's', seq: 1, fromMs: 0, untilMs: 10 };
      const { peak, grid, batteries, bounds } = effectiveSettings(
        SETTINGS,
        [
          { ...base, kind, watts },
          { ...base, kind: 'battery-reserve', pct },
          { ...base, kind: 'hysteresis-bounds', onPct: pct, offPct: watts },
        ],
        5,
      );
      const within = (value: number | null | undefined, bound: { min: number; max: number }) => {
        if (value === null || value === undefined) return;
        expect(value).toBeGreaterThanOrEqual(bound.min);
        expect(value).toBeLessThanOrEqual(bound.max);
      };
      within(peak.thresholdW, bounds.peakThresholdW);
      within(grid.importLimitW, bounds.importLimitW);
      within(grid.exportLimitW, bounds.exportLimitW);
      within(batteries[0]?.reservePct, bounds.batteryReservePct);
      within(batteries[0]?.dischargeOffPct, bounds.dischargeOffPct);
      expect(batteries[0]?.dischargeOnPct).toBeGreaterThanOrEqual(batteries[0]?.dischargeOffPct ?? 0);
    }),
  );
});

test('a fresh state is plain JSON', () => {
  const state = initialState(SETTINGS);
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
});

test('the first rule that binds a load wins, and no later one gives back what it took', async () => {
  const order = RULES.map(({ name }) => name);
  await fc.assert(
    fc.property(history, (worlds) => {
      const run = new Run(SETTINGS);
      for (const [at, cycles] of worlds) {
        run.run(cycles, at);
        const trace: Trace = [];
        const nowMs = run.nowMs + 1000;
        const args = { snapshot: run.snapshot(at), settings: SETTINGS, plan: null, nowMs, trace };
        const { decision } = decideTraced(run.state, args);
        for (const load of decision.loads) {
          const own = trace.filter(({ actuator }) => actuator === `load:${load.id}`);
          const bindings = own.filter(({ effect }) => effect === 'forbid-on' || effect === 'forbid-off');
          const [first] = bindings;
          must(
            bindings.every(({ took }, i) => took === (i === 0)),
            `${load.id}: a later rule took something too`,
          );
          const ranks = own.map(({ rule }) => order.indexOf(rule));
          must(
            ranks.every((rank, i) => i === 0 || rank >= (ranks[i - 1] ?? 0)),
            `${load.id}: the rules spoke out of turn`,
          );
          must(!(first?.effect === 'forbid-on' && load.on), `${load.id}: "on" was given back`);
          must(!(first?.effect === 'forbid-off' && !load.on), `${load.id}: "off" was given back`);
        }
      }
    }),
    RUNS,
  );
});
