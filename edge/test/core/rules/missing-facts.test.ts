/** What rules read that is no measured signal (clock, prices, orders, relays, operator, grid state), gone wrong. */
import { expect, test } from '@jest/globals';
import type { Plan } from '../../../src/core/plan.ts';
import { NO_OPERATOR, type Order, type PriceSlot } from '../../../src/core/snapshot.ts';
import { type HomeInput, home, Run, START_MS, type World } from '../home.ts';
import { type Expected, play } from '../table.ts';

const HOUR_MS = 3_600_000;
const FAR_MS = START_MS + 9e9;
const POOL = { id: 'pool', use: 'manual', priority: 1 } as const;

interface Fact {
  readonly rule: string;
  readonly when: string;
  readonly home: HomeInput;
  /** Before: 120 s of this. */
  readonly before?: World;
  readonly plan?: Plan;
  readonly in: World;
  readonly for: number;
  readonly gives: Expected;
}

const operator = (heartbeatAtMs: number | null) => ({ operator: { ...NO_OPERATOR, heartbeatAtMs } });
const EXPECTED: HomeInput = { loads: [POOL], control: { operator: { expected: true } } };
const FAILSAFE: Expected = { home: 'limited', exportW: 0, alarms: ['alarm-operator'] };

const wish = (untilMs: number): World => ({
  gridW: 300,
  loads: { pool: { override: { on: true, source: 'portal', untilMs } } },
});
const order = (fromMs: number, untilMs: number, clockTrusted = true): World => ({
  gridW: 300,
  clockTrusted,
  orders: [{ id: 'o', kind: 'load', load: 'pool', on: true, fromMs, untilMs } satisfies Order],
});
const UNASKED: Expected = { home: 'normal', on: { pool: false }, why: { pool: 'manual-off' } };

const plan = (extra: Partial<Plan>, chargeLimitW = 2000): Plan => ({
  id: 'p',
  issuedAtMs: START_MS,
  expiresAtMs: FAR_MS,
  slots: [
    {
      startMs: START_MS,
      endMs: FAR_MS,
      batteries: [
        { id: 'battery-1', mode: 'hold', chargeLimitW, dischargeLimitW: 0, socMinPct: 0, socMaxPct: 100 },
      ],
      loadsOn: ['gone'],
      houseLoadW: 300,
      houseLoadBandW: 5000,
      storedValuePerKwh: 0.2,
    },
  ],
  ...extra,
});
const UNPLANNED: Expected = { battery: 'self-consume', batteryWhy: 'sources-balance' };

const slot = (hour: number, importPricePerKwh: number): PriceSlot => ({
  startMs: START_MS + hour * HOUR_MS,
  endMs: START_MS + (hour + 1) * HOUR_MS,
  importPricePerKwh,
  exportPricePerKwh: 0.05,
});
const PRICED: HomeInput = {
  batteries: [{}],
  control: { price: { enabled: true, lowPricePerKwh: 0.12, highPricePerKwh: 0.4 } },
};
const priced = (prices: readonly PriceSlot[], clockTrusted = true): World => ({
  gridW: 300,
  prices,
  clockTrusted,
});

const PAIR: HomeInput = {
  loads: [
    { id: 'pool', use: 'manual', priority: 1, interlock: 1 },
    { id: 'heater', use: 'manual', priority: 2, interlock: 1 },
  ],
};
const poolWanted = { override: { on: true, source: 'portal', untilMs: FAR_MS } } as const;
const heater = (reportedOn: boolean | null): World => ({
  gridW: 300,
  loads: { pool: poolWanted, heater: { reportedOn } },
});

const FACTS: readonly Fact[] = [
  {
    rule: 'outage',
    when: 'an unknown grid state is no outage',
    home: { loads: [{ ...POOL, use: 'always' }] },
    in: { gridW: 300, gridState: 'unknown' },
    for: 60,
    gives: { home: 'normal', on: { pool: true } },
  },
  {
    rule: 'outage',
    when: 'an unknown grid state with nothing at the meter ends no outage',
    home: { loads: [{ ...POOL, use: 'always' }] },
    before: { gridState: 'lost' },
    in: { gridW: 0, gridState: 'unknown', responsive: false },
    for: 600,
    gives: { home: 'outage', on: { pool: false }, why: { pool: 'outage-shed' } },
  },
  {
    rule: 'operator-limit',
    when: 'a heartbeat never heard is lost',
    home: EXPECTED,
    in: operator(null),
    for: 5,
    gives: FAILSAFE,
  },
  {
    rule: 'operator-limit',
    when: 'a heartbeat of yesterday is lost',
    home: EXPECTED,
    in: operator(START_MS - 24 * HOUR_MS),
    for: 5,
    gives: FAILSAFE,
  },
  {
    rule: 'operator-limit',
    when: 'a heartbeat at no time at all is lost',
    home: EXPECTED,
    in: operator(Number.NaN),
    for: 5,
    gives: FAILSAFE,
  },
  {
    rule: 'operator-limit',
    when: 'a heartbeat heard just now is none that is missed',
    home: EXPECTED,
    in: operator(START_MS + 125_000),
    for: 5,
    gives: { home: 'normal', exportW: null, alarms: [] },
  },
  {
    rule: 'peak-watch',
    when: 'without a trusted clock the demand window runs on control time',
    home: { loads: [{ ...POOL, use: 'always' }], control: { peak: { contractW: 4000 } } },
    before: { gridW: 300, clockTrusted: false },
    in: { gridW: 3900, clockTrusted: false },
    for: 300,
    gives: { on: { pool: false }, why: { pool: 'peak-window-shed' } },
  },
  {
    rule: 'relay-care',
    when: 'a relay reported closed keeps its partner off',
    home: PAIR,
    in: heater(true),
    for: 5,
    gives: { on: { pool: false }, why: { pool: 'interlock' } },
  },
  {
    rule: 'relay-care',
    when: 'a relay reported open does not',
    home: PAIR,
    in: heater(false),
    for: 5,
    gives: { on: { pool: true } },
  },
  { rule: 'orders', when: 'no wish', home: { loads: [POOL] }, in: { gridW: 300 }, for: 5, gives: UNASKED },
  {
    rule: 'orders',
    when: 'a wish that holds',
    home: { loads: [POOL] },
    in: wish(FAR_MS),
    for: 5,
    gives: { home: 'manual', on: { pool: true } },
  },
  {
    rule: 'orders',
    when: 'a wish long over',
    home: { loads: [POOL] },
    in: wish(START_MS - HOUR_MS),
    for: 5,
    gives: UNASKED,
  },
  {
    rule: 'orders',
    when: 'a wish without an end that is a number',
    home: { loads: [POOL] },
    in: wish(Number.NaN),
    for: 5,
    gives: UNASKED,
  },
  {
    rule: 'orders',
    when: 'an order that holds',
    home: { loads: [POOL] },
    in: order(START_MS, FAR_MS),
    for: 5,
    gives: { home: 'manual', on: { pool: true }, why: { pool: 'order-load' } },
  },
  {
    rule: 'orders',
    when: 'an order with a clock not trusted',
    home: { loads: [POOL] },
    in: order(START_MS, FAR_MS, false),
    for: 5,
    gives: UNASKED,
  },
  {
    rule: 'orders',
    when: 'an order long over',
    home: { loads: [POOL] },
    in: order(START_MS - 2 * HOUR_MS, START_MS - HOUR_MS),
    for: 5,
    gives: UNASKED,
  },
  {
    rule: 'orders',
    when: 'an order without a start that is a number',
    home: { loads: [POOL] },
    in: order(Number.NaN, FAR_MS),
    for: 5,
    gives: UNASKED,
  },
  {
    rule: 'orders',
    when: 'an order without an end that is a number',
    home: { loads: [POOL] },
    in: order(START_MS, Number.NaN),
    for: 5,
    gives: UNASKED,
  },
  {
    rule: 'plan',
    when: 'a plan in force, with a load that is gone',
    home: { batteries: [{}] },
    plan: plan({}),
    in: { gridW: 300 },
    for: 5,
    gives: { battery: 'hold', batteryWhy: 'plan-mode', chargeW: 2000 },
  },
  {
    rule: 'plan',
    when: 'a plan that wants more than the battery can',
    home: { batteries: [{}] },
    plan: plan({}, 1e9),
    in: { gridW: 300 },
    for: 5,
    gives: { battery: 'hold', batteryWhy: 'plan-mode', chargeW: 5000 },
  },
  {
    rule: 'plan',
    when: 'a plan long over',
    home: { batteries: [{}] },
    plan: plan({ issuedAtMs: START_MS - 9e9, expiresAtMs: START_MS - HOUR_MS }),
    in: { gridW: 300 },
    for: 5,
    gives: UNPLANNED,
  },
  {
    rule: 'plan',
    when: 'a plan without an end that is a number',
    home: { batteries: [{}] },
    plan: plan({ expiresAtMs: Number.NaN }),
    in: { gridW: 300 },
    for: 5,
    gives: UNPLANNED,
  },
  {
    rule: 'plan',
    when: 'a plan with a clock not trusted',
    home: { batteries: [{}] },
    plan: plan({}),
    before: { gridW: 300, clockTrusted: false },
    in: { gridW: 300, clockTrusted: false },
    for: 5,
    gives: UNPLANNED,
  },
  {
    rule: 'price',
    when: 'cheap now and dear later',
    home: PRICED,
    in: priced([slot(0, 0.1), slot(1, 0.5)]),
    for: 5,
    gives: { battery: 'charge-grid', batteryWhy: 'price-charge' },
  },
  { rule: 'price', when: 'no prices', home: PRICED, in: priced([]), for: 5, gives: UNPLANNED },
  {
    rule: 'price',
    when: 'prices of yesterday',
    home: PRICED,
    in: priced([slot(-25, 0.1), slot(-24, 0.5)]),
    for: 5,
    gives: UNPLANNED,
  },
  {
    rule: 'price',
    when: 'prices with a clock not trusted',
    home: PRICED,
    in: priced([slot(0, 0.1), slot(1, 0.5)], false),
    for: 5,
    gives: UNPLANNED,
  },
  {
    rule: 'price',
    when: 'a price now that is no number',
    home: PRICED,
    in: priced([slot(0, Number.NaN), slot(1, 0.5)]),
    for: 5,
    gives: UNPLANNED,
  },
  {
    rule: 'price',
    when: 'a price ahead that is no number',
    home: PRICED,
    in: priced([slot(0, 0.1), slot(1, Number.NaN), slot(2, 0.5)]),
    for: 5,
    gives: { battery: 'charge-grid', batteryWhy: 'price-charge' },
  },
  {
    rule: 'loads',
    when: 'a deadline without a trusted clock is not known',
    home: { loads: [{ id: 'pool', target: { runMin: 600, deadline: '20:30' } }] },
    before: { gridW: 300, clockTrusted: false },
    in: { gridW: 300, clockTrusted: false },
    for: 100,
    gives: { on: { pool: false }, why: { pool: 'surplus-wait' } },
  },
  {
    rule: 'loads',
    when: 'quiet hours without a trusted clock are not known',
    home: { loads: [{ id: 'pool', quietHours: { from: '18:00', to: '23:00' } }] },
    before: { gridW: 300, clockTrusted: false },
    in: { gridW: -4000, clockTrusted: false, responsive: false },
    for: 90,
    gives: { on: { pool: true }, why: { pool: 'surplus-run' } },
  },
];

test.each(FACTS)('$rule: $when', (fact) => {
  const run = new Run(home(fact.home));
  run.plan = fact.plan ?? null;
  run.run(120, fact.before ?? { gridW: 300 });
  play(run, [{ when: fact.when, for: fact.for, in: fact.in, gives: fact.gives }]);
  // A number that is none would come back as null.
  expect(JSON.parse(JSON.stringify(run.state))).toEqual(run.state);
});
