import { expect, test } from '@jest/globals';
import { effectiveSettings } from '../../../src/core/effective-settings.ts';
import { home, Run, type World } from '../home.ts';
import { play } from '../table.ts';

const at = (socPct: number, more: World = {}): World => ({ gridW: 500, socPct, ...more });

function running(battery = {}, extra = {}): Run {
  const run = new Run(home({ batteries: [battery], ...extra }));
  run.run(5, at(20));
  return run;
}

test('discharge starts at 40.0 and, once started, goes on until below 35.0', () => {
  play(running(), [
    {
      when: '39.9',
      for: 1,
      in: at(39.9),
      gives: { dischargeAllowed: false, battery: 'hold', batteryWhy: 'battery-waits' },
    },
    {
      when: '40.0',
      for: 1,
      in: at(40),
      gives: { dischargeAllowed: true, battery: 'self-consume', dischargeW: 5000 },
    },
    { when: '35.0', for: 1, in: at(35), gives: { dischargeAllowed: true } },
    {
      when: '34.9',
      for: 1,
      in: at(34.9),
      gives: { dischargeAllowed: false, battery: 'hold', batteryWhy: 'battery-low' },
    },
    { when: '39.9 again', for: 1, in: at(39.9), gives: { dischargeAllowed: false } },
  ]);
});

test('a first start in between is not allowed', () => {
  const run = new Run(home({ batteries: [{}] }));
  play(run, [{ when: '37 %', for: 5, in: at(37), gives: { dischargeAllowed: false, battery: 'hold' } }]);
});

test('the reserve lifts both bounds: reserve + 5 and the reserve itself', () => {
  play(running({ reservePct: 50 }), [
    { when: '54.9', for: 1, in: at(54.9), gives: { dischargeAllowed: false } },
    { when: '55.0', for: 1, in: at(55), gives: { dischargeAllowed: true } },
    { when: '50.0', for: 1, in: at(50), gives: { dischargeAllowed: true } },
    { when: '49.9', for: 1, in: at(49.9), gives: { dischargeAllowed: false } },
  ]);
});

test('noise around a bound never chatters', () => {
  const run = running();
  let changes = 0;
  for (let i = 0; i < 1000; i++) {
    const before = run.state.batteries[0]?.dischargeOn;
    run.step(at(40 + 4.9 * Math.sin(i * 1.7)));
    if (run.state.batteries[0]?.dischargeOn !== before) changes++;
  }
  expect(changes).toBe(1);
});

test('an unknown charge keeps the latch', () => {
  play(running(), [
    { when: '45 %', for: 1, in: at(45), gives: { dischargeAllowed: true } },
    {
      when: 'unknown',
      for: 60,
      in: { gridW: 500, socPct: 'stale' },
      gives: { dischargeAllowed: true, battery: 'hold' },
    },
    { when: '36 %', for: 1, in: at(36), gives: { dischargeAllowed: true, battery: 'self-consume' } },
  ]);
});

test('charging stops at the ceiling and starts again one percent below', () => {
  play(running({ ceilingPct: 90 }), [
    { when: '89.9', for: 1, in: at(89.9), gives: { chargeW: 5000 } },
    { when: '90', for: 1, in: at(90), gives: { battery: 'self-consume', chargeW: 0, dischargeW: 5000 } },
    { when: '89.1', for: 1, in: at(89.1), gives: { chargeW: 0 } },
    { when: '89.0', for: 1, in: at(89), gives: { chargeW: 5000 } },
  ]);
});

test('two percent below the reserve it is kept alive from the grid, up to the reserve', () => {
  const run = new Run(home({ batteries: [{ reservePct: 20 }] }));
  run.run(5, at(25));
  play(run, [
    { when: '18.0', for: 1, in: at(18), gives: { battery: 'hold' } },
    {
      when: '17.9',
      for: 1,
      in: at(17.9),
      gives: { battery: 'charge-grid', batteryWhy: 'battery-maintenance', chargeW: 500, dischargeW: 0 },
    },
    { when: '19.9', for: 1, in: at(19.9), gives: { battery: 'charge-grid' } },
    { when: '20', for: 1, in: at(20), gives: { battery: 'hold' } },
  ]);
});

test('what the sun leaves over may all go in while it is kept alive', () => {
  const run = new Run(home({ batteries: [{ reservePct: 20 }] }));
  run.run(5, at(25));
  play(run, [
    {
      when: 'little sun',
      for: 1,
      in: at(10, { gridW: -300, batteryW: -100, pvW: 800 }),
      gives: { chargeW: 500 },
    },
    {
      when: 'much sun',
      for: 1,
      in: at(10, { gridW: -2500, batteryW: -500, pvW: 4000 }),
      gives: { chargeW: 3000 },
    },
    {
      when: 'sun unknown',
      for: 1,
      in: at(10, { gridW: -2500, batteryW: -500, pvW: 'stale' }),
      gives: { chargeW: 500 },
    },
  ]);
});

test('it is not kept alive from the grid where that is forbidden, nor in Peak Mode', () => {
  const never = new Run(home({ batteries: [{ gridCharge: false }] }));
  play(never, [
    { when: 'at 3 %', for: 10, in: at(3), gives: { battery: 'hold', alarms: ['alarm-battery'] } },
  ]);
  const run = running({});
  play(run, [
    { when: 'at 3 %', for: 1, in: at(3), gives: { battery: 'charge-grid', alarms: ['alarm-battery'] } },
    { when: 'and a peak', for: 20, in: at(3, { gridW: 10_000 }), gives: { home: 'peak', battery: 'hold' } },
  ]);
});

test('at 5.0 % there is no alarm yet', () => {
  play(running(), [{ when: 'exactly', for: 1, in: at(5), gives: { alarms: [] } }]);
});

test('a set-point moves the reserve within the installer`s bounds and not above the ceiling', () => {
  const settings = home({
    batteries: [{ ceilingPct: 70 }],
    bounds: { batteryReservePct: { min: 5, max: 80 } },
  });
  const fold = (pct: number) =>
    effectiveSettings(settings, [{ id: 's', seq: 1, fromMs: 0, untilMs: 9, kind: 'battery-reserve', pct }], 1)
      .batteries[0]?.reservePct;
  expect([fold(30), fold(1), fold(100)]).toEqual([30, 5, 70]);
});

test('an observe-only battery gets no command and counts for no help', () => {
  const run = running({ capability: 'observe' });
  const { decision } = run.run(30, at(80, { gridW: 9500 }));
  expect(decision.batteries[0]).toMatchObject({
    mode: 'auto',
    commanded: false,
    reason: { code: 'battery-observed' },
  });
});

test('limits rise with the ramp and fall at once', () => {
  const run = new Run(home({ batteries: [{ rampWPerS: 1000 }] }));
  play(run, [
    { when: 'the first second', for: 2, in: at(50), gives: { chargeW: 1000, dischargeW: 1000 } },
    { when: 'three later', for: 3, in: at(50), gives: { chargeW: 4000 } },
    { when: 'no discharge', for: 1, in: at(30), gives: { dischargeW: 0 } },
  ]);
});

test('a battery that takes a power follows the live meter within its mode, limits and ramp', () => {
  const run = new Run(home({ batteries: [{ capability: 'setpoint' }] }));
  run.run(5, at(50));
  const power = (world: World) => run.step({ socPct: 50, ...world }).decision.batteries[0]?.setpointW;
  expect(power({ gridW: 1500, batteryW: 1000 })).toBe(2500);
  expect(power({ gridW: 9000, batteryW: 0 })).toBe(5000);
  expect(power({ gridW: -3000, batteryW: 0, pvW: 4000 })).toBe(-3000);
  expect(power({ gridW: 15, batteryW: 1234 })).toBe(1234);
  expect(power({ gridW: 1500, batteryW: 0, socPct: 30 })).toBe(0);
  expect(power({ gridW: -1500, batteryW: 0, socPct: 30 })).toBe(-1500);
  expect(power({ gridW: 'stale', batteryW: 0 })).toBe(0);
  expect(power({ gridW: 1000, batteryW: 'stale' })).toBe(0);
});

test('two such batteries share in proportion to what they may', () => {
  const run = new Run(
    home({
      batteries: [
        { capability: 'setpoint' },
        { capability: 'setpoint', maxDischargeW: 2500 },
        { capability: 'observe', maxDischargeW: 9000 },
      ],
    }),
  );
  run.run(5, at(50));
  const powers = run
    .step({ gridW: 3000, batteryW: 0, socPct: 50 })
    .decision.batteries.map((b) => b.setpointW);
  expect(powers).toEqual([2000, 1000, null]);
  const none = run.step({ gridW: 3000, batteryW: 0, socPct: 30 }).decision.batteries.map((b) => b.setpointW);
  expect(none).toEqual([0, 0, null]);
});

test('the ramp binds the power too, but never keeps it beyond its limits', () => {
  const run = new Run(home({ batteries: [{ capability: 'setpoint', rampWPerS: 500 }] }));
  run.run(20, at(50, { gridW: 0 }));
  const power = (world: World) => run.step({ socPct: 50, ...world }).decision.batteries[0]?.setpointW;
  expect(power({ gridW: 3000 })).toBe(500);
  expect(power({ gridW: 3000 })).toBe(1000);
  expect(power({ gridW: -3000 })).toBe(500);
  expect(power({ gridW: 3000, socPct: 20 })).toBe(0);
});

test('a charge reading that stands still while 3 % leave the battery is no longer believed', () => {
  const run = running();
  // 300 Wh of 10 kWh at 3 kW take 360 s.
  const frozen = at(50, { batteryW: 3000 });
  play(run, [
    { when: 'the reading has just come', for: 1, in: frozen, gives: { battery: 'self-consume' } },
    { when: '3 % are nearly gone', for: 359, in: frozen, gives: { battery: 'self-consume' } },
    { when: 'and a little more', for: 2, in: frozen, gives: { battery: 'hold', batteryWhy: 'soc-unknown' } },
    {
      when: 'no reading of the power',
      for: 9,
      in: at(50, { batteryW: 'stale' }),
      gives: { battery: 'hold' },
    },
    {
      when: 'charging pays it back',
      for: 5,
      in: at(50, { batteryW: -3000 }),
      gives: { battery: 'self-consume' },
    },
  ]);
  play(run, [
    { when: 'frozen again', for: 8, in: frozen, gives: { battery: 'hold' } },
    { when: 'it moves', for: 1, in: at(49.9, { batteryW: 3000 }), gives: { battery: 'self-consume' } },
  ]);
});

test('a battery at rest, or one that charges at the top of its curve, may keep its reading', () => {
  const run = running();
  run.run(1800, at(50, { batteryW: 0 }), 10_000);
  play(run, [
    { when: 'charging', for: 1800, in: at(50, { batteryW: -500 }), gives: { battery: 'self-consume' } },
  ]);
});

test('the check of the charge reading can be switched off', () => {
  const run = running({}, { control: { signals: { battery: { stillPct: 0 } } } });
  play(run, [{ when: '6 %', for: 720, in: at(50, { batteryW: 3000 }), gives: { battery: 'self-consume' } }]);
});
