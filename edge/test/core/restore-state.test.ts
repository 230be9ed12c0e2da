import { expect, test } from '@jest/globals';
import { decide } from '../../src/core/decide.ts';
import { effectiveSettings, nextSetpointChangeMs } from '../../src/core/effective-settings.ts';
import { alignState, rebaseState, restoreState } from '../../src/core/restore-state.ts';
import { initialState } from '../../src/core/state.ts';
import { home, Run } from './home.ts';

const LOADS = [
  { id: 'water', use: 'always', priority: 1 },
  { id: 'pool', use: 'always', priority: 2 },
] as const;

function running(): Run {
  const run = new Run(home({ loads: LOADS, batteries: [{}] }));
  run.run(200, { gridW: 300 });
  return run;
}

test('hysteresis, sheds, histories and timers are as before after a restart', () => {
  const run = running();
  run.run(5, { gridW: 300, socPct: 45 });
  run.until((o) => !o.decision.loads[1]?.on, { gridW: 7000, socPct: 37 });
  const restored = restoreState(JSON.parse(JSON.stringify(run.state)), run.settings);
  expect(restored.loads).toEqual(run.state.loads);
  expect(restored.batteries).toEqual(run.state.batteries);
  expect(restored.peak.active).toBe(true);
  expect(restored.loads[1]?.shed?.code).toBe('peak-shed');
  expect(restored.ledger).toEqual(run.state.ledger);
  run.state = restored;
  run.run(60, { gridW: 5000, socPct: 37 });
  expect(run.load('pool')).toMatchObject({ on: false, reason: { code: 'peak-shed' } });
  expect(run.last?.decision.batteries[0]?.dischargeAllowed).toBe(true);
});

test('a load added, removed or moved changes no other relay', () => {
  const run = running();
  expect(run.last?.decision.loads.map((load) => load.on)).toEqual([true, true]);
  run.settings = home({
    loads: [{ id: 'new', use: 'manual', priority: 3 }, LOADS[1], LOADS[0]],
    batteries: [{}, {}],
  });
  run.state = restoreState(JSON.parse(JSON.stringify(run.state)), run.settings);
  const { decision } = run.step({ gridW: 300 });
  expect(decision.loads.map((load) => [load.id, load.on, load.changed])).toEqual([
    ['new', false, false],
    ['pool', true, false],
    ['water', true, false],
  ]);
});

test.each([null, 7, 'text', [], {}, { v: 99 }, { v: 1, loads: 5, batteries: [null, 7] }])(
  'what cannot be read begins anew: %j',
  (json) => {
    const settings = home({ loads: LOADS });
    const fresh = initialState(settings);
    expect(restoreState(json, settings).loads).toEqual(fresh.loads);
  },
);

test('members of the wrong type fall back to their fresh value', () => {
  const settings = home({ loads: LOADS });
  const saved = {
    ...initialState(settings),
    cycle: 'many',
    peak: 5,
    loads: [{ id: 'pool', on: 'yes', switchesMs: 3 }],
  };
  const restored = restoreState(saved, settings);
  expect(restored.cycle).toBe(0);
  expect(restored.peak.active).toBe(false);
  expect(restored.loads[1]).toMatchObject({ id: 'pool', on: false, switchesMs: [] });
});

test('another number of phases begins their means anew', () => {
  const run = running();
  expect(alignState(run.state, home({ loads: LOADS, grid: { phases: 1 } })).fuse).toHaveLength(1);
});

test('a clock set back over a restart ends no timer early', () => {
  const run = running();
  run.until((o) => !o.decision.loads[1]?.on, { gridW: 7000 });
  const shedAtMs = run.state.loads[1]?.shed?.atMs ?? 0;
  const agedMs = run.nowMs - shedAtMs;
  run.nowMs -= 3 * 365 * 86_400_000;
  run.run(200, { gridW: 300 });
  expect(run.load('pool').on).toBe(false);
  run.run(110 - agedMs / 1000, { gridW: 300 });
  expect(run.load('pool').on).toBe(true);
});

test('moving the time keeps what never happened at never', () => {
  const state = initialState(home({ loads: LOADS }));
  const moved = rebaseState({ ...state, atMs: 1000, lastOnMs: 500 }, 400);
  expect(moved).toMatchObject({ atMs: 400, lastOnMs: -100, startedAtMs: 0 });
});

test('a state of other actuators is a programmer`s error', () => {
  const run = running();
  const settings = home({});
  expect(() => decide(run.state, run.snapshot({}), settings, null, run.nowMs)).toThrow(RangeError);
});

test('set-points fold by kind, the latest sequence number counts, and none widens an installed limit', () => {
  const settings = home({ batteries: [{}], grid: { exportLimitW: 3000 } });
  const base = { id: 's', fromMs: 10, untilMs: 20 };
  const fold = effectiveSettings(
    settings,
    [
      { ...base, seq: 2, kind: 'peak-threshold', watts: 8000 },
      { ...base, seq: 1, kind: 'peak-threshold', watts: 6000 },
      { ...base, seq: 3, kind: 'hysteresis-bounds', onPct: 50, offPct: 60 },
      { ...base, seq: 4, kind: 'import-limit', watts: 5000 },
      { ...base, seq: 5, kind: 'export-limit', watts: 9000 },
      { ...base, seq: 6, kind: 'battery-reserve', pct: 30, untilMs: 12 },
    ],
    12,
  );
  expect(fold.peak.thresholdW).toBe(8000);
  expect(fold.batteries[0]).toMatchObject({ dischargeOnPct: 60, dischargeOffPct: 60, reservePct: 10 });
  expect(fold.grid).toMatchObject({ importLimitW: 5000, exportLimitW: 3000 });
});

test('the next change of the set-points is known', () => {
  const setpoint = { id: 's', seq: 1, kind: 'peak-threshold', watts: 1, fromMs: 10, untilMs: 20 } as const;
  expect(nextSetpointChangeMs([setpoint, { ...setpoint, untilMs: 15 }], 10)).toBe(15);
  expect(nextSetpointChangeMs([setpoint], 5)).toBe(10);
  expect(nextSetpointChangeMs([setpoint], 20)).toBeNull();
});
