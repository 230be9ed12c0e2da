import { expect, test } from '@jest/globals';
import { SETPOINT_KINDS, SETPOINT_VALUES, type SetpointKind } from '@wattward/broker/wire/setpoint';
import { PROPOSAL_STATUSES, type Proposal } from '../../contract/api.ts';
import { inGroup, STATUS_LOOK } from '../../features/approvals/proposal-groups.ts';
import {
  amountMistake,
  PROPOSAL_KINDS,
  proposedValue,
  shownBound,
} from '../../features/approvals/proposal-kinds.ts';

test('every kind the wire knows can be proposed, and its value is one the wire takes', () => {
  expect(Object.keys(PROPOSAL_KINDS).sort()).toEqual([...SETPOINT_KINDS].sort());
  for (const kind of Object.keys(PROPOSAL_KINDS) as SetpointKind[])
    expect(SETPOINT_VALUES[kind].safeParse(proposedValue(kind, 7)).success).toBe(true);
});

test('a threshold typed in kW goes out in watts, exactly', () => {
  expect(proposedValue('peak-threshold', 7)).toEqual({ watts: 7000 });
  expect(proposedValue('peak-threshold', 8.2)).toEqual({ watts: 8200 });
  expect(proposedValue('battery-reserve', 25)).toEqual({ pct: 25 });
});

test('a value outside the installer’s bounds is named as too low or too high', () => {
  const bound = shownBound('peak-threshold', { min: 5000, max: 12_000, default: 9000, unit: 'W' });
  expect(bound).toEqual({ min: 5, max: 12, preset: 9 });
  expect(amountMistake(null, bound)).toBe('missing');
  expect(amountMistake(4.99, bound)).toBe('too-low');
  expect(amountMistake(12.01, bound)).toBe('too-high');
  expect(amountMistake(5, bound)).toBeNull();
  expect(amountMistake(12, bound)).toBeNull();
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
