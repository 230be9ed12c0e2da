import { expect, test } from '@jest/globals';
import { alignState } from '../../../src/core/restore-state.ts';
import type { LoadOverride } from '../../../src/core/snapshot.ts';
import { home, Run, type World } from '../home.ts';
import { play } from '../table.ts';

const LOAD = { id: 'heater', use: 'manual', nominalPowerW: 1000 } as const;

function forced(run: Run, on: boolean, id = 'heater'): World {
  const override: LoadOverride = { on, source: 'portal', untilMs: run.nowMs + 3_600_000 };
  return { gridW: 300, loads: { [id]: { override } } };
}

function started(extra = {}): Run {
  const run = new Run(home({ loads: [{ ...LOAD, ...extra }] }));
  run.run(3, { gridW: 300 });
  return run;
}

test.each([
  { kind: 'interruptible', seconds: 60 },
  { kind: 'ev', seconds: 300 },
  { kind: 'compressor', seconds: 600 },
] as const)('$kind: on and off last at least $seconds s', ({ kind, seconds }) => {
  const run = started({ kind });
  const onS = run.until((o) => o.decision.loads[0]?.on === true, forced(run, true));
  expect(onS).toBeGreaterThanOrEqual(seconds - 3);
  const waiting = run.step(forced(run, false)).decision.loads[0];
  expect(waiting).toMatchObject({ on: true, reason: { rule: 'relay-care', code: 'min-on' } });
  const offS = run.until((o) => o.decision.loads[0]?.on === false, forced(run, false));
  expect(offS).toBe(seconds - 1);
  const blocked = run.step(forced(run, true)).decision.loads[0];
  expect(blocked).toMatchObject({ on: false, reason: { code: 'min-off', params: { leftS: seconds } } });
});

test('a minimum off-time nobody asks about is not the reason for being off', () => {
  const run = started();
  expect(run.step({ gridW: 300 }).decision.loads[0]?.reason.code).toBe('manual-off');
});

/** Switches as often as it is allowed to for `seconds`; returns the operations seen. */
function rattle(run: Run, seconds: number): number {
  let operations = 0;
  for (let i = 0; i < seconds; i++) {
    const on = run.state.loads[0]?.on === true;
    if (run.step(forced(run, !on)).decision.loads[0]?.changed) operations++;
  }
  return operations;
}

test('the hourly budget holds, and every start has its stop within it', () => {
  const run = started({ minOnS: 0, minOffS: 0 });
  expect(rattle(run, 3000)).toBe(20);
  expect(run.load('heater')).toMatchObject({
    on: false,
    reason: { code: 'budget-hour', params: { limit: 20 } },
  });
  expect(rattle(run, 3000)).toBeLessThanOrEqual(20);
});

test('the daily budget holds', () => {
  const run = started({ minOnS: 0, minOffS: 0, maxSwitchesPerHour: 1000 });
  expect(rattle(run, 3600)).toBe(60);
  expect(run.load('heater').reason.code).toBe('budget-day');
});

test('an exhausted budget keeps a load on rather than switch it again, but never against protection', () => {
  const run = started({ minOnS: 0, minOffS: 0, maxSwitchesPerHour: 2 });
  run.until((o) => o.decision.loads[0]?.on === true, forced(run, true));
  const load = run.state.loads[0];
  if (load) load.switchesMs = [run.nowMs - 2000, run.nowMs - 1000, ...load.switchesMs];
  expect(run.step(forced(run, false)).decision.loads[0]).toMatchObject({
    on: true,
    reason: { code: 'budget-hour' },
  });
  run.until((o) => o.decision.loads[0]?.on === false, { ...forced(run, false), gridW: 12_000 }, 20);
  expect(run.load('heater').reason.code).toBe('peak-shed');
});

test('loads of one interlock group are never on together', () => {
  const loads = [
    { ...LOAD, id: 'a', interlock: 1, minOnS: 0, minOffS: 0 },
    { ...LOAD, id: 'b', interlock: 1, minOnS: 0, minOffS: 0 },
    { ...LOAD, id: 'c', interlock: 2, minOnS: 0, minOffS: 0 },
  ];
  const run = new Run(home({ loads }));
  run.run(3, { gridW: 300 });
  const both = { on: true, source: 'portal', untilMs: run.nowMs + 1e9 } as const;
  const world: World = {
    gridW: 300,
    loads: { a: { override: both }, b: { override: both }, c: { override: both } },
  };
  run.run(20, world);
  expect([run.load('a').on, run.load('b').on, run.load('c').on]).toEqual([true, false, true]);
  expect(run.load('b').reason).toMatchObject({ code: 'interlock', params: { other: 'a' } });
  const swapped: World = {
    gridW: 300,
    loads: { a: { override: { ...both, on: false } }, b: { override: both } },
  };
  run.run(3, swapped);
  expect([run.load('a').on, run.load('b').on]).toEqual([false, true]);
});

test('a relay that is still reported on keeps its group locked', () => {
  const loads = ['a', 'b'].map((id) => ({ ...LOAD, id, interlock: 1, minOnS: 0, minOffS: 0 }));
  const run = new Run(home({ loads }));
  run.run(3, { gridW: 300 });
  const wish = { on: true, source: 'portal', untilMs: run.nowMs + 1e9 } as const;
  run.run(10, { gridW: 300, loads: { a: { reportedOn: true }, b: { override: wish } } });
  expect(run.load('b')).toMatchObject({ on: false, reason: { code: 'interlock' } });
});

test.each([
  { when: 'never reported', partner: { online: false, reportedOn: null } },
  { when: 'online but without a report', partner: { online: true, reportedOn: null } },
  { when: 'last reported off and not heard since', partner: { online: false, reportedOn: false } },
])('a partner $when may be on and keeps its group locked', ({ partner }) => {
  const loads = ['a', 'b'].map((id) => ({ ...LOAD, id, interlock: 1, minOnS: 0, minOffS: 0 }));
  const run = new Run(home({ loads }));
  run.run(3, { gridW: 300, loads: { a: partner } });
  const wish = { on: true, source: 'portal', untilMs: run.nowMs + 1e9 } as const;
  run.run(600, { gridW: 300, loads: { a: partner, b: { override: wish } } });
  expect(run.load('b')).toMatchObject({ on: false, reason: { code: 'interlock-unknown' } });
  run.run(2, { gridW: 300, loads: { b: { override: wish } } });
  expect(run.load('b').on).toBe(true);
  run.run(60, { gridW: 300, loads: { a: partner, b: { override: wish } } });
  expect(run.load('b').on).toBe(true);
});

test('a welded partner keeps its group locked although its relay is reported off', () => {
  const loads = ['a', 'b'].map((id) => ({ ...LOAD, id, interlock: 1, minOnS: 0, minOffS: 0 }));
  const run = new Run(home({ loads }));
  run.run(3, { gridW: 300 });
  const wish = { on: true, source: 'portal', untilMs: run.nowMs + 1e9 } as const;
  run.run(10, { gridW: 300, loads: { a: { contact: 'welded' }, b: { override: wish } } });
  expect(run.load('b')).toMatchObject({ on: false, reason: { code: 'interlock', params: { other: 'a' } } });
});

test('an interlock added while both are on takes the less important off', () => {
  const loads = ['a', 'b'].map((id) => ({ ...LOAD, id, use: 'always' as const }));
  const run = new Run(home({ loads }));
  run.run(200, { gridW: 300 });
  run.settings = home({ loads: loads.map((load) => ({ ...load, interlock: 3 })) });
  run.state = alignState(run.state, run.settings);
  run.step({ gridW: 300 });
  expect([run.load('a').on, run.load('b').on]).toEqual([true, false]);
});

test('loads that want to start together start one after the other', () => {
  const loads = ['a', 'b'].map((id) => ({ ...LOAD, id, use: 'always' as const, minOffS: 0, minOnS: 0 }));
  const run = new Run(home({ loads }));
  run.run(3, { gridW: 300 });
  expect(run.last?.decision.loads.filter((load) => load.on)).toHaveLength(0);
  run.until((o) => o.decision.loads.some((load) => load.on), { gridW: 300 });
  expect(run.load('b')).toMatchObject({ on: false, reason: { code: 'next-turn' } });
  run.step({ gridW: 300 });
  expect(run.load('b').on).toBe(true);
});

test('the first report is adopted: a load that runs goes on running, and counts as just switched', () => {
  const run = new Run(home({ loads: [{ ...LOAD, use: 'always' }] }));
  const outcome = run.step({ gridW: 300, loads: { heater: { reportedOn: true } } });
  expect(outcome.decision.loads[0]).toMatchObject({ on: true, sinceMs: run.nowMs });
});

test('a relay that its board opened by itself is off, and waits its minimum time once that is sure', () => {
  const run = new Run(home({ loads: [{ ...LOAD, use: 'always' }] }));
  run.run(120, { gridW: 300 });
  expect(run.load('heater').on).toBe(true);
  const fallen: World = { gridW: 300, loads: { heater: { reportedOn: false } } };
  play(run, [
    { when: 'the echo may be late', for: 6, in: fallen, gives: { on: { heater: true } } },
    {
      when: 'it really fell',
      for: 1,
      in: fallen,
      gives: { on: { heater: false }, why: { heater: 'min-off' } },
    },
    { when: 'a minute after the fall', for: 55, in: fallen, gives: { on: { heater: false } } },
    { when: 'a minute after it was sure', for: 5, in: fallen, gives: { on: { heater: true } } },
  ]);
});

test('what a contact does without an order counts against its budget all the same', () => {
  const run = new Run(home({ loads: [{ ...LOAD, use: 'always', maxSwitchesPerDay: 8 }] }));
  run.run(120, { gridW: 300 });
  const counted = () => run.state.loads[0]?.switchesMs.length;
  expect([run.load('heater').on, counted()]).toEqual([true, 1]);
  let switches = 7;
  const reports = (reportedOn: boolean, s: number) => {
    switches += 1;
    run.run(s, { gridW: 300, loads: { heater: { reportedOn, switches } } });
  };
  run.step({ gridW: 300, loads: { heater: { switches } } });
  for (const n of [3, 5]) {
    // Its board begins anew, and is given the order again.
    reports(false, 3);
    reports(true, 3);
    expect([run.load('heater').on, counted()]).toEqual([true, n]);
  }
  reports(false, 10);
  expect([run.load('heater').on, counted()]).toEqual([false, 6]);
  run.run(120, { gridW: 300 });
  switches += 1;
  expect([run.load('heater').on, counted()]).toEqual([true, 7]);
  reports(false, 10);
  expect([run.load('heater').on, counted()]).toEqual([false, 8]);
  run.run(600, { gridW: 300 });
  expect(run.load('heater')).toMatchObject({ on: false, reason: { code: 'budget-day' } });
});

test('an order that never moved its contact hides no later movement from the budget', () => {
  const run = new Run(home({ loads: [{ ...LOAD, use: 'always', maxSwitchesPerDay: 4 }] }));
  const dead = { gridW: 300, loads: { heater: { reportedOn: false, switches: 7 } } };
  const counted = () => run.state.loads[0]?.switchesMs.length;
  run.run(90, dead);
  expect([run.load('heater').on, counted()]).toEqual([false, 1]);
  // The order has left the budget a day later; what the contact does then by itself is counted in full.
  const off = forced(run, false).loads?.heater ?? {};
  run.run(8, dead);
  run.run(86_400, { gridW: 300, loads: { heater: { ...off, reportedOn: false, switches: 7 } } }, 10_000);
  const before = counted() ?? 0;
  run.step({ gridW: 300, loads: { heater: { ...off, reportedOn: false, switches: 9 } } });
  expect((counted() ?? 0) - before).toBe(2);
});

test('how long an echo may take is the home`s own', () => {
  const control = { commands: { echoS: 4, echoTries: 5 } };
  const run = new Run(home({ control, loads: [{ ...LOAD, use: 'always' }] }));
  run.run(120, { gridW: 300 });
  const fallen: World = { gridW: 300, loads: { heater: { reportedOn: false } } };
  play(run, [
    { when: 'five tries of four seconds', for: 20, in: fallen, gives: { on: { heater: true } } },
    { when: 'it really fell', for: 1, in: fallen, gives: { on: { heater: false } } },
  ]);
});

test('a relay on a board that is not heard is left as it was wanted', () => {
  const run = new Run(home({ loads: [{ ...LOAD, use: 'always' }] }));
  run.run(120, { gridW: 300 });
  const silent: World = { gridW: 300, loads: { heater: { reportedOn: false, online: false } } };
  play(run, [
    { when: 'silence', for: 60, in: silent, gives: { on: { heater: true }, alarms: ['alarm-board'] } },
  ]);
});

test('contacts that do not obey are alarms', () => {
  const run = started();
  const world = (contact: 'welded' | 'stuck'): World => ({ gridW: 300, loads: { heater: { contact } } });
  play(run, [
    { when: 'welded', for: 1, in: world('welded'), gives: { alarms: ['alarm-welded'] } },
    { when: 'stuck', for: 1, in: world('stuck'), gives: { alarms: ['alarm-stuck'] } },
  ]);
});
