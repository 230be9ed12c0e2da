import { describe, expect, test } from '@jest/globals';
import type { Plan } from '../../../src/core/plan.ts';
import { type HomeInput, home, Run, START_MS, type World } from '../home.ts';
import { PERSON_OFF, PERSON_ON, ways } from './explained.ts';

const override = (on: boolean): World => ({
  gridW: 500,
  loads: { a: { override: { on, source: 'button', untilMs: START_MS + 200_000 } } },
});
const LIMITED: World = {
  gridW: 500,
  operator: { importLimitW: 4200, exportLimitW: null, heartbeatAtMs: null },
};
const PLAN: Plan = {
  id: 'p1',
  issuedAtMs: START_MS,
  expiresAtMs: START_MS + 1e7,
  slots: [
    {
      startMs: START_MS,
      endMs: START_MS + 900_000,
      batteries: [
        {
          id: 'battery-1',
          mode: 'idle',
          chargeLimitW: 5000,
          dischargeLimitW: 5000,
          socMinPct: 0,
          socMaxPct: 100,
        },
      ],
      loadsOn: ['a'],
      houseLoadW: 500,
      houseLoadBandW: 1e6,
      storedValuePerKwh: 0.2,
    },
  ],
};

interface Saying {
  readonly name: string;
  readonly home: HomeInput;
  readonly before: readonly (readonly [seconds: number, World])[];
  readonly actuator?: string;
  readonly says: string[][];
}

const SHEDDING = [
  ['peak-watch: demandW above 9000 (now 2500)'],
  ['fuse: phaseA above 63 (now 3.6) for 30 s [1]'],
  ['outage: gridState equals lost (now present)'],
  ['trust: gridPowerQuality equals stale (now good) for 30 s'],
];
const MIN_ON = 'relay-care: waitMs at-most 0 (now 21000)';
const SUN = 'loads: surplusW at-least 2200 (now -500) for 60 s';

const SAYINGS: readonly Saying[] = [
  {
    name: 'ordered on: until the order ends',
    home: { loads: [{ id: 'a' }] },
    before: [[100, override(true)]],
    says: [[MIN_ON, 'orders: waitMs at-most 0 (now 100000)'], [MIN_ON, PERSON_OFF], ...SHEDDING],
  },
  {
    name: 'ordered on although always on: the end of the order changes nothing',
    home: { loads: [{ id: 'a', use: 'always' }] },
    before: [[100, override(true)]],
    says: [[MIN_ON, PERSON_OFF], ...SHEDDING],
  },
  {
    name: 'ordered off: the order must end before its own wish counts',
    home: { loads: [{ id: 'a' }] },
    before: [[100, override(false)]],
    says: [['orders: waitMs at-most 0 (now 100000)', SUN], [PERSON_ON]],
  },
  {
    name: 'on by the plan: until the slot ends',
    home: { loads: [{ id: 'a' }], batteries: [{}] },
    before: [[100, { gridW: 500 }]],
    says: [[MIN_ON, 'plan: waitMs at-most 0 (now 800000)'], [MIN_ON, PERSON_OFF], ...SHEDDING],
  },
  {
    name: 'a battery that the plan keeps idle',
    home: { batteries: [{}] },
    before: [[100, { gridW: 500 }]],
    actuator: 'battery:battery-1',
    says: [['plan: waitMs at-most 0 (now 800000)']],
  },
  {
    name: 'on for its deadline: until it is served',
    home: { loads: [{ id: 'b', target: { runMin: 120, deadline: '21:00' } }] },
    before: [[100, { gridW: 500 }]],
    says: [[MIN_ON, 'loads: waitMs at-most 0 (now 7161000)'], [MIN_ON, PERSON_OFF], ...SHEDDING],
  },
  {
    name: 'a program that has begun: not for a peak, not for a silent meter',
    home: { loads: [{ id: 'b', kind: 'program', target: { runMin: 60, deadline: '21:05', beyond: false } }] },
    before: [[500, { gridW: 500 }]],
    says: [
      ['relay-care: waitMs at-most 0 (now 101000)', 'loads: waitMs at-most 0 (now 3401000)'],
      ['relay-care: waitMs at-most 0 (now 101000)', PERSON_OFF],
      ['fuse: phaseA above 63 (now 3.6) for 30 s [1]'],
      ['outage: gridState equals lost (now present)'],
    ],
  },
  {
    name: 'with a deadline ahead: by the sun, or when it is time',
    home: { loads: [{ id: 'b', target: { runMin: 60, deadline: '23:00' } }] },
    before: [[100, { gridW: 500 }]],
    says: [[SUN], ['loads: waitMs at-most 0 (now 6200000)'], [PERSON_ON]],
  },
  {
    name: 'with a deadline but no clock',
    home: { loads: [{ id: 'b', target: { energyWh: 60, deadline: '23:00' } }] },
    before: [[100, { gridW: 500, clockTrusted: false }]],
    says: [[SUN], ['loads: clock equals set (now unset)'], [PERSON_ON]],
  },
  {
    name: 'served: not before its next day',
    home: { loads: [{ id: 'b', target: { runMin: 1, deadline: '20:10', beyond: false } }] },
    before: [[300, { gridW: 500 }]],
    says: [['loads: waitMs at-most 0 (now 300000)', SUN], [PERSON_ON]],
  },
  {
    name: 'in quiet hours',
    home: {
      loads: [
        {
          id: 'b',
          quietHours: { from: '19:00', to: '21:00' },
          target: { runMin: 10, deadline: '07:00' },
        },
      ],
    },
    before: [[100, { gridW: 500 }]],
    says: [
      ['loads: waitMs at-most 0 (now 3540000)', SUN],
      ['loads: waitMs at-most 0 (now 34460000)'],
      [PERSON_ON],
    ],
  },
  {
    name: 'behind a more important one that the same sun would start first',
    home: {
      loads: [
        { id: 'b', nominalPowerW: 500 },
        { id: 'c', nominalPowerW: 1000 },
      ],
    },
    before: [[100, { gridW: -400 }]],
    actuator: 'load:c',
    says: [['loads: surplusW at-least 1900 (now 400) for 60 s'], [PERSON_ON]],
  },
  {
    name: 'on by the sun, which has been gone for half its time',
    home: { loads: [{ id: 'b' }], batteries: [{ capability: 'observe' }] },
    before: [
      [200, { gridW: -3000, socPct: 30 }],
      [40, { gridW: -1000, batteryW: 500, socPct: 30 }],
    ],
    says: [
      ['loads: importW above 50 (now 1000) for 26 s'],
      ['loads: bridgeW above 50 (now 500) for 861 s'],
      [PERSON_OFF],
      ['peak-watch: demandW above 9000 (now 1000)'],
      ['fuse: phaseA above 63 (now 1.4) for 30 s [1]'],
      ...SHEDDING.slice(2),
    ],
  },
  {
    name: 'shed together with a more important one, which returns first',
    home: {
      loads: [
        { id: 'b', use: 'always' },
        { id: 'c', use: 'always' },
      ],
    },
    before: [
      [150, { gridW: 500 }],
      [20, { gridW: 12_000 }],
    ],
    actuator: 'load:c',
    says: [
      [
        'peak-watch: demandW at-most 5900 (now 12000) for 120 s',
        'peak-watch: turn equals on (now waits) [b]',
        'peak-watch: waitMs at-most 0 (now 284000)',
        'relay-care: waitMs at-most 0 (now 45000)',
      ],
    ],
  },
  {
    name: 'shed for the limit of the operator',
    home: { loads: [{ id: 'b', use: 'always' }] },
    before: [
      [100, { gridW: 500 }],
      [20, { ...LIMITED, gridW: 4000 }],
    ],
    says: [
      [
        'operator-limit: demandW at-most 1580 (now 4000) for 120 s',
        'operator-limit: waitMs at-most 0 (now 285000)',
        'relay-care: waitMs at-most 0 (now 46000)',
      ],
    ],
  },
  {
    name: 'on under a limit of the operator',
    home: { loads: [{ id: 'b', use: 'always' }] },
    before: [[100, LIMITED]],
    says: [
      [MIN_ON, PERSON_OFF],
      ['peak-watch: demandW above 9000 (now 2500)'],
      ['operator-limit: demandW above 4200 (now 2500)'],
      ...SHEDDING.slice(1),
    ],
  },
  {
    name: 'its budget is spent',
    home: { loads: [{ id: 'b', use: 'always', maxSwitchesPerHour: 2, maxSwitchesPerDay: 2 }] },
    before: [
      [100, { gridW: 500 }],
      [70, { gridState: 'lost' }],
      [200, { gridW: 500 }],
    ],
    says: [['relay-care: switchesHour at-most 0 (now 2)', 'relay-care: switchesDay at-most 0 (now 2)']],
  },
  {
    name: 'kept on for its minimum time only',
    home: { loads: [{ id: 'a', use: 'manual' }] },
    before: [
      [70, override(true)],
      [3, { gridW: 500 }],
    ],
    says: [['relay-care: waitMs at-most 0 (now 48000)'], ...SHEDDING],
  },
  {
    name: 'an essential load: only its fuse, after what is shed before it',
    home: {
      loads: [
        { id: 'b', use: 'always', essential: true, phase: 'L2' },
        { id: 'c', use: 'always', phase: 'all' },
      ],
    },
    before: [[150, { gridW: 500 }]],
    says: [[PERSON_OFF], ['fuse: phaseA above 65.9 (now 6.5) for 30 s [2]']],
  },
  {
    name: 'an essential load in an outage: nothing but a person',
    home: { loads: [{ id: 'b', use: 'always', essential: true }] },
    before: [
      [150, { gridW: 500 }],
      [10, { gridState: 'lost' }],
    ],
    says: [[PERSON_OFF]],
  },
  {
    name: 'the second to return after an outage',
    home: {
      loads: [
        { id: 'b', use: 'always' },
        { id: 'c', use: 'always' },
      ],
      control: { outage: { spreadS: 0 } },
    },
    before: [
      [100, { gridW: 500 }],
      [80, { gridState: 'lost' }],
      [5, { gridW: 500 }],
    ],
    actuator: 'load:c',
    says: [['outage: waitMs at-most 0 (now 66000)']],
  },
  {
    name: 'a charger starts with its least current',
    home: { loads: [{ id: 'b', kind: 'ev', nominalPowerW: 3680, current: {} }] },
    before: [[310, { gridW: 500 }]],
    says: [['loads: surplusW at-least 1580 (now -500) for 60 s'], [PERSON_ON]],
  },
  {
    name: 'after a start: a few good readings',
    home: { loads: [{ id: 'b', use: 'always', minOffS: 0 }] },
    before: [[1, { gridW: 500 }]],
    says: [['trust: goodSamples at-least 3 (now 1)', 'peak-watch: demandW at-most 6800 (now null)']],
  },
  {
    name: 'shed for the fuse, with room again: only time is missing',
    home: { grid: { fuseA: 25 }, loads: [{ id: 'b', use: 'always', nominalPowerW: 2300 }] },
    before: [
      [90, { gridW: 500, phaseA: [5, 5, 5] }],
      [10, { gridW: 500, phaseA: [40, 5, 5] }],
      [100, { gridW: 500, phaseA: [5, 5, 5] }],
    ],
    says: [['fuse: waitMs at-most 0 (now 191000)']],
  },
];

describe('what an explanation says', () => {
  test.each(SAYINGS)('$name', ({ home: input, before, actuator, says }) => {
    const run = new Run(home(input));
    if (input.batteries?.[0]?.capability === undefined && input.batteries) run.plan = PLAN;
    for (const [seconds, world] of before) run.run(seconds, world);
    const id = actuator ?? `load:${input.loads?.[0]?.id}`;
    expect(ways(run, before.at(-1)?.[1] ?? {}, id)).toEqual(says);
  });
});
