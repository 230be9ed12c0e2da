import { expect, test } from '@jest/globals';
import { NO_OPERATOR } from '../../../src/core/snapshot.ts';
import { home, Run, type World } from '../home.ts';
import { play } from '../table.ts';

const LOADS = [
  { id: 'freezer', use: 'always', essential: true, priority: 1, nominalPowerW: 500 },
  { id: 'water', use: 'always', priority: 2 },
  { id: 'pool', use: 'always', priority: 3 },
] as const;

const dimmed = (importLimitW: number | null, exportLimitW: number | null = null): World => ({
  operator: { ...NO_OPERATOR, importLimitW, exportLimitW },
});

function running(extra: Parameters<typeof home>[0] = {}): Run {
  const run = new Run(home({ loads: LOADS, ...extra }));
  run.run(300, { gridW: 300, operator: heard(run) });
  return run;
}

const heard = (run: Run) => ({ ...NO_OPERATOR, heartbeatAtMs: run.nowMs + 600_000 });

test('an order of 4.2 kW sheds until the mean fits, and frees everything when it ends', () => {
  const run = running();
  play(run, [
    {
      when: 'dimmed: 4.8 kW are drawn',
      for: 10,
      in: { gridW: 300, ...dimmed(4200) },
      gives: {
        home: 'limited',
        on: { freezer: true, water: true, pool: false },
        why: { pool: 'limit-shed' },
      },
    },
    { when: 'it stays', for: 600, in: { gridW: 300, ...dimmed(4200) }, gives: { on: { pool: false } } },
    { when: 'the order ends', for: 61, in: { gridW: 300 }, gives: { home: 'normal', on: { pool: true } } },
  ]);
});

test('exactly at the limit nothing goes', () => {
  const run = running();
  play(run, [
    { when: '4.8 kW of 4.8', for: 60, in: { gridW: 300, ...dimmed(4800) }, gives: { on: { pool: true } } },
  ]);
});

test('under a lasting limit loads come back below 90 % of it', () => {
  const run = running();
  run.until((o) => !o.decision.loads[2]?.on, { gridW: 300, ...dimmed(4200) });
  const seconds = run.until((o) => o.decision.loads[2]?.on === true, { gridW: -1500, ...dimmed(4200) });
  expect(seconds).toBeGreaterThanOrEqual(297);
});

test('an installed import limit acts without any operator, and new loads respect it', () => {
  const run = new Run(home({ loads: LOADS, grid: { importLimitW: 3000 } }));
  play(run, [
    {
      when: 'only one fits',
      for: 300,
      in: { gridW: 0 },
      gives: { on: { freezer: true, water: true, pool: false }, why: { pool: 'limit-full' } },
    },
  ]);
});

test('while one waits, nothing less important takes its room', () => {
  const run = new Run(
    home({ loads: [LOADS[1], { ...LOADS[2], nominalPowerW: 500 }], grid: { importLimitW: 4000 } }),
  );
  run.run(300, { gridW: 0 });
  run.until((o) => o.decision.loads.every((load) => !load.on), { gridW: 6000 });
  run.run(100, { gridW: 2500 });
  expect(run.last?.decision.loads.map((load) => load.on)).toEqual([false, false]);
});

test('the battery supplies and charging from the grid gives way', () => {
  const run = running({ batteries: [{}] });
  play(run, [
    {
      when: 'over the limit',
      for: 10,
      in: { gridW: 300, socPct: 80, ...dimmed(4200) },
      gives: { battery: 'self-consume', batteryWhy: 'limit-reduce' },
    },
  ]);
});

test('a lost heartbeat means fail-safe values for two hours', () => {
  const run = running({ control: { operator: { expected: true } }, grid: { exportLimitW: 6000 } });
  const beatMs = run.nowMs;
  const silent: World = { gridW: 300, operator: { ...NO_OPERATOR, heartbeatAtMs: beatMs } };
  play(run, [
    { when: '119 s', for: 119, in: silent, gives: { home: 'normal', exportW: 6000, on: { pool: true } } },
    { when: '120 s', for: 1, in: silent, gives: { home: 'limited', exportW: 0, alarms: ['alarm-operator'] } },
    { when: 'it sheds to 4.2 kW', for: 15, in: silent, gives: { on: { pool: false } } },
    { when: 'two hours on', for: 7200 - 15, in: silent, gives: { home: 'normal', exportW: 6000 } },
  ]);
  const beating = { gridW: 300, operator: { ...NO_OPERATOR, heartbeatAtMs: run.nowMs + 60_000 } };
  play(run, [{ when: 'heard again', for: 1, in: beating, gives: { alarms: [] } }]);
});

test('an operator never heard counts from the start of the box', () => {
  const run = new Run(home({ control: { operator: { expected: true } } }));
  play(run, [
    { when: 'it may still come', for: 120, in: {}, gives: { home: 'normal' } },
    { when: 'it did not', for: 1, in: {}, gives: { home: 'limited' } },
  ]);
});

test('the export limit is the least of installed and ordered', () => {
  const run = running({ grid: { exportLimitW: 5000 } });
  play(run, [
    { when: 'installed', for: 1, in: {}, gives: { exportW: 5000 } },
    { when: 'ordered lower', for: 1, in: dimmed(null, 1000), gives: { exportW: 1000 } },
    { when: 'ordered higher', for: 1, in: dimmed(null, 9000), gives: { exportW: 5000 } },
  ]);
  expect(run.last?.decision.exportLimit).toMatchObject({ changed: true, reason: { code: 'export-limit' } });
  expect(new Run(home()).step({}).decision.exportLimit.reason.code).toBe('export-free');
});

test('with the demand unknown nothing new starts under a limit, and nothing is shed', () => {
  const run = running();
  play(run, [
    {
      when: 'unknown',
      for: 9,
      in: { gridW: 'stale', ...dimmed(4200) },
      gives: { on: { pool: true, water: true } },
    },
  ]);
  const fresh = new Run(home({ loads: LOADS }));
  expect(fresh.step({ gridW: 'stale', ...dimmed(4200) }).decision.loads[1]?.on).toBe(false);
});

test('in an outage the limit sheds nothing more', () => {
  const run = running();
  play(run, [
    {
      when: 'lost',
      for: 20,
      in: { gridState: 'lost', ...dimmed(100) },
      gives: { home: 'outage', on: { freezer: true } },
    },
  ]);
});

test('chargers are lowered before loads go', () => {
  const ev = {
    id: 'ev',
    kind: 'ev',
    use: 'always',
    nominalPowerW: 3680,
    priority: 9,
    current: { maxA: 16 },
  } as const;
  const run = new Run(home({ loads: [ev] }));
  const draws = (): World['loads'] => ({ ev: { drawsW: (run.state.loads[0]?.currentA ?? 0) * 230 } });
  for (let i = 0; i < 700; i++) run.step({ gridW: 300, loads: draws() });
  for (let i = 0; i < 20; i++) run.step({ gridW: 300, loads: draws(), ...dimmed(3000) });
  expect(run.load('ev').on).toBe(true);
  expect(run.load('ev').currentLimitA).toBeLessThanOrEqual(12);
});
