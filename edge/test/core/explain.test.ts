import { describe, expect, test } from '@jest/globals';
import {
  type Condition,
  type Explanation,
  explanation,
  explanationText,
} from '@wattward/broker/wire/explanation';
import { explainActuator } from '../../src/core/explain/explain-actuator.ts';
import { RULES } from '../../src/core/rules/order.ts';
import { type HomeInput, home, Run, START_MS, type World } from './home.ts';

/** What the box would answer now, in this world. Also what comes out of JSON must be a whole answer. */
function explained(run: Run, world: World, actuator: string): Explanation {
  const { state, settings, plan, nowMs } = run;
  const answer = explainActuator(state, run.snapshot(world), settings, plan, nowMs, actuator);
  return explanation.parse(JSON.parse(JSON.stringify(answer)));
}

/** `peak-watch: demandW at-most 5790 (now 11500) for 120 s`. */
function short({ rule, signal, comparison, needed, present, forMs, params }: Condition): string {
  const lasting = forMs > 0 ? ` for ${Math.round(forMs / 1000)} s` : '';
  const about = Object.values(params).map((value) => ` [${value}]`);
  const round = (value: number | string | null) =>
    typeof value === 'number' ? Math.round(value * 10) / 10 : value;
  return `${rule}: ${signal} ${comparison} ${round(needed)} (now ${round(present)})${lasting}${about.join('')}`;
}

function ways(run: Run, world: World, actuator: string, change = 0): string[][] {
  return (explained(run, world, actuator).changes[change]?.ways ?? []).map((way) => way.map(short));
}

interface Case {
  readonly name: string;
  readonly home: HomeInput;
  /** What has happened. */
  readonly before: readonly (readonly [seconds: number, World])[];
  readonly actuator: string;
  readonly says: string[][];
  /** A world in which the first way comes true, and one that just misses it; in seconds until judged. */
  readonly after: World;
  readonly missed: World;
  readonly seconds: number;
  readonly switchesTo: boolean;
}

const PERSON_ON = 'orders: person equals on (now off)';
const PERSON_OFF = 'orders: person equals off (now on)';

const CASES: readonly Case[] = [
  {
    name: 'a load that waits for the sun',
    home: { loads: [{ id: 'boiler' }] },
    before: [[90, { gridW: -800 }]],
    actuator: 'load:boiler',
    says: [['loads: surplusW at-least 2200 (now 800) for 60 s'], [PERSON_ON]],
    after: { gridW: -2200 },
    missed: { gridW: -2199 },
    seconds: 75,
    switchesTo: true,
  },
  {
    name: 'a load behind a more important one that waits too',
    home: { loads: [{ id: 'boiler' }, { id: 'pool', nominalPowerW: 1000 }] },
    before: [[90, { gridW: -1100 }]],
    actuator: 'load:pool',
    says: [['loads: surplusW at-least 1200 (now 1100) for 60 s'], [PERSON_ON]],
    after: { gridW: -1200 },
    missed: { gridW: -1199 },
    seconds: 75,
    switchesTo: true,
  },
  {
    name: 'a load that was shed for a peak',
    home: { loads: [{ id: 'pool', use: 'always', nominalPowerW: 2100 }] },
    before: [
      [90, { gridW: 500 }],
      [30, { gridW: 9500 }],
    ],
    actuator: 'load:pool',
    says: [
      [
        'peak-watch: demandW at-most 5790 (now 9500) for 120 s',
        'peak-watch: waitMs at-most 0 (now 278000)',
        'relay-care: waitMs at-most 0 (now 39000)',
      ],
    ],
    after: { gridW: 5790 },
    missed: { gridW: 5791 },
    seconds: 320,
    switchesTo: true,
  },
  {
    name: 'a load that would make a peak',
    home: { loads: [{ id: 'pool', use: 'always', nominalPowerW: 2000 }] },
    before: [[90, { gridW: 7000 }]],
    actuator: 'load:pool',
    says: [['peak-watch: demandW at-most 6800 (now 7000)']],
    after: { gridW: 6800 },
    missed: { gridW: 6801 },
    seconds: 15,
    switchesTo: true,
  },
  {
    name: 'a load that was shed for the fuse',
    home: { grid: { fuseA: 25 }, loads: [{ id: 'pool', use: 'always', phase: 'L1', nominalPowerW: 2300 }] },
    before: [
      [90, { gridW: 500, phaseA: [5, 5, 5], responsive: false }],
      [10, { gridW: 500, phaseA: [40, 5, 5], responsive: false }],
    ],
    actuator: 'load:pool',
    says: [
      [
        'fuse: phaseA at-most 12.8 (now 40) for 120 s [1]',
        'fuse: waitMs at-most 0 (now 291000)',
        'relay-care: waitMs at-most 0 (now 52000)',
      ],
    ],
    after: { gridW: 500, phaseA: [12.75, 5, 5], responsive: false },
    missed: { gridW: 500, phaseA: [12.76, 5, 5], responsive: false },
    seconds: 320,
    switchesTo: true,
  },
  {
    name: 'a load that would overload a phase',
    home: { grid: { fuseA: 25 }, loads: [{ id: 'pool', use: 'always', phase: 'L2', nominalPowerW: 2300 }] },
    before: [[90, { gridW: 500, phaseA: [5, 16, 5] }]],
    actuator: 'load:pool',
    says: [['fuse: phaseA at-most 15 (now 16) [2]']],
    after: { gridW: 500, phaseA: [5, 15, 5] },
    missed: { gridW: 500, phaseA: [5, 15.1, 5] },
    seconds: 5,
    switchesTo: true,
  },
  {
    name: 'a load above the limit of the operator',
    home: { loads: [{ id: 'pool', use: 'always', nominalPowerW: 2000 }] },
    before: [
      [90, { gridW: 3000, operator: { importLimitW: 4200, exportLimitW: null, heartbeatAtMs: null } }],
    ],
    actuator: 'load:pool',
    says: [['operator-limit: demandW at-most 2000 (now 3000)']],
    after: { gridW: 2000, operator: { importLimitW: 4200, exportLimitW: null, heartbeatAtMs: null } },
    missed: { gridW: 2001, operator: { importLimitW: 4200, exportLimitW: null, heartbeatAtMs: null } },
    seconds: 15,
    switchesTo: true,
  },
  {
    name: 'a load in an outage',
    home: { loads: [{ id: 'pool', use: 'always' }], control: { outage: { spreadS: 0 } } },
    before: [
      [90, { gridW: 500 }],
      [90, { gridState: 'lost' }],
    ],
    actuator: 'load:pool',
    says: [['outage: gridState equals present (now lost)', 'outage: waitMs at-most 0 (now 60000)']],
    after: { gridW: 500, gridState: 'present' },
    missed: { gridW: 500, gridState: 'unknown' },
    seconds: 61,
    switchesTo: true,
  },
  {
    name: 'a load without a trustworthy meter',
    home: { loads: [{ id: 'pool', use: 'always' }] },
    before: [
      [90, { gridW: 500 }],
      [120, { gridW: 'fault' }],
    ],
    actuator: 'load:pool',
    says: [
      [
        'trust: gridPowerQuality equals good (now fault)',
        'trust: goodSamples at-least 10 (now 0)',
        'trust: waitMs at-most 0 (now 30000)',
        'fuse: phaseA at-most 54.3 (now null) [1]',
        'peak-watch: demandW at-most 6800 (now null)',
      ],
    ],
    after: { gridW: 500 },
    missed: { gridW: 'stale' },
    seconds: 31,
    switchesTo: true,
  },
  {
    name: 'a load that people switch',
    home: { loads: [{ id: 'sauna', use: 'manual' }] },
    before: [[90, { gridW: 500 }]],
    actuator: 'load:sauna',
    says: [[PERSON_ON]],
    after: {
      gridW: 500,
      loads: { sauna: { override: { on: true, source: 'portal', untilMs: START_MS + 1e7 } } },
    },
    missed: { gridW: 500 },
    seconds: 2,
    switchesTo: true,
  },
  {
    name: 'a load locked by another',
    home: {
      loads: [
        { id: 'pump', use: 'always', interlock: 1 },
        { id: 'heater', use: 'always', interlock: 1 },
      ],
    },
    before: [[90, { gridW: 500 }]],
    actuator: 'load:heater',
    says: [['relay-care: otherLoad equals off (now on) [pump]']],
    after: {
      gridW: 500,
      loads: { pump: { override: { on: false, source: 'button', untilMs: START_MS + 1e7 } } },
    },
    missed: { gridW: 500 },
    seconds: 65,
    switchesTo: true,
  },
  {
    name: 'a load that runs on the sun',
    home: { loads: [{ id: 'boiler' }], batteries: [{}] },
    before: [[200, { gridW: -3000, socPct: 100 }]],
    actuator: 'load:boiler',
    says: [
      ['loads: importW above 50 (now -1000) for 60 s'],
      ['loads: bridgeW above 50 (now 0) for 900 s'],
      [PERSON_OFF],
      ['peak-watch: demandW above 9000 (now 0)'],
      ['fuse: phaseA above 63 (now -1.4) for 30 s [1]'],
      ['outage: gridState equals lost (now present)'],
      ['trust: gridPowerQuality equals stale (now good) for 30 s'],
    ],
    after: { gridW: -1940, socPct: 100 },
    missed: { gridW: -1950, socPct: 100 },
    seconds: 75,
    switchesTo: false,
  },
  {
    name: 'the more important of two loads, in a peak',
    home: {
      loads: [
        { id: 'pump', use: 'always', nominalPowerW: 1000 },
        { id: 'pool', use: 'always', nominalPowerW: 2000 },
      ],
    },
    before: [[150, { gridW: 500 }]],
    actuator: 'load:pump',
    says: [
      [PERSON_OFF],
      ['peak-watch: demandW above 11000 (now 3500)'],
      ['fuse: phaseA above 71.7 (now 5.1) for 30 s [1]'],
      ['outage: gridState equals lost (now present)'],
      ['trust: gridPowerQuality equals stale (now good) for 30 s'],
    ],
    after: { gridW: 8500 },
    missed: { gridW: 7900 },
    seconds: 30,
    switchesTo: false,
  },
];

describe('an explanation is true: what it asks for switches the load, and a little less does not', () => {
  test.each(CASES)('$name', (row) => {
    for (const [world, done] of [
      [row.after, true],
      [row.missed, false],
    ] as const) {
      const run = new Run(home(row.home));
      for (const [seconds, before] of row.before) run.run(seconds, before);
      const last = row.before.at(-1)?.[1] ?? {};
      expect(ways(run, last, row.actuator)).toEqual(row.says);
      run.run(row.seconds, world);
      const id = row.actuator.slice('load:'.length);
      expect({ done, on: run.load(id).on }).toEqual({ done, on: done ? row.switchesTo : !row.switchesTo });
    }
  });
});

interface BatteryCase {
  readonly name: string;
  readonly battery?: NonNullable<HomeInput['batteries']>[number];
  readonly before: World;
  readonly says: Record<string, string[][]>;
  readonly after: World;
  readonly missed: World;
  /** What the battery is able to do afterwards. */
  readonly able: 'discharge' | 'charge';
  readonly value: boolean;
}

const HOUR_MS = 3_600_000;
const slot = (importPricePerKwh: number, exportPricePerKwh = 0.05, h = 0) => ({
  startMs: START_MS + (h - 1) * HOUR_MS,
  endMs: START_MS + (h + 1) * HOUR_MS,
  importPricePerKwh,
  exportPricePerKwh,
});
const mode = (wanted: 'hold' | 'idle') => ({
  id: 'o1',
  kind: 'battery-mode' as const,
  battery: null,
  mode: wanted,
  limitW: null,
  fromMs: START_MS,
  untilMs: START_MS + 40_000,
});
const CEILING = [['battery-hysteresis: socPct at-least 100 (now 37)']];

const BATTERY_CASES: readonly BatteryCase[] = [
  {
    name: 'below the start of discharge',
    before: { gridW: 500, socPct: 37 },
    says: {
      discharge: [['battery-hysteresis: socPct at-least 40 (now 37)']],
      'no-charge': CEILING,
    },
    after: { gridW: 500, socPct: 40 },
    missed: { gridW: 500, socPct: 39.9 },
    able: 'discharge',
    value: true,
  },
  {
    name: 'while it discharges',
    before: { gridW: 500, socPct: 50 },
    says: {
      'no-discharge': [['battery-hysteresis: socPct below 35 (now 50)']],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now 50)']],
    },
    after: { gridW: 500, socPct: 34.9 },
    missed: { gridW: 500, socPct: 35 },
    able: 'discharge',
    value: false,
  },
  {
    name: 'full',
    before: { gridW: -500, socPct: 100 },
    says: {
      'no-discharge': [['battery-hysteresis: socPct below 35 (now 100)']],
      charge: [['battery-hysteresis: socPct at-most 99 (now 100)']],
    },
    after: { gridW: -500, socPct: 99 },
    missed: { gridW: -500, socPct: 99.1 },
    able: 'charge',
    value: true,
  },
  {
    name: 'kept alive below its reserve',
    before: { gridW: 500, socPct: 7 },
    says: {
      discharge: [
        ['battery-hysteresis: socPct at-least 10 (now 7)', 'battery-hysteresis: socPct at-least 40 (now 7)'],
      ],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now 7)']],
    },
    after: { gridW: 500, socPct: 40 },
    missed: { gridW: 500, socPct: 39 },
    able: 'discharge',
    value: true,
  },
  {
    name: 'with an unknown charge',
    before: { gridW: 500, socPct: 'fault' },
    says: {
      discharge: [
        ['trust: socQuality equals good (now fault)', 'battery-hysteresis: socPct at-least 40 (now null)'],
      ],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now null)']],
    },
    after: { gridW: 500, socPct: 40 },
    missed: { gridW: 500, socPct: 'stale' },
    able: 'discharge',
    value: true,
  },
  {
    name: 'empty in an outage',
    before: { gridState: 'lost', socPct: 10 },
    says: {
      discharge: [['outage: socPct at-least 15 (now 10)']],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now 10)']],
    },
    after: { gridState: 'lost', socPct: 15 },
    missed: { gridState: 'lost', socPct: 14.9 },
    able: 'discharge',
    value: true,
  },
  {
    name: 'supplying in an outage',
    before: { gridState: 'lost', socPct: 37 },
    says: { 'no-discharge': [['outage: socPct at-most 10 (now 37)']], 'no-charge': CEILING },
    after: { gridState: 'lost', socPct: 10 },
    missed: { gridState: 'lost', socPct: 10.1 },
    able: 'discharge',
    value: false,
  },
  {
    name: 'without a trustworthy meter',
    before: { gridW: 'fault', socPct: 50 },
    says: {
      discharge: [
        [
          'trust: gridPowerQuality equals good (now fault)',
          'trust: goodSamples at-least 10 (now 0)',
          'trust: waitMs at-most 0 (now 30000)',
        ],
      ],
      charge: [
        [
          'trust: gridPowerQuality equals good (now fault)',
          'trust: goodSamples at-least 10 (now 0)',
          'trust: waitMs at-most 0 (now 30000)',
        ],
      ],
    },
    after: { gridW: 500, socPct: 50 },
    missed: { gridW: 'absent', socPct: 50 },
    able: 'discharge',
    value: true,
  },
  {
    name: 'ordered to hold',
    before: { gridW: 500, socPct: 50, orders: [mode('hold')] },
    says: {
      discharge: [['orders: waitMs at-most 0 (now 5000)']],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now 50)']],
    },
    after: { gridW: 500, socPct: 50, orders: [mode('hold')] },
    missed: { gridW: 500, socPct: 50, orders: [{ ...mode('hold'), untilMs: START_MS + 1e7 }] },
    able: 'discharge',
    value: true,
  },
  {
    name: 'held for dearer hours',
    before: { gridW: 500, socPct: 50, prices: [slot(0.2), slot(0.4, 0.05, 2)] },
    says: {
      discharge: [['price: importPricePerKwh at-least 0.4 (now 0.2)']],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now 50)']],
    },
    after: { gridW: 500, socPct: 50, prices: [slot(0.4)] },
    missed: { gridW: 500, socPct: 50, prices: [slot(0.39), slot(0.4, 0.05, 2)] },
    able: 'discharge',
    value: true,
  },
  {
    name: 'charged because energy is cheap',
    before: { gridW: 500, socPct: 50, prices: [slot(0.1), slot(0.4, 0.05, 2)] },
    says: {
      discharge: [['price: importPricePerKwh above 0.1 (now 0.1)']],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now 50)']],
    },
    after: { gridW: 500, socPct: 50, prices: [slot(0.11), slot(0.3, 0.05, 2)] },
    missed: { gridW: 500, socPct: 50, prices: [slot(0.1), slot(0.3, 0.05, 2)] },
    able: 'discharge',
    value: true,
  },
  {
    name: 'charged because the grid pays for it',
    before: { gridW: 500, socPct: 50, prices: [slot(-0.01)] },
    says: {
      discharge: [['price: importPricePerKwh at-least 0 (now 0)']],
      'no-charge': [['battery-hysteresis: socPct at-least 100 (now 50)']],
    },
    after: { gridW: 500, socPct: 50, prices: [slot(0)] },
    missed: { gridW: 500, socPct: 50, prices: [slot(-0.001)] },
    able: 'discharge',
    value: true,
  },
  {
    name: 'sold',
    before: { gridW: 500, socPct: 50, prices: [slot(0.2, 0.5)] },
    says: {
      'no-discharge': [['battery-hysteresis: socPct below 35 (now 50)']],
      charge: [['price: exportPricePerKwh below 0.4 (now 0.5)']],
    },
    after: { gridW: 500, socPct: 50, prices: [slot(0.2, 0.39)] },
    missed: { gridW: 500, socPct: 50, prices: [slot(0.2, 0.4)] },
    able: 'charge',
    value: true,
  },
];

describe('an explanation of a battery is true as well', () => {
  const control = { price: { enabled: true, lowPricePerKwh: 0.1, highPricePerKwh: 0.4, sell: true } };
  test.each(BATTERY_CASES)('$name', ({ battery = {}, before, says, after, missed, able, value }) => {
    for (const [world, done] of [
      [after, true],
      [missed, false],
    ] as const) {
      const run = new Run(home({ batteries: [battery], control }));
      run.run(35, before);
      const { changes } = explained(run, before, 'battery:battery-1');
      expect(
        Object.fromEntries(changes.map(({ to, ways }) => [to, ways.map((way) => way.map(short))])),
      ).toEqual(says);
      const { decision } = run.run(32, world);
      const command = decision.batteries[0];
      const watts = able === 'charge' ? command?.chargeLimitW : command?.dischargeLimitW;
      expect({ done, able: (watts ?? 0) > 0 }).toEqual({ done, able: done === value });
    }
  });
});

test('the chain lists all rules in their order, what each tried, and who bound it', () => {
  const run = new Run(home({ loads: [{ id: 'pool', use: 'always', nominalPowerW: 2100 }] }));
  run.run(90, { gridW: 500 });
  run.run(30, { gridW: 9500 });
  const { chain, outcome, reason } = explained(run, { gridW: 9500 }, 'load:pool');
  expect(chain.map(({ rule }) => rule)).toEqual(RULES.map(({ name }) => name));
  expect({ outcome, code: reason.code }).toEqual({ outcome: 'off', code: 'peak-shed' });
  const said = chain.flatMap(({ rule, bound, attempts }) =>
    attempts.map(({ effect, took, reason: { code } }) => `${rule} ${effect} ${code} ${took} ${bound}`),
  );
  expect(said).toEqual([
    'peak-watch forbid-on peak-shed true true',
    'peak-watch forbid-on peak-hold false true',
    'relay-care forbid-on min-off false false',
    'loads choose-on always-on true false',
    'loads choose-off surplus-wait false false',
  ]);
});

test('explaining changes nothing, and what is not there cannot be explained', () => {
  const run = new Run(home({ loads: [{ id: 'pool' }], batteries: [{ capability: 'observe' }] }));
  run.run(5, { gridW: 500 });
  const before = JSON.stringify(run.state);
  expect(explained(run, { gridW: 500 }, 'battery:battery-1').changes).toEqual([]);
  expect(JSON.stringify(run.state)).toBe(before);
  const { state, settings, nowMs } = run;
  expect(explainActuator(state, run.snapshot({}), settings, null, nowMs, 'load:nothing')).toBeNull();
});

test('said in both languages', () => {
  const run = new Run(home({ loads: [{ id: 'pool', name: 'Pool', nominalPowerW: 2100 }], batteries: [{}] }));
  const world: World = { gridW: -800, socPct: 37 };
  run.run(90, world);
  const load = explained(run, world, 'load:pool');
  expect(explanationText(load, 'en')).toBe(
    '"Pool" is off: waits for the sun: surplus 0.8 kW, 2.3 kW needed. It switches on when the surplus is at ' +
      'least 2.3 kW (now 0.8 kW) for 60 s, or a person switches it on.',
  );
  expect(explanationText(load, 'de')).toBe(
    '"Pool" ist aus: wartet auf Sonne: Überschuss 0,8 kW, nötig 2,3 kW. Es schaltet ein, wenn der Überschuss ' +
      'bei mindestens 2,3 kW liegt (jetzt 0,8 kW) und das 60 s lang, oder jemand es von Hand auf an stellt.',
  );
  expect(explanationText(explained(run, world, 'battery:battery-1'), 'de')).toBe(
    '"Battery 1" ist im Modus Halten: Ladestand 37,0 %: Entladung beginnt bei 40,0 %. Sie darf entladen, wenn ' +
      'der Ladestand bei mindestens 40,0 % liegt (jetzt 37,0 %). Sie lädt nicht mehr, wenn der Ladestand bei ' +
      'mindestens 100,0 % liegt (jetzt 37,0 %).',
  );
});
