import { expect, test } from '@jest/globals';
import type { ChannelRules } from '../../../src/loop/campaign/moment.ts';
import { Oracle } from '../../../src/loop/campaign/oracle.ts';
import { runSeed } from '../../../src/loop/campaign/run-seed.ts';

test('a seed is the same run every time, faults and all', async () => {
  const once = await runSeed({ seed: 4, days: 0.005 });
  const twice = await runSeed({ seed: 4, days: 0.005 });
  expect(twice.hash).toBe(once.hash);
  expect(twice.faults).toEqual(once.faults);
  expect((await runSeed({ seed: 5, days: 0.005 })).hash).not.toBe(once.hash);
});

test('a few seeds run through faults and healing without a violation', async () => {
  for (const seed of [1, 3]) expect((await runSeed({ seed, days: 0.01 })).violations).toEqual([]);
});

test('the oracle sees a relay that outlives its lease, and one that chatters', () => {
  const rules: ChannelRules[] = [
    { channel: 1, safeOn: false, minOnMs: 0, minOffMs: 60_000, interlock: 0, perHour: 20, perDay: 60 },
  ];
  const limits = {
    cycleMs: 1000,
    fuseA: 25,
    thresholdW: 9000,
    batteryMaxW: 5000,
    reservePct: 10,
    maintenanceW: 500,
    zone: 'Europe/Berlin',
  };
  const oracle = new Oracle(rules, limits, 0);
  const look = (nowMs: number, on: boolean) =>
    oracle.look({
      nowMs,
      boxRuns: true,
      boot: 'a',
      uptimeMs: nowMs,
      contacts: [on],
      meterWhole: true,
      meterLive: true,
      localMinute: null,
      wallMs: nowMs,
      boardHeard: true,
      decision: null,
      gridOn: true,
      gridW: 0,
      phaseA: [0, 0, 0],
      phaseW: [0, 0, 0],
      batteryW: 0,
      pvW: 0,
      inverterLive: true,
      socToldPct: 50,
      socAgeMs: 0,
      gridLostTold: false,
      gridToldAgeMs: 0,
      batteryOrdered: false,
      orderLostAgeMs: Number.POSITIVE_INFINITY,
    });
  const command = {
    board: 'b',
    boot: 'a',
    seq: 1,
    channel: 1,
    on: true,
    leaseS: 10,
    expUptimeMs: 1e9,
    protective: false,
  };
  look(100_000, false);
  expect(oracle.beforeCommand(command, { id: 'b', boot: 'a', uptimeMs: 100_000 }, 100_000)).toBe(true);
  look(101_000, true);
  expect(oracle.violations).toEqual([]);
  look(112_000, true);
  expect(oracle.violations.map(({ invariant }) => invariant)).toEqual(['I1']);
  look(113_000, false);
  look(114_000, true);
  expect(oracle.violations.map(({ invariant }) => invariant)).toContain('I3');
  expect(oracle.beforeCommand(command, { id: 'b', boot: 'a', uptimeMs: 115_000 }, 115_000)).toBe(false);
});
