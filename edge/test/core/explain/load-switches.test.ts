import { describe, expect, test } from '@jest/globals';
import { type HomeInput, home, Run, START_MS, type World } from '../home.ts';
import { PERSON_OFF, PERSON_ON, ways } from './explained.ts';

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
