import { expect, test } from '@jest/globals';
import { spreadOf } from '../../../src/core/spread.ts';
import { home, Run } from '../home.ts';
import { play } from '../table.ts';

const LOADS = [
  { id: 'freezer', use: 'always', essential: true, priority: 1 },
  { id: 'water', use: 'always', priority: 2 },
  { id: 'pool', use: 'always', priority: 3 },
] as const;

function running(): Run {
  const run = new Run(
    home({ loads: LOADS, batteries: [{}], control: { outage: { firstReturnS: 60, spreadS: 60 } } }),
  );
  run.run(250, { gridW: 300 });
  return run;
}

test('in an outage at 38 % the essential loads stay on and the battery supplies them', () => {
  const run = running();
  play(run, [
    {
      when: 'the inverter says the grid is lost',
      for: 1,
      in: { gridW: 0, gridState: 'lost', socPct: 38 },
      gives: {
        home: 'outage',
        on: { freezer: true, water: false, pool: false },
        why: { water: 'outage-shed' },
        battery: 'self-consume',
        batteryWhy: 'outage-supply',
        dischargeW: 5000,
      },
    },
  ]);
  expect(run.load('water').urgent).toBe(true);
  expect(run.last?.decision.balance.gridPowerW).toBe(0);
});

test('the battery is used down to the outage floor, and again five percent above it', () => {
  const run = running();
  const lost = { gridState: 'lost' } as const;
  play(run, [
    { when: 'above the floor', for: 1, in: { ...lost, socPct: 10.1 }, gives: { battery: 'self-consume' } },
    {
      when: 'at it',
      for: 1,
      in: { ...lost, socPct: 10 },
      gives: { battery: 'hold', batteryWhy: 'outage-floor' },
    },
    { when: 'a little sun', for: 1, in: { ...lost, socPct: 14.9 }, gives: { battery: 'hold' } },
    { when: 'enough sun', for: 1, in: { ...lost, socPct: 15 }, gives: { battery: 'self-consume' } },
    {
      when: 'charge unknown',
      for: 1,
      in: { ...lost, socPct: 'stale' },
      gives: { batteryWhy: 'soc-unknown' },
    },
  ]);
});

test('a silent meter alone is no outage, and what was lost stays lost until somebody says it is back', () => {
  const run = running();
  play(run, [
    { when: 'unknown', for: 1, in: { gridState: 'unknown' }, gives: { home: 'normal' } },
    { when: 'lost', for: 1, in: { gridState: 'lost' }, gives: { home: 'outage' } },
    { when: 'unknown again', for: 5, in: { gridState: 'unknown' }, gives: { home: 'outage' } },
    { when: 'back', for: 1, in: { gridState: 'present' }, gives: { home: 'normal' } },
  ]);
});

test('an outage ends by the meter when the inverter never says so, and only by power that lasts', () => {
  const run = running();
  const silent = { gridState: 'unknown', responsive: false } as const;
  play(run, [
    { when: 'lost', for: 60, in: { gridState: 'lost', gridW: 0 }, gives: { home: 'outage' } },
    { when: 'silent, nothing flows', for: 300, in: { ...silent, gridW: 0 }, gives: { home: 'outage' } },
    { when: 'little flows', for: 300, in: { ...silent, gridW: 45 }, gives: { home: 'outage' } },
    { when: 'power for a while', for: 89, in: { ...silent, gridW: 400 }, gives: { home: 'outage' } },
    { when: 'it stops', for: 1, in: { ...silent, gridW: 0 }, gives: { home: 'outage' } },
    {
      when: 'the meter is silent too',
      for: 60,
      in: { ...silent, gridW: 'stale' },
      gives: { home: 'outage' },
    },
    { when: 'power again', for: 89, in: { ...silent, gridW: 400 }, gives: { home: 'outage' } },
    {
      when: 'long enough',
      for: 3,
      in: { ...silent, gridW: 400 },
      gives: { home: 'normal', on: { freezer: true, water: false }, why: { water: 'outage-return' } },
    },
    {
      when: 'the inverter still says lost',
      for: 1,
      in: { gridState: 'lost', gridW: 400 },
      gives: { home: 'outage' },
    },
    {
      when: 'and goes on saying it',
      for: 60,
      in: { gridState: 'lost', gridW: 400 },
      gives: { home: 'outage' },
    },
  ]);
});

test('sun that flows out shows the grid as well', () => {
  const run = running();
  run.run(60, { gridState: 'lost', gridW: 0 });
  const s = run.until(
    (o) => o.decision.homeMode !== 'outage',
    { gridState: 'unknown', gridW: -900, responsive: false },
    120,
  );
  expect(s).toBeGreaterThanOrEqual(90);
});

test('loads return one by one, the first after a wait of its own', () => {
  const run = running();
  run.run(120, { gridState: 'lost', socPct: 60 });
  const waitS = 60 + spreadOf('home-1', 60_000) / 1000;
  const back = { gridW: 300, socPct: 60 };
  run.step(back);
  expect(run.load('water')).toMatchObject({ on: false, reason: { code: 'outage-return' } });
  const firstS = run.until((o) => o.decision.loads[1]?.on === true, back);
  expect(firstS).toBeGreaterThanOrEqual(Math.floor(waitS));
  expect(firstS).toBeLessThanOrEqual(Math.ceil(waitS) + 1);
  expect(run.load('pool').on).toBe(false);
  const secondS = run.until((o) => o.decision.loads[2]?.on === true, back);
  expect(secondS).toBeGreaterThanOrEqual(9);
  expect(secondS).toBeLessThanOrEqual(14);
  expect(run.state.outage.nextReturnMs).toBe(0);
});

test('an outage that comes again while loads return sends them to the end of the queue', () => {
  const run = running();
  run.run(10, { gridState: 'lost' });
  run.run(10, { gridW: 300 });
  run.run(10, { gridState: 'lost' });
  expect(run.load('pool').reason.code).toBe('outage-shed');
  run.step({ gridW: 300 });
  expect(run.state.outage.nextReturnMs - run.nowMs).toBeGreaterThanOrEqual(60_000);
});

test('what peak watch had shed waits with the others', () => {
  const run = running();
  run.until((o) => o.decision.homeMode === 'peak', { gridW: 9000, socPct: 34 });
  run.step({ gridState: 'lost', socPct: 34 });
  expect(run.load('pool').reason.code).toBe('outage-shed');
});

test('the spread is the same for a site on every day, and differs between sites', () => {
  expect(spreadOf('home-1', 60_000)).toBe(spreadOf('home-1', 60_000));
  expect(spreadOf('home-1', 60_000)).not.toBe(spreadOf('home-2', 60_000));
  expect(spreadOf('home-1', 0)).toBe(0);
});
