import { expect, test } from '@jest/globals';
import { openCycle } from '../../../src/core/cycle.ts';
import { phaseCurrentA } from '../../../src/core/rules/fuse.ts';
import type { PhaseReading } from '../../../src/core/snapshot.ts';
import { home, Run, signal, type World } from '../home.ts';
import { play } from '../table.ts';

const LOADS = [
  { id: 'light', use: 'always', phase: 'L1', priority: 1, nominalPowerW: 1150, essential: true },
  { id: 'water', use: 'always', phase: 'L1', priority: 2, nominalPowerW: 2300 },
  { id: 'pool', use: 'always', phase: 'L1', priority: 3, nominalPowerW: 2300 },
  { id: 'other', use: 'always', phase: 'L2', priority: 4, nominalPowerW: 2300 },
] as const;

/** 25 A on three phases; currents are what the meter says, loads add nothing to them. */
function running(extra: Parameters<typeof home>[0] = {}): Run {
  const run = new Run(
    home({ loads: LOADS, grid: { fuseA: 25 }, control: { peak: { thresholdW: 50_000 } }, ...extra }),
  );
  run.run(400, amps(0));
  return run;
}

const amps = (l1: number, more: World = {}): World => ({ gridW: 300, phaseA: [l1, 0, 0], ...more });

test('above 1.45 times the fuse the smallest sufficient set on that phase goes at once', () => {
  const run = running();
  play(run, [
    {
      when: '36.3 A on L1: 11.3 A too much',
      for: 1,
      in: amps(36.3),
      gives: {
        home: 'limited',
        on: { light: true, water: false, pool: false, other: true },
        why: { pool: 'fuse-shed', water: 'fuse-shed' },
      },
    },
  ]);
  expect(run.load('pool')).toMatchObject({
    urgent: true,
    reason: { params: { phase: 1, measured: 36.3, limit: 25 } },
  });
});

test('exactly 1.45 times is the medium band: shed after five seconds', () => {
  const run = running();
  play(run, [
    { when: '36.25 A', for: 5, in: amps(36.25), gives: { on: { pool: true } } },
    { when: 'one second more', for: 1, in: amps(36.25), gives: { on: { pool: false } } },
  ]);
});

test('the medium band is left and its time begins anew', () => {
  const run = running();
  play(run, [
    { when: '29 A', for: 5, in: amps(29), gives: { on: { pool: true } } },
    { when: 'a breath', for: 1, in: amps(28.2), gives: { on: { pool: true } } },
    { when: '29 A again', for: 5, in: amps(29), gives: { on: { pool: true } } },
  ]);
});

test('the slow band acts on the mean over 30 s', () => {
  const run = running();
  run.run(60, amps(20));
  const seconds = run.until((o) => !o.decision.loads[2]?.on, amps(26), 60);
  expect(seconds).toBeGreaterThan(20);
  expect(seconds).toBeLessThanOrEqual(30);
});

test('at the fuse`s rated current nothing happens for ever', () => {
  const run = running();
  play(run, [
    { when: '25 A for ten minutes', for: 600, in: amps(25), gives: { home: 'normal', on: { pool: true } } },
  ]);
});

test('essential loads go last, and an overload that is left is an alarm', () => {
  const run = running();
  play(run, [
    {
      when: '60 A',
      for: 1,
      in: amps(60),
      gives: { on: { light: false, water: false, pool: false, other: true }, alarms: ['alarm-overload'] },
    },
  ]);
});

test('a started program gives way to the fuse', () => {
  const run = new Run(
    home({ loads: [{ id: 'washer', kind: 'program', use: 'always', phase: 'L1' }], grid: { fuseA: 25 } }),
  );
  run.run(700, amps(0));
  expect(run.load('washer').on).toBe(true);
  run.step(amps(40));
  expect(run.load('washer')).toMatchObject({ on: false, reason: { code: 'fuse-shed' } });
});

test('feeding in through the same fuse sheds nothing', () => {
  const run = running();
  const feeding: World = { ...amps(0), loads: {} };
  for (let i = 0; i < 60; i++) {
    const snapshot = run.snapshot({ ...feeding, gridW: -9000, phaseA: [] });
    expect(snapshot.grid.phases[0]?.currentA.quality).toBe('absent');
    run.step({ gridW: -9000, responsive: false });
  }
  expect(run.last?.decision.homeMode).toBe('normal');
});

test('without currents the power of the phase is taken, without phases a third of the whole', () => {
  const run = running();
  run.step({ gridW: 3 * 37 * 230, responsive: false });
  expect(run.load('pool').reason.code).toBe('fuse-shed');
});

test('loads come back one by one when the phase has had room for two minutes', () => {
  const run = running();
  run.step(amps(40));
  const roomy = amps(5);
  const firstS = run.until((o) => o.decision.loads[1]?.on === true, roomy);
  expect(firstS).toBeGreaterThanOrEqual(299);
  const secondS = run.until((o) => o.decision.loads[2]?.on === true, roomy);
  expect(secondS).toBeGreaterThanOrEqual(119);
});

test.each([
  { amps: 12.7, back: true },
  { amps: 12.8, back: false },
])('room is 1.1 times the load and 5 % of the fuse: $amps A -> $back', ({ amps: l1, back }) => {
  const run = new Run(home({ loads: [LOADS[2]], grid: { fuseA: 25 } }));
  run.run(100, amps(0));
  run.step(amps(40));
  expect(run.load('pool').on).toBe(false);
  run.run(600, amps(l1));
  expect(run.load('pool').on).toBe(back);
});

test('nothing is switched on that would overload its phase, and unknown phases have no room', () => {
  const run = new Run(home({ loads: [LOADS[2]], grid: { fuseA: 25 } }));
  play(run, [
    { when: '16 A', for: 100, in: amps(16), gives: { on: { pool: false }, why: { pool: 'fuse-full' } } },
    {
      when: 'nothing known',
      for: 5,
      in: amps(0, { gridW: 'stale', phaseA: ['stale', 0, 0] }),
      gives: { on: { pool: false } },
    },
    { when: '15 A', for: 100, in: amps(15), gives: { on: { pool: true } } },
  ]);
});

test('two loads do not start into the same room before the meter shows the first', () => {
  const run = new Run(home({ loads: [LOADS[1], LOADS[2]], grid: { fuseA: 25 } }));
  run.run(100, amps(14));
  const on = run.last?.decision.loads.filter((load) => load.on).length;
  run.run(10, amps(14));
  expect(on).toBeGreaterThanOrEqual(1);
});

test('a battery that charges gives way first', () => {
  const run = running({ batteries: [{}, {}] });
  play(run, [
    {
      when: '30 A, 4 kW of them by charging',
      for: 7,
      in: amps(30, { batteryW: -2000, socPct: 50 }),
      gives: { home: 'limited', on: { pool: true } },
    },
  ]);
  const limits = run.last?.decision.batteries.map((battery) => battery.chargeLimitW);
  expect(limits).toEqual([275, 275]);
});

test('a battery charged from the grid stays clear of the fuse without anything being shed', () => {
  const cheap = { price: { enabled: true, lowPricePerKwh: 0.2 } };
  const run = running({ batteries: [{}], control: { ...cheap, peak: { thresholdW: 50_000 } } });
  const slot = (hour: number, price: number) => ({
    startMs: run.nowMs + (hour - 1) * 3_600_000,
    endMs: run.nowMs + hour * 3_600_000,
    importPricePerKwh: price,
    exportPricePerKwh: 0.05,
  });
  const prices = [slot(1, 0.1), slot(2, 0.5)];
  const outcome = run.run(5, amps(20, { prices, batteryW: -3000 }));
  expect(outcome.decision.batteries[0]).toMatchObject({ mode: 'charge-grid', chargeLimitW: 5000 });
  const tight = run.run(5, amps(23, { prices, batteryW: -1000 }));
  expect(tight.decision.batteries[0]).toMatchObject({ mode: 'charge-grid', chargeLimitW: 1518 });
  const full = run.run(5, amps(24.9, { prices, batteryW: 0 }));
  expect(full.decision.batteries[0]).toMatchObject({ mode: 'hold', reason: { code: 'fuse-charge' } });
  const unknown = run.step({ gridW: 'stale', phaseA: ['stale', 'stale', 'stale'], prices });
  expect(unknown.decision.batteries[0]?.mode).toBe('hold');
});

test('chargers with current control are lowered before loads go, and shed when that is not enough', () => {
  const ev = {
    id: 'ev',
    kind: 'ev',
    use: 'always',
    phase: 'L1',
    nominalPowerW: 3680,
    current: { minA: 6, maxA: 16 },
  } as const;
  const run = new Run(home({ loads: [LOADS[1], { ...ev, priority: 9 }], grid: { fuseA: 25 } }));
  const draws = (): World['loads'] => ({ ev: { drawsW: (run.state.loads[1]?.currentA ?? 0) * 230 } });
  for (let i = 0; i < 800; i++) run.step({ ...amps(0), loads: draws() });
  expect(run.load('ev').currentLimitA).toBe(16);
  run.run(6, { ...amps(31), loads: { ev: { drawsW: 3680 } } });
  expect(run.load('ev')).toMatchObject({ on: true, currentLimitA: 10 });
  run.step({ ...amps(37), loads: { ev: { drawsW: 2300 } } });
  expect(run.load('ev')).toMatchObject({ on: false, currentLimitA: 0 });
  expect(run.load('water').on).toBe(true);
});

test('in an outage the fuse rule only holds what it had shed', () => {
  const run = running();
  run.step(amps(31, { loads: {} }));
  run.run(6, amps(31));
  expect(run.state.loads[2]?.shed?.rule).toBe('fuse');
  run.step({ gridState: 'lost' });
  expect(run.load('pool').on).toBe(false);
});

test.each([
  { what: 'the current itself', phase: [undefined, 12, undefined], gridW: 0, amperes: 12 },
  { what: 'drawn', phase: [2000, 12, 230], gridW: 0, amperes: 12 },
  { what: 'fed in: the direction is that of the power', phase: [-2000, 12, 230], gridW: 0, amperes: -12 },
  { what: 'from power and voltage', phase: [2200, 'stale', 220], gridW: 0, amperes: 10 },
  { what: 'from power and nominal voltage', phase: [2300, 'fault', 'fault'], gridW: 0, amperes: 10 },
  { what: 'from its share of the sum', phase: ['absent', 'absent', 230], gridW: 6900, amperes: 10 },
  { what: 'unknown', phase: ['stale', 'stale', 'stale'], gridW: 'stale', amperes: null },
] as const)('the current of a phase: $what', ({ phase: [powerW, currentA, voltageV], gridW, amperes }) => {
  const run = new Run(home({ grid: { fuseA: 25 } }));
  const reading: PhaseReading = {
    powerW: signal(powerW ?? 'absent', 1),
    currentA: signal(currentA, 1),
    voltageV: signal(voltageV ?? 'absent', 1),
  };
  const whole = run.snapshot({ gridW });
  const snapshot = { ...whole, grid: { ...whole.grid, phases: [reading, reading, reading] } };
  const { state, settings, nowMs } = run;
  const cycle = openCycle(state, { snapshot, settings, plan: null, nowMs, trace: null });
  expect(phaseCurrentA(cycle, 0)).toBe(amperes);
});
