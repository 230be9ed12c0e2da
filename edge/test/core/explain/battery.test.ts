import { describe, expect, test } from '@jest/globals';
import { type HomeInput, home, Run, START_MS, type World } from '../home.ts';
import { explained, short } from './explained.ts';

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
