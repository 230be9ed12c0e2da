import { expect, test } from '@jest/globals';
import { home, Run } from '../home.ts';
import { play } from '../table.ts';

const LOADS = [
  { id: 'pool', use: 'always', priority: 3 },
  { id: 'freezer', use: 'always', essential: true, priority: 1 },
] as const;

function running(extra: Parameters<typeof home>[0] = {}): Run {
  const run = new Run(home({ loads: LOADS, batteries: [{}], ...extra }));
  run.run(200, { gridW: 300 });
  return run;
}

test.each(['stale', 'fault', 'absent'] as const)(
  'a grid power that is %s: no new ON at 10 s, off at 30 s',
  (gridW) => {
    const run = running();
    play(run, [
      { when: '9 s', for: 9, in: { gridW }, gives: { home: 'normal', on: { pool: true } } },
      { when: '10 s', for: 1, in: { gridW }, gives: { home: 'degraded', on: { pool: true } } },
      { when: '29 s', for: 19, in: { gridW }, gives: { on: { pool: true }, battery: 'self-consume' } },
      {
        when: '30 s',
        for: 1,
        in: { gridW },
        gives: {
          home: 'degraded',
          on: { pool: false, freezer: true },
          why: { pool: 'trust-failsafe' },
          battery: 'idle',
          batteryWhy: 'trust-failsafe',
          alarms: ['alarm-meter'],
        },
      },
    ]);
    expect(run.load('pool').urgent).toBe(true);
  },
);

test('it is believed again after ten good samples that span 30 s', () => {
  const run = running();
  run.run(31, { gridW: 'stale' });
  play(run, [
    {
      when: '30 samples, 29 s',
      for: 30,
      in: { gridW: 300 },
      gives: { home: 'degraded', on: { pool: false } },
    },
    { when: '30 s', for: 1, in: { gridW: 300 }, gives: { home: 'normal', battery: 'self-consume' } },
    { when: 'its minimum time is over', for: 60, in: { gridW: 300 }, gives: { on: { pool: true } } },
  ]);
});

test('a single missing sample starts the count anew', () => {
  const run = running();
  run.run(31, { gridW: 'stale' });
  run.run(25, { gridW: 300 });
  run.run(1, { gridW: 'fault' });
  play(run, [
    { when: '25 good ones do not count any more', for: 29, in: { gridW: 300 }, gives: { home: 'degraded' } },
    { when: 'a whole row does', for: 2, in: { gridW: 300 }, gives: { home: 'normal' } },
  ]);
});

test('a repeated reading is not a new sample', () => {
  const run = running({ control: { trust: { goodSamples: 10, goodS: 0 } } });
  run.run(31, { gridW: 'stale' });
  for (let i = 0; i < 5; i++) {
    run.step({ gridW: 300 });
    run.step({ gridW: 300 }, 0);
  }
  expect(run.last?.decision.homeMode).toBe('degraded');
});

test('after a start nothing is switched on before three good samples, and a silent meter ends in failsafe', () => {
  const run = new Run(home({ loads: LOADS }));
  run.step({ gridW: 300 });
  expect(run.load('pool').reason.code).toBe('trust-starting');
  const silent = new Run(home({ loads: LOADS, batteries: [{ distrustMode: 'auto' }] }));
  play(silent, [
    { when: 'nothing is known yet', for: 30, in: { gridW: 'absent' }, gives: { home: 'normal' } },
    { when: 'nor ever', for: 1, in: { gridW: 'absent' }, gives: { home: 'degraded', battery: 'auto' } },
  ]);
});

test.each(['stale', 'fault', 'absent'] as const)('a state of charge that is %s: no discharge', (socPct) => {
  const run = running();
  play(run, [
    {
      when: 'unknown',
      for: 1,
      in: { gridW: 300, socPct },
      gives: { battery: 'hold', batteryWhy: 'soc-unknown', dischargeW: 0, chargeW: 5000 },
    },
    { when: 'known again', for: 1, in: { gridW: 300 }, gives: { battery: 'self-consume' } },
  ]);
});

test('a started program is not cut for a silent meter', () => {
  const run = new Run(home({ loads: [{ id: 'washer', kind: 'program', use: 'always' }] }));
  run.run(700, { gridW: 300 });
  expect(run.load('washer').on).toBe(true);
  run.run(60, { gridW: 'stale' });
  expect(run.load('washer').on).toBe(true);
});

test('where the grid is lost its meter is not missed', () => {
  const run = running();
  play(run, [
    {
      when: 'the inverter says lost, the meter is silent',
      for: 120,
      in: { gridW: 'stale', gridState: 'lost' },
      gives: { home: 'outage', battery: 'self-consume', on: { freezer: true, pool: false } },
    },
  ]);
});

test('without a trusted clock nothing that depends on time of day runs', () => {
  const run = new Run(
    home({
      loads: [{ id: 'pool', target: { runMin: 1430, deadline: '19:00' } }],
      tariff: { importPricePerKwh: 0.4 },
    }),
  );
  run.run(200, { gridW: 300, clockTrusted: false });
  expect(run.load('pool')).toMatchObject({ on: false, reason: { code: 'surplus-wait' } });
  run.run(70, { gridW: 300, clockTrusted: true });
  expect(run.load('pool')).toMatchObject({ on: true, reason: { code: 'deadline-run' } });
});
