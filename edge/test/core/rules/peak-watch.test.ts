import { expect, test } from '@jest/globals';
import { reasonLine, reasonText } from '@wattward/broker/wire/reasons';
import { effectiveSettings } from '../../../src/core/effective-settings.ts';
import { home, Run, type World } from '../home.ts';
import { play } from '../table.ts';

const POOL = { id: 'pool', name: 'Pool heater', nominalPowerW: 2100, priority: 3, use: 'always' } as const;
const WATER = { id: 'water', nominalPowerW: 2000, priority: 2, use: 'always' } as const;

/** A home with both loads running, Peak Mode far away. */
function running(control = {}, batteries: Parameters<typeof home>[0] = {}): Run {
  const run = new Run(home({ loads: [WATER, POOL], control, ...batteries }));
  run.run(200, { gridW: 300 });
  expect([run.load('water').on, run.load('pool').on]).toEqual([true, true]);
  return run;
}

test('the mean over 10 s has to pass the threshold: a spike of one second is no peak', () => {
  const run = running();
  play(run, [
    { when: 'a spike of 20 kW for 1 s', for: 1, in: { gridW: 20_000 }, gives: { home: 'normal' } },
    { when: 'it is gone', for: 30, in: { gridW: 300 }, gives: { home: 'normal', on: { pool: true } } },
  ]);
});

test.each([
  { gridW: 4900, mode: 'normal', sentence: 'exactly 9.0 kW is not above the threshold' },
  { gridW: 4901, mode: 'peak', sentence: 'one watt more is' },
])('$sentence', ({ gridW, mode }) => {
  const run = running();
  expect(run.run(10, { gridW }).decision.homeMode).toBe(mode);
});

test('the least important load goes first, and only as many as are needed', () => {
  const run = running();
  const seconds = run.until((o) => o.decision.homeMode === 'peak', { gridW: 5500 });
  expect(seconds).toBeLessThanOrEqual(10);
  expect(run.load('pool')).toMatchObject({ on: false, shed: true, urgent: true, changed: true });
  expect(reasonLine(run.load('pool').reason, 'en')).toMatch(
    /^peak-watch: demand 9\.\d kW > 9\.0 kW; shed "Pool heater" \(2\.1 kW, priority 3\)$/,
  );
  play(run, [
    { when: 'it fits now', for: 60, in: { gridW: 5500 }, gives: { home: 'peak', on: { water: true } } },
  ]);
});

test('the next one goes when the first was not enough, after the meter had time to show it', () => {
  const run = running();
  run.until((o) => !o.decision.loads[1]?.on, { gridW: 8000 });
  const seconds = run.until((o) => !o.decision.loads[0]?.on, { gridW: 8000 });
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(4);
});

test('loads come back one by one, the most important first, after five minutes and two minutes of room', () => {
  const run = running();
  run.until((o) => o.decision.loads.every((load) => !load.on), { gridW: 12_000 });
  const firstS = run.until((o) => o.decision.loads.some((load) => load.on), { gridW: 300 });
  expect(run.load('water').on).toBe(true);
  expect(firstS).toBeGreaterThanOrEqual(297);
  expect(firstS).toBeLessThanOrEqual(305);
  const secondS = run.until((o) => o.decision.loads.every((load) => load.on), { gridW: 300 });
  expect(secondS).toBeGreaterThanOrEqual(119);
  expect(run.last?.decision.homeMode).toBe('normal');
});

test('a load returns only where mean and 1.1 times its nominal power stay at or below 8.1 kW', () => {
  for (const [gridW, returns] of [
    [5790, true],
    [5791, false],
  ] as const) {
    const run = new Run(home({ loads: [POOL] }));
    run.run(200, { gridW: 300 });
    run.until((o) => o.decision.homeMode === 'peak', { gridW: 9000 });
    run.run(600, { gridW });
    expect([gridW, run.load('pool').on]).toEqual([gridW, returns]);
  }
});

test('Peak Mode ends when nothing is shed and the mean is at or below 8.1 kW', () => {
  const run = new Run(home({}));
  run.until((o) => o.decision.homeMode === 'peak', { gridW: 9001 });
  play(run, [
    { when: 'just above the exit', for: 60, in: { gridW: 8101 }, gives: { home: 'peak' } },
    { when: 'at the exit', for: 11, in: { gridW: 8100 }, gives: { home: 'normal' } },
  ]);
});

test('the wait doubles after a return that caused a shed, up to an hour', () => {
  const run = new Run(home({ loads: [POOL] }));
  run.run(200, { gridW: 300 });
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    run.until((o) => !o.decision.loads[0]?.on, { gridW: 7000 });
    waits.push(run.until((o) => o.decision.loads[0]?.on === true, { gridW: 5000 }, 8000));
  }
  const minutes = waits.map((s) => Math.round(s / 60));
  expect(minutes).toEqual([5, 10, 20, 40, 60, 60]);
});

test('essential loads and started programs stay', () => {
  const run = new Run(
    home({
      loads: [
        { id: 'freezer', nominalPowerW: 1000, essential: true, use: 'always', priority: 9 },
        { id: 'washer', nominalPowerW: 2000, kind: 'program', use: 'always', priority: 8 },
      ],
    }),
  );
  run.run(700, { gridW: 300 });
  play(run, [
    {
      when: 'a peak that nobody may help',
      for: 60,
      in: { gridW: 9000 },
      gives: { home: 'peak', on: { freezer: true, washer: true } },
    },
  ]);
});

test('a battery that can cover the excess gets ten seconds to do it before loads go', () => {
  const run = running({}, { batteries: [{}] });
  const peakS = run.until((o) => o.decision.homeMode === 'peak', { gridW: 6000, socPct: 80 });
  expect(peakS).toBeLessThan(11);
  play(run, [
    {
      when: 'it is asked first',
      for: 5,
      in: { gridW: 6000, socPct: 80 },
      gives: { battery: 'self-consume', batteryWhy: 'peak-support', on: { pool: true } },
    },
    { when: 'it does not help', for: 10, in: { gridW: 6000, socPct: 80 }, gives: { on: { pool: false } } },
  ]);
});

test('a battery below its hysteresis does not discharge in Peak Mode either', () => {
  const run = running({}, { batteries: [{}] });
  play(run, [
    {
      when: 'SoC 34 %',
      for: 20,
      in: { gridW: 6000, socPct: 34 },
      gives: { home: 'peak', battery: 'hold', batteryWhy: 'battery-low', dischargeW: 0, on: { pool: false } },
    },
  ]);
});

test('nothing that is not essential is switched on when it would make a peak', () => {
  const run = new Run(
    home({ loads: [POOL, { id: 'light', use: 'always', essential: true, nominalPowerW: 1000 }] }),
  );
  play(run, [
    {
      when: '8.5 kW are drawn already',
      for: 300,
      in: { gridW: 7000 },
      gives: { home: 'normal', on: { pool: false, light: true }, why: { pool: 'peak-hold' } },
    },
    { when: 'there is room', for: 60, in: { gridW: 5000 }, gives: { on: { pool: true } } },
  ]);
});

test('a set-point moves the threshold within the installer`s bounds', () => {
  const settings = home({ loads: [POOL], bounds: { peakThresholdW: { min: 5000, max: 12_000 } } });
  const setpoint = { id: 's', seq: 1, fromMs: 0, untilMs: 10, kind: 'peak-threshold' } as const;
  const at = (watts: number, nowMs: number) => effectiveSettings(settings, [{ ...setpoint, watts }], nowMs);
  expect(at(7000, 5).peak.thresholdW).toBe(7000);
  expect(at(1000, 5).peak.thresholdW).toBe(5000);
  expect(at(90_000, 5).peak.thresholdW).toBe(12_000);
  expect(at(7000, 10)).toBe(settings);
  const run = new Run(at(7000, 5));
  run.run(200, { gridW: 300 });
  expect(run.run(12, { gridW: 5100 }).decision.homeMode).toBe('peak');
});

test('with smoothing, settling and minimum times at zero a peak is met in the very cycle', () => {
  const control = {
    peak: { meanS: 0, settleS: 0, batteryFirstS: 0 },
    relayCare: { interruptible: { minOnS: 0, minOffS: 0 } },
    returns: { fitS: 0, minShedS: 0, maxBackoffS: 0 },
    trust: { goodSamples: 1, goodS: 0 },
  };
  const run = new Run(home({ loads: [POOL], control }));
  run.run(10, { gridW: 300 });
  expect(run.load('pool').on).toBe(true);
  expect(run.step({ gridW: 9000 }).decision.loads[0]).toMatchObject({ on: false, urgent: true });
  expect(run.step({ gridW: 300 }).decision.loads[0]).toMatchObject({ on: true });
});

test('a lost meter neither begins nor ends Peak Mode', () => {
  const run = running();
  run.until((o) => o.decision.homeMode === 'peak', { gridW: 6000 });
  run.run(20, { gridW: 'stale' });
  expect(run.state.peak.active).toBe(true);
  expect(run.load('pool').on).toBe(false);
});

test('after eight seconds without a reading the mean is no longer known', () => {
  const run = running();
  play(run, [{ when: 'silence', for: 8, in: { gridW: 'fault' }, gives: { home: 'normal' } }]);
  expect(run.last?.decision.demand.demandW).toBeNull();
});

const CONTRACT = { peak: { contractW: 4000 } };

test('the quarter of an hour that would end above the contract level sheds early', () => {
  const run = new Run(home({ loads: [POOL], control: CONTRACT }));
  run.run(200, { gridW: 300 });
  expect(run.load('pool').on).toBe(true);
  const seconds = run.until((o) => !o.decision.loads[0]?.on, { gridW: 3500 }, 900);
  expect(run.load('pool').reason.code).toBe('peak-window-shed');
  expect(seconds).toBeGreaterThanOrEqual(60);
  expect(run.last?.decision.demand.windowDemandW).toBeGreaterThan(4000);
});

test('a new quarter of an hour begins on the wall clock', () => {
  const run = new Run(home({ control: CONTRACT }));
  run.run(899, { gridW: 2000 });
  expect(run.state.peak.windowImportWh).toBeGreaterThan(400);
  run.run(3, { gridW: 2000 });
  expect(run.state.peak.windowImportWh).toBeLessThan(5);
});

test('chargers with current control give way before anything is shed', () => {
  const run = new Run(
    home({
      loads: [{ id: 'ev', kind: 'ev', nominalPowerW: 3680, use: 'always', current: { minA: 6, maxA: 16 } }],
    }),
  );
  const draws = (currentA: number | null) => ({ ev: { drawsW: (currentA ?? 0) * 230 } });
  for (let i = 0; i < 900; i++) run.step({ gridW: 300, loads: draws(run.state.loads[0]?.currentA ?? 0) });
  expect(run.load('ev')).toMatchObject({ on: true, currentLimitA: 16 });
  let least = 16;
  for (let i = 0; i < 30; i++) {
    run.step({ gridW: 6500, loads: draws(run.state.loads[0]?.currentA ?? 0) });
    least = Math.min(least, run.load('ev').currentLimitA ?? 0);
  }
  expect(run.load('ev').on).toBe(true);
  expect(least).toBeGreaterThanOrEqual(6);
  expect(least).toBeLessThan(13);
});

test('the start of Peak Mode has its own words, the minutes after it theirs', () => {
  const run = new Run(home());
  run.run(20, { gridW: 500 });
  const begun = run.run(1, { gridW: 100_000 });
  expect(begun.decision.reason.code).toBe('home-peak-begins');
  expect(begun.decision.outcomes[0]).toMatchObject({ actuator: 'home', outcome: 'peak' });
  expect(reasonText(begun.decision.reason, 'en')).toMatch(
    /^demand .* kW, threshold 9.0 kW: Peak Mode begins$/,
  );
  expect(run.run(1, { gridW: 9500 }).decision.reason).toMatchObject({
    code: 'home-peak',
    params: { forS: 1 },
  });
});

test('a battery is kept alive with what is free below the threshold, never by a peak', () => {
  const empty = (gridW: number, batteryW: number): World => ({ gridW, batteryW, socPct: 10 });
  const run = new Run(home({ batteries: [{ reservePct: 20 }] }));
  play(run, [
    {
      when: 'much is free',
      for: 15,
      in: empty(3000, -500),
      gives: { home: 'normal', battery: 'charge-grid', batteryWhy: 'battery-maintenance', chargeW: 500 },
    },
    { when: 'up to 95 %', for: 15, in: empty(8550, -500), gives: { battery: 'charge-grid', chargeW: 500 } },
    {
      when: '150 W too much',
      for: 15,
      in: empty(8700, -500),
      gives: { battery: 'charge-grid', chargeW: 350 },
    },
    {
      when: 'nothing is free',
      for: 15,
      in: empty(8900, -100),
      gives: { home: 'normal', battery: 'hold', batteryWhy: 'peak-charge' },
    },
    { when: 'free again', for: 15, in: empty(8000, 0), gives: { battery: 'charge-grid', chargeW: 500 } },
    { when: 'a peak', for: 15, in: empty(9100, 0), gives: { home: 'peak', battery: 'hold' } },
  ]);
  const careful = new Run(
    home({ batteries: [{ reservePct: 20 }], control: { peak: { chargeFactor: 0.5 } } }),
  );
  play(careful, [
    { when: 'half of it', for: 15, in: empty(4300, 0), gives: { battery: 'charge-grid', chargeW: 200 } },
    { when: 'more than half', for: 15, in: empty(4600, 0), gives: { battery: 'hold' } },
  ]);
});
