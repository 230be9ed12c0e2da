import { expect, test } from '@jest/globals';
import type { Plan, PlannedBattery, PlanSlot } from '../../../src/core/plan.ts';
import type { Order } from '../../../src/core/snapshot.ts';
import { home, Run, START_MS, type World } from '../home.ts';
import { play } from '../table.ts';

const HEATER = { id: 'heater', nominalPowerW: 1000, use: 'manual' } as const;
const POOL = { id: 'pool', nominalPowerW: 1000 } as const;
const HOUR_MS = 3_600_000;

function started(input: Parameters<typeof home>[0]): Run {
  const run = new Run(home(input));
  run.run(100, { gridW: 300 });
  return run;
}

test('an override at the portal or by the button counts until it expires', () => {
  const run = started({ loads: [HEATER] });
  const untilMs = run.nowMs + 120_000;
  const wish = (source: 'portal' | 'button'): World => ({
    gridW: 300,
    loads: { heater: { override: { on: true, source, untilMs } } },
  });
  play(run, [
    {
      when: 'button',
      for: 60,
      in: wish('button'),
      gives: { home: 'manual', on: { heater: true }, why: { heater: 'override-button' } },
    },
    {
      when: 'portal',
      for: 59,
      in: wish('portal'),
      gives: { on: { heater: true }, why: { heater: 'override-portal' } },
    },
    { when: 'expired', for: 1, in: wish('portal'), gives: { home: 'normal', on: { heater: false } } },
  ]);
});

test('an override does not beat what protects', () => {
  const run = started({ loads: [HEATER] });
  run.run(20, { gridW: 9500 });
  const override = { on: true, source: 'portal', untilMs: run.nowMs + HOUR_MS } as const;
  const world: World = { gridW: 9500, loads: { heater: { override } } };
  play(run, [
    { when: 'a peak', for: 60, in: world, gives: { on: { heater: false }, why: { heater: 'peak-hold' } } },
  ]);
});

const order = (fromS: number, untilS: number, rest: object): Order =>
  ({ id: 'o-1', fromMs: START_MS + fromS * 1000, untilMs: START_MS + untilS * 1000, ...rest }) as Order;

test('an order from afar acts in its window, with a trusted clock only', () => {
  const run = started({ loads: [HEATER] });
  const orders = [
    order(110, 300, { kind: 'load', load: 'heater', on: true }),
    order(0, 999, { kind: 'load', load: 'gone', on: true }),
  ];
  const world = { gridW: 300, orders };
  play(run, [
    { when: 'before', for: 9, in: world, gives: { on: { heater: false } } },
    {
      when: 'in it',
      for: 60,
      in: world,
      gives: { home: 'manual', on: { heater: true }, why: { heater: 'order-load' } },
    },
    { when: 'clock lost', for: 60, in: { ...world, clockTrusted: false }, gives: { on: { heater: false } } },
  ]);
});

test('an override of the person in the home goes before an order from afar', () => {
  const run = started({ loads: [HEATER] });
  const override = { on: false, source: 'portal', untilMs: run.nowMs + HOUR_MS } as const;
  const orders = [order(0, 900, { kind: 'load', load: 'heater', on: true })];
  play(run, [
    {
      when: 'both',
      for: 60,
      in: { gridW: 300, orders, loads: { heater: { override } } },
      gives: { on: { heater: false }, why: { heater: 'override-portal' } },
    },
  ]);
});

test.each([
  { mode: 'hold', expected: { mode: 'hold', chargeLimitW: 3000, dischargeLimitW: 0 } },
  { mode: 'idle', expected: { mode: 'idle', chargeLimitW: 0, dischargeLimitW: 0 } },
  { mode: 'charge-grid', expected: { mode: 'charge-grid', chargeLimitW: 3000, dischargeLimitW: 0 } },
  { mode: 'discharge-grid', expected: { mode: 'discharge-grid', chargeLimitW: 0, dischargeLimitW: 3000 } },
  { mode: 'self-consume', expected: { mode: 'self-consume', chargeLimitW: 3000, dischargeLimitW: 3000 } },
])('a battery ordered to $mode does it within its limits', ({ mode, expected }) => {
  const run = started({ batteries: [{}, {}] });
  const orders = [order(0, 900, { kind: 'battery-mode', battery: 'battery-1', mode, limitW: 3000 })];
  const [first, second] = run.step({ gridW: 300, socPct: 60, orders }).decision.batteries;
  expect(first).toMatchObject(expected);
  expect(second?.mode).toBe('self-consume');
});

test.each([
  { mode: 'charge-grid', socPct: 100, expected: 'idle', code: 'battery-full' },
  { mode: 'hold', socPct: 100, expected: 'idle', code: 'battery-full' },
  { mode: 'discharge-grid', socPct: 30, expected: 'idle', code: 'battery-low' },
])('ordered to $mode at $socPct % it is $expected', ({ mode, socPct, expected, code }) => {
  const run = started({ batteries: [{}] });
  const orders = [order(0, 900, { kind: 'battery-mode', battery: null, mode, limitW: null })];
  const command = run.step({ gridW: 300, socPct, orders }).decision.batteries[0];
  expect(command).toMatchObject({ mode: expected, reason: { code } });
});

test('a set-point battery gives and takes what its ordered mode says', () => {
  const run = started({ batteries: [{ capability: 'setpoint' }] });
  const power = (mode: string) => {
    const orders = [order(0, 9000, { kind: 'battery-mode', battery: null, mode, limitW: 2000 })];
    return run.step({ gridW: 300, socPct: 60, orders }).decision.batteries[0]?.setpointW;
  };
  expect(power('charge-grid')).toBe(-2000);
  expect(power('discharge-grid')).toBe(2000);
  expect(power('idle')).toBe(0);
});

test('a full and empty-latched battery in self-consumption is idle', () => {
  const run = started({ batteries: [{ ceilingPct: 30 }] });
  const command = run.step({ gridW: 300, socPct: 32 }).decision.batteries[0];
  expect(command).toMatchObject({ mode: 'idle', reason: { code: 'battery-low' } });
});

const slot = (extra: Partial<PlanSlot> = {}, battery: Partial<PlannedBattery> = {}): PlanSlot => ({
  startMs: START_MS,
  endMs: START_MS + HOUR_MS,
  batteries: [
    {
      id: 'battery-1',
      mode: 'hold',
      chargeLimitW: 9000,
      dischargeLimitW: 1000,
      socMinPct: 40,
      socMaxPct: 60,
      ...battery,
    },
  ],
  loadsOn: ['pool', 'heater'],
  houseLoadW: 300,
  houseLoadBandW: 500,
  storedValuePerKwh: 0.2,
  ...extra,
});

const plan = (slots: readonly PlanSlot[], extra: Partial<Plan> = {}): Plan => ({
  id: 'p-1',
  issuedAtMs: START_MS,
  expiresAtMs: START_MS + 2 * HOUR_MS,
  slots,
  ...extra,
});

function planned(p: Plan): Run {
  const run = started({ loads: [POOL, HEATER], batteries: [{}] });
  run.plan = p;
  return run;
}

test('the current slot gives mode, limits and load starts, but does not move what people switch', () => {
  play(planned(plan([slot()])), [
    {
      when: 'in the slot',
      for: 60,
      in: { gridW: 300, socPct: 50 },
      gives: {
        battery: 'hold',
        batteryWhy: 'plan-mode',
        chargeW: 5000,
        on: { pool: true, heater: false },
        why: { pool: 'plan-load' },
      },
    },
  ]);
});

test.each([
  ['an expired plan', plan([slot()], { expiresAtMs: START_MS + 1000 })],
  ['a plan of tomorrow', plan([slot()], { issuedAtMs: START_MS + HOUR_MS })],
  [
    'a plan without a slot for now',
    plan([slot({ startMs: START_MS + HOUR_MS, endMs: START_MS + 2 * HOUR_MS })]),
  ],
  ['a plan about other batteries', plan([slot({}, { id: 'battery-9' })])],
])('%s changes nothing', (_, p) => {
  play(planned(p), [
    { when: 'now', for: 5, in: { gridW: 300, socPct: 50 }, gives: { battery: 'self-consume' } },
  ]);
});

test('without a trusted clock there is no plan', () => {
  play(planned(plan([slot()])), [
    {
      when: 'now',
      for: 5,
      in: { gridW: 300, socPct: 50, clockTrusted: false },
      gives: { battery: 'self-consume' },
    },
  ]);
});

test.each([39.9, 60.1])('a plan that the battery has left (%s %) is ignored until the next one', (socPct) => {
  const run = planned(plan([slot()]));
  play(run, [
    { when: 'as planned', for: 5, in: { gridW: 300, socPct: 50 }, gives: { battery: 'hold' } },
    { when: 'left', for: 1, in: { gridW: 300, socPct }, gives: { battery: 'self-consume' } },
    { when: 'back in the band', for: 5, in: { gridW: 300, socPct: 50 }, gives: { battery: 'self-consume' } },
  ]);
  run.plan = plan([slot()], { id: 'p-2' });
  play(run, [{ when: 'a new plan', for: 1, in: { gridW: 300, socPct: 50 }, gives: { battery: 'hold' } }]);
});

test('a plan is left when the house load is off by more than its band for a while, not for a kettle', () => {
  const run = planned(plan([slot()]));
  play(run, [
    { when: 'a kettle', for: 120, in: { gridW: 2500, socPct: 50 }, gives: { battery: 'hold' } },
    { when: 'for a while', for: 900, in: { gridW: 2500, socPct: 50 }, gives: { battery: 'self-consume' } },
  ]);
});

test('unknown readings do not make a plan wrong', () => {
  const run = planned(plan([slot()]));
  play(run, [
    { when: 'charge unknown', for: 1, in: { gridW: 300, socPct: 'stale' }, gives: { battery: 'hold' } },
    { when: 'sun unknown', for: 1, in: { gridW: 300, socPct: 50, pvW: 'stale' }, gives: { battery: 'hold' } },
  ]);
});

const at = (hour: number, importPricePerKwh: number, exportPricePerKwh = 0.05) => ({
  startMs: START_MS + hour * HOUR_MS,
  endMs: START_MS + (hour + 1) * HOUR_MS,
  importPricePerKwh,
  exportPricePerKwh,
});
const PRICED = {
  control: { price: { enabled: true, lowPricePerKwh: 0.12, highPricePerKwh: 0.4, sell: true } },
};

function priced(battery = {}, extra: object = PRICED): Run {
  return started({ batteries: [battery], ...extra });
}

test('cheap energy is bought when the dearest hour ahead repays losses and wear', () => {
  const now = { gridW: 300, socPct: 50 };
  play(priced(), [
    {
      when: 'cheap now, dear later',
      for: 1,
      in: { ...now, prices: [at(0, 0.12), at(1, 0.5)] },
      gives: { battery: 'charge-grid', batteryWhy: 'price-charge' },
    },
    {
      when: 'a cent above the low price',
      for: 1,
      in: { ...now, prices: [at(0, 0.13), at(1, 0.3)] },
      gives: { battery: 'self-consume' },
    },
    {
      when: 'nothing dearer ahead',
      for: 1,
      in: { ...now, prices: [at(0, 0.12), at(1, 0.15)] },
      gives: { battery: 'self-consume' },
    },
    {
      when: 'the dear hour is beyond the horizon',
      for: 1,
      in: { ...now, prices: [at(0, 0.12), at(13, 0.5)] },
      gives: { battery: 'self-consume' },
    },
  ]);
});

test('a negative price is taken always, unless the battery may not be charged from the grid', () => {
  const world = { gridW: 300, socPct: 50, prices: [at(0, -0.01)] };
  play(priced(), [
    {
      when: 'paid for taking',
      for: 1,
      in: world,
      gives: { battery: 'charge-grid', batteryWhy: 'price-negative' },
    },
  ]);
  play(priced({ gridCharge: false }), [
    { when: 'forbidden', for: 1, in: world, gives: { battery: 'self-consume' } },
  ]);
});

test('it holds for dearer hours, and gives in them', () => {
  const world = { gridW: 300, socPct: 50 };
  play(priced(), [
    {
      when: 'dear later',
      for: 1,
      in: { ...world, prices: [at(0, 0.3), at(1, 0.4)] },
      gives: { battery: 'hold', batteryWhy: 'price-hold', chargeW: 5000 },
    },
    {
      when: 'dear now',
      for: 1,
      in: { ...world, prices: [at(0, 0.4), at(1, 0.5)] },
      gives: { battery: 'self-consume' },
    },
  ]);
});

test('it sells above the high price when that beats refilling, wear and losses included', () => {
  const world = { gridW: 300, socPct: 80 };
  play(priced(), [
    {
      when: 'worth it',
      for: 1,
      in: { ...world, prices: [at(0, 0.5, 0.45), at(1, 0.2)] },
      gives: { battery: 'discharge-grid', batteryWhy: 'price-sell' },
    },
    {
      when: 'refilling is too dear',
      for: 1,
      in: { ...world, prices: [at(0, 0.5, 0.41), at(1, 0.4)] },
      gives: { battery: 'self-consume' },
    },
  ]);
  const forbidden = { control: { price: { enabled: true, highPricePerKwh: 0.4 } } };
  play(priced({}, forbidden), [
    {
      when: 'not allowed',
      for: 1,
      in: { ...world, prices: [at(0, 0.5, 0.45)] },
      gives: { battery: 'self-consume' },
    },
  ]);
});

test('without prices, without a trusted clock, or with a plan in force the price rule is silent', () => {
  const prices = [at(0, 0.1), at(1, 0.5)];
  const run = priced();
  play(run, [
    { when: 'no prices', for: 1, in: { gridW: 300 }, gives: { battery: 'self-consume' } },
    {
      when: 'yesterday`s prices',
      for: 1,
      in: { gridW: 300, prices: [at(-5, 0.1)] },
      gives: { battery: 'self-consume' },
    },
    {
      when: 'clock lost',
      for: 1,
      in: { gridW: 300, prices, clockTrusted: false },
      gives: { battery: 'self-consume' },
    },
  ]);
  run.plan = plan([slot({ houseLoadBandW: 9000 })]);
  play(run, [{ when: 'planned', for: 1, in: { gridW: 300, prices }, gives: { batteryWhy: 'plan-mode' } }]);
  expect(run.last?.decision.importPricePerKwh).toBe(0.1);
});
