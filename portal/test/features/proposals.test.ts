import { expect, test } from '@jest/globals';
import { SETPOINT_KINDS, SETPOINT_VALUES, type SetpointKind } from '@wattward/broker/wire/setpoint';
import { PROPOSAL_STATUSES, type Proposal } from '../../contract/api.ts';
import { inGroup, STATUS_LOOK } from '../../features/approvals/proposal-groups.ts';
import {
  type Answers,
  mistakesIn,
  offeredKinds,
  PROPOSAL_KINDS,
  proposedValue,
  shownBound,
} from '../../features/approvals/proposal-kinds.ts';

const SITE = {
  bounds: {
    'peak-threshold': { min: 5000, max: 12_000, default: 9000, unit: 'W' },
    'hysteresis-bounds.onPct': { min: 10, max: 90, default: 40, unit: '%' },
    'hysteresis-bounds.offPct': { min: 5, max: 80, default: 35, unit: '%' },
    'battery-mode.limitW': { min: 0, max: 5000, default: 5000, unit: 'W' },
  },
  choices: { 'battery-mode.mode': ['hold', 'idle'], 'load.load': ['pool-heater'], 'policy.policy': [] },
};

const FILLED: Readonly<Record<SetpointKind, readonly [Answers, object]>> = {
  'peak-threshold': [{ watts: 7 }, { watts: 7000 }],
  'battery-reserve': [{ pct: 25 }, { pct: 25 }],
  'hysteresis-bounds': [
    { onPct: 50, offPct: 45 },
    { onPct: 50, offPct: 45 },
  ],
  'import-limit': [{ watts: 4.2 }, { watts: 4200 }],
  'export-limit': [{ watts: 0 }, { watts: 0 }],
  'battery-mode': [{ mode: 'hold' }, { battery: null, mode: 'hold', limitW: null }],
  load: [{ load: 'pool-heater' }, { load: 'pool-heater', on: false }],
  policy: [{ policy: 'advise' }, { policy: 'advise' }],
};

test('every kind the wire knows can be proposed, and its value is one the wire takes', () => {
  expect(Object.keys(PROPOSAL_KINDS).sort()).toEqual([...SETPOINT_KINDS].sort());
  for (const kind of SETPOINT_KINDS) {
    const [answers, value] = FILLED[kind];
    expect(proposedValue(kind, answers)).toEqual(value);
    expect(SETPOINT_VALUES[kind].safeParse(value).success).toBe(true);
  }
});

test('only what the site names a bound or choices for is offered', () => {
  expect(offeredKinds(SITE)).toEqual(['peak-threshold', 'hysteresis-bounds', 'battery-mode', 'load']);
  expect(offeredKinds({ bounds: {} })).toEqual([]);
});

test('a threshold typed in kW goes out in watts, exactly', () => {
  expect(proposedValue('peak-threshold', { watts: 8.2 })).toEqual({ watts: 8200 });
  const [field] = PROPOSAL_KINDS['peak-threshold'];
  if (field?.type !== 'number') throw new Error('no number');
  expect(shownBound(field, SITE.bounds['peak-threshold'])).toEqual({ min: 5, max: 12, preset: 9 });
});

test.each([
  ['peak-threshold', {}, { watts: 'missing' }],
  ['peak-threshold', { watts: 4.99 }, { watts: 'too-low' }],
  ['peak-threshold', { watts: 12.01 }, { watts: 'too-high' }],
  ['peak-threshold', { watts: 5 }, {}],
  ['peak-threshold', { watts: 12 }, {}],
  ['hysteresis-bounds', { onPct: 40, offPct: 40 }, { offPct: 'crossed' }],
  ['hysteresis-bounds', { onPct: 41, offPct: 40 }, {}],
  ['battery-mode', { limitW: 6 }, { mode: 'choose', limitW: 'too-high' }],
  ['battery-mode', { mode: 'hold', limitW: null }, {}],
  ['load', { on: true }, { load: 'choose' }],
] as const)('%s with %j: %j', (kind, answers, mistakes) => {
  expect(mistakesIn(kind, answers, SITE)).toEqual(mistakes);
});

const proposal = (id: string, status: Proposal['status'], proposedAt: string): Proposal => ({
  id,
  kind: 'peak-threshold',
  value: { watts: 7000 },
  note: '',
  status,
  why: null,
  params: {},
  proposedBy: 'A',
  proposedAt,
  decidedBy: null,
  decidedAt: null,
  kinship: null,
  expires: proposedAt,
  transitions: [],
  may: [],
});

test('every status has its place, and the newest stands first in it', () => {
  expect(Object.keys(STATUS_LOOK).sort()).toEqual([...PROPOSAL_STATUSES].sort());
  const all = [
    proposal('old', 'proposed', '2026-06-20T00:00:00Z'),
    proposal('new', 'proposed', '2026-06-21T00:00:00Z'),
    proposal('held', 'active', '2026-06-19T00:00:00Z'),
    proposal('no', 'refused', '2026-06-18T00:00:00Z'),
  ];
  expect(inGroup(all, 'inbox').map(({ id }) => id)).toEqual(['new', 'old']);
  expect(inGroup(all, 'active').map(({ id }) => id)).toEqual(['held']);
  expect(inGroup(all, 'past').map(({ id }) => id)).toEqual(['no']);
});
