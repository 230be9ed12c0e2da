import { expect, test } from '@jest/globals';
import { home, Run, type World } from '../home.ts';
import { play } from '../table.ts';

const POOL = { id: 'pool', nominalPowerW: 2000, priority: 2 } as const;

/** Export before the load starts; what it draws is taken from it while it runs. */
const sun = (exportW: number, more: World = {}): World => ({ gridW: -exportW, pvW: exportW + 500, ...more });

function started(input: Parameters<typeof home>[0] = { loads: [POOL] }): Run {
  const run = new Run(home(input));
  run.run(100, { gridW: 300 });
  return run;
}

test.each([
  { exportW: 2199, on: false },
  { exportW: 2200, on: true },
])('starts at nominal + 200 W of surplus: $exportW W -> $on', ({ exportW, on }) => {
  const run = started();
  run.run(100, sun(exportW));
  expect(run.load('pool').on).toBe(on);
});

test('the surplus must have lasted 60 s: a gap in the clouds starts nothing', () => {
  const run = started();
  for (let i = 0; i < 10; i++) {
    run.run(50, sun(5000));
    run.run(15, sun(0));
  }
  expect(run.load('pool').on).toBe(false);
  const seconds = run.until((o) => o.decision.loads[0]?.on === true, sun(5000));
  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(run.load('pool').reason.code).toBe('surplus-on');
  run.step(sun(5000));
  expect(run.load('pool').reason.code).toBe('surplus-run');
});

test('ends when the home has imported more than 50 W for 60 s, not on one cloud', () => {
  const run = started();
  run.run(100, sun(3000));
  play(run, [
    { when: 'a cloud of 40 s', for: 40, in: sun(1000), gives: { on: { pool: true } } },
    { when: 'sun again', for: 20, in: sun(3000), gives: { on: { pool: true } } },
    { when: 'import of 50 W', for: 200, in: sun(1950), gives: { on: { pool: true } } },
  ]);
  const seconds = run.until((o) => !o.decision.loads[0]?.on, sun(1000));
  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(run.load('pool').reason.code).toBe('surplus-ended');
});

test('the battery bridges clouds, but a load does not live on it for ever', () => {
  const run = started({ loads: [POOL], batteries: [{}] });
  run.run(100, sun(3000));
  expect(run.load('pool').on).toBe(true);
  const cloudy: World = { gridW: -2000, pvW: 500, batteryW: 1500, socPct: 80 };
  run.run(600, cloudy);
  expect(run.load('pool').on).toBe(true);
  const seconds = run.until((o) => !o.decision.loads[0]?.on, cloudy);
  expect(600 + seconds).toBeGreaterThanOrEqual(900);
  expect(600 + seconds).toBeLessThanOrEqual(905);
});

test('what a discharging battery exports is no surplus', () => {
  const run = started({ loads: [POOL], batteries: [{}] });
  run.run(200, { gridW: -3000, batteryW: 3000, socPct: 80 });
  expect(run.load('pool').on).toBe(false);
});

const TWO = [
  { id: 'water', nominalPowerW: 3000, priority: 1 },
  { id: 'pool', nominalPowerW: 1000, priority: 2 },
] as const;

test('the most important load starts first, the next when its own surplus has shown', () => {
  const run = started({ loads: TWO });
  run.until((o) => o.decision.loads[0]?.on === true, sun(5000));
  expect(run.load('pool').on).toBe(false);
  const seconds = run.until((o) => o.decision.loads[1]?.on === true, sun(5000));
  expect(seconds).toBeGreaterThanOrEqual(13);
});

test('a more important load takes the room of less important ones', () => {
  const run = started({ loads: TWO });
  run.until((o) => o.decision.loads[1]?.on === true, sun(2500));
  expect(run.load('water').on).toBe(false);
  run.until((o) => o.decision.loads[0]?.on === true, sun(3500));
  expect(run.load('pool')).toMatchObject({ on: false });
});

test('while it makes room the reason names the one it makes room for', () => {
  const run = started({ loads: TWO });
  run.until((o) => o.decision.loads[1]?.on === true, sun(2500));
  run.until((o) => !o.decision.loads[1]?.on, sun(3500));
  expect(run.load('pool').reason).toMatchObject({ code: 'surplus-yield', params: { other: 'water' } });
});

test('surplus loads end one at a time, the least important first', () => {
  const run = started({ loads: TWO });
  run.until((o) => o.decision.loads.every((load) => load.on), sun(5000));
  run.until((o) => o.decision.loads.some((load) => !load.on), sun(2000));
  expect([run.load('water').on, run.load('pool').on]).toEqual([true, false]);
  const seconds = run.until((o) => !o.decision.loads[0]?.on, sun(2000));
  expect(seconds).toBeGreaterThanOrEqual(60);
});

test('before a deadline a load runs regardless, and stops when it is served', () => {
  // 20:00; two hours to serve until 23:00 local.
  const run = new Run(home({ loads: [{ ...POOL, target: { runMin: 120, deadline: '23:00' } }] }));
  const startS = run.until((o) => o.decision.loads[0]?.on === true, { gridW: 300 }, 7200);
  expect(startS).toBeGreaterThanOrEqual(45 * 60 - 2);
  expect(startS).toBeLessThanOrEqual(45 * 60 + 2);
  expect(run.load('pool').reason.code).toBe('deadline-run');
  const servedS = run.until((o) => !o.decision.loads[0]?.on, { gridW: 300 }, 8000);
  expect(Math.abs(servedS - 7200)).toBeLessThanOrEqual(3);
});

test('an energy target counts what is really drawn', () => {
  const run = new Run(home({ loads: [{ ...POOL, target: { energyWh: 1000, deadline: '20:30' } }] }));
  run.until((o) => o.decision.loads[0]?.on === true, { gridW: 300 });
  const servedS = run.until(
    (o) => !o.decision.loads[0]?.on,
    { gridW: 300, loads: { pool: { drawsW: 4000 } } },
    4000,
  );
  expect(Math.abs(servedS - 900)).toBeLessThanOrEqual(3);
});

test('a load that is not to go beyond its target rests when it is served, until its next day begins', () => {
  const run = new Run(
    home({ loads: [{ ...POOL, target: { runMin: 10, deadline: '20:30', beyond: false } }] }),
  );
  run.until((o) => o.decision.loads[0]?.on === true, sun(5000));
  run.until((o) => !o.decision.loads[0]?.on, sun(5000), 700);
  play(run, [
    {
      when: 'sun enough',
      for: 60,
      in: sun(5000),
      gives: { on: { pool: false }, why: { pool: 'target-served' } },
    },
    { when: 'after the deadline', for: 1800, in: sun(5000), gives: { on: { pool: false } } },
  ]);
  expect(run.state.loads[0]?.servedMs).toBeGreaterThanOrEqual(600_000);
});

test('quiet hours keep it off, and count against the time before its deadline', () => {
  const quiet = { quietHours: { from: '20:05', to: '21:00' }, target: { runMin: 30, deadline: '21:30' } };
  const run = new Run(home({ loads: [{ ...POOL, ...quiet }] }));
  run.run(200, sun(5000));
  play(run, [
    { when: '20:05', for: 120, in: sun(5000), gives: { on: { pool: false }, why: { pool: 'quiet-hours' } } },
  ]);
  run.run(3300, { gridW: 300 });
  expect(run.load('pool')).toMatchObject({ on: true, reason: { code: 'deadline-run' } });
});

test('a started program is finished although the sun has gone', () => {
  const washer = {
    id: 'washer',
    kind: 'program',
    target: { runMin: 60, deadline: '23:50', beyond: false },
  } as const;
  const run = started({ loads: [{ ...washer, nominalPowerW: 2000, priority: 1 }] });
  run.run(400, sun(3000));
  expect(run.load('washer').on).toBe(true);
  play(run, [
    {
      when: 'the sun has gone',
      for: 600,
      in: sun(0),
      gives: { on: { washer: true }, why: { washer: 'program-runs' } },
    },
  ]);
  run.until((o) => !o.decision.loads[0]?.on, sun(0), 4000);
  expect(run.load('washer').reason.code).toBe('target-served');
});

test('a program that draws nothing for ten minutes counts as finished', () => {
  const washer = { id: 'washer', kind: 'program', target: { runMin: 120, deadline: '23:50' } } as const;
  const run = started({ loads: [{ ...washer, nominalPowerW: 2000, priority: 1 }] });
  run.run(400, sun(3000));
  const idle = { washer: { drawsW: 3 } };
  const seconds = run.until((o) => !o.decision.loads[0]?.on, { ...sun(-500), loads: idle }, 1000);
  expect(seconds).toBeGreaterThanOrEqual(600);
});

test('an unmeasured program counts as started while it is on', () => {
  const washer = { id: 'washer', kind: 'program', target: { runMin: 120, deadline: '23:50' } } as const;
  const run = started({ loads: [{ ...washer, nominalPowerW: 2000, priority: 1 }] });
  run.run(400, sun(3000));
  const unmeasured = { washer: { powerW: { quality: 'absent', value: null, atMs: 0 } } } as const;
  play(run, [
    { when: 'no sun', for: 1000, in: { ...sun(0), loads: unmeasured }, gives: { on: { washer: true } } },
  ]);
});

test('a manual load is switched by people only, and without a reading a surplus load says so', () => {
  const run = started({
    loads: [
      { ...POOL, use: 'manual' },
      { id: 'water', nominalPowerW: 1000, priority: 3 },
    ],
  });
  run.run(60, sun(9000));
  expect(run.load('pool').reason.code).toBe('manual-off');
  run.run(9, { gridW: 'stale' });
  run.step({ gridState: 'lost' });
  expect(run.load('water').reason.code).toBe('outage-shed');
});

const ZERO = { grid: { exportLimitW: 0 }, batteries: [{}] } as const;
const CURTAILED: World = { gridW: 0, pvW: 1500, socPct: 100, batteryW: 0 };

test('hidden surplus is taken from what the inverter says it could give', () => {
  const run = started({ loads: [POOL], ...ZERO });
  play(run, [
    {
      when: 'too little',
      for: 100,
      in: { ...CURTAILED, pvAvailableW: 3600 },
      gives: { on: { pool: false } },
    },
    {
      when: 'enough',
      for: 100,
      in: { ...CURTAILED, pvAvailableW: 3800, responsive: false },
      gives: { on: { pool: true } },
    },
  ]);
});

test('where the inverter does not say, a load probes; found, it stays', () => {
  const run = started({ loads: [POOL], ...ZERO });
  run.step(CURTAILED);
  run.until((o) => o.decision.loads[0]?.on === true, CURTAILED, 100);
  expect(run.load('pool').reason.code).toBe('surplus-probe');
  play(run, [
    {
      when: 'the sun covers it',
      for: 120,
      in: { ...CURTAILED, responsive: false },
      gives: { on: { pool: true }, why: { pool: 'surplus-run' } },
    },
  ]);
  expect(run.state.loads[0]?.probeWaitMs).toBe(0);
});

test('a failed probe is given up after a minute and waits longer each time', () => {
  const run = started({ loads: [POOL], ...ZERO });
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    run.until((o) => o.decision.loads[0]?.on === true, CURTAILED, 8000);
    const heldS = run.until((o) => !o.decision.loads[0]?.on, CURTAILED, 100);
    expect(heldS).toBeGreaterThanOrEqual(60);
    expect(run.load('pool').reason.code).toBe('surplus-probe-failed');
    waits.push((run.state.loads[0]?.probeWaitMs ?? 0) / 60_000);
  }
  expect(waits).toEqual([15, 30, 60]);
});

test.each([
  ['the night', { ...CURTAILED, pvW: 100 }],
  ['a battery that still takes', { ...CURTAILED, batteryW: -2000, socPct: 60 }],
  ['an export below its limit', { ...CURTAILED, gridW: 400 }],
  ['an unknown battery', { ...CURTAILED, batteryW: 'stale' as const }],
  ['an unknown sun', { ...CURTAILED, pvW: 'fault' as const }],
])('no probe in %s', (_, world) => {
  const run = started({ loads: [POOL], ...ZERO });
  run.run(200, world);
  expect(run.load('pool').on).toBe(false);
});

test('only one load probes at a time', () => {
  const run = started({ loads: [POOL, { id: 'water', nominalPowerW: 1000, priority: 3 }], ...ZERO });
  run.until((o) => o.decision.loads.some((load) => load.on), CURTAILED, 100);
  run.run(20, { ...CURTAILED, responsive: false });
  expect(run.last?.decision.loads.map((load) => load.on)).toEqual([true, false]);
});

const EV = {
  id: 'ev',
  kind: 'ev',
  nominalPowerW: 3680,
  priority: 1,
  current: { minA: 6, maxA: 16 },
} as const;

test('a charger with current control starts with six amperes and follows the sun', () => {
  const run = started({ loads: [EV] });
  run.run(300, { gridW: 300 });
  const world = (exportW: number): World => ({
    gridW: -exportW,
    pvW: exportW,
    loads: { ev: { drawsW: (run.state.loads[0]?.currentA ?? 0) * 230 } },
  });
  for (let i = 0; i < 120 && !run.state.loads[0]?.on; i++) run.step(world(2500));
  expect(run.load('ev')).toMatchObject({ on: true, currentLimitA: 6 });
  for (let i = 0; i < 600; i++) run.step(world(2500));
  expect(run.load('ev').currentLimitA).toBe(10);
  for (let i = 0; i < 30; i++) run.step(world(1700));
  expect(run.load('ev').currentLimitA).toBe(7);
});
