import { expect, test } from '@jest/globals';
import { actionName, auditDetail, isRefusal } from '../../features/audit/audit-detail.ts';
import { parameter } from '../../features/format/parameter.ts';
import { quantities } from '../../features/format/quantity.ts';

const en = quantities('en', 'UTC');

test('a set-point is told by its kind and value, its refusal by its code, the rest is listed', () => {
  const detail = {
    kind: 'peak-threshold',
    value: { watts: 13_500 },
    why: 'out-of-bounds',
    params: { kind: 'peak-threshold', field: 'watts', value: 13_500, max: 12_000, unit: 'W', site: 'x' },
  };
  expect(auditDetail(detail)).toEqual({
    setpoint: { kind: 'peak-threshold', value: { watts: 13_500 } },
    why: 'out-of-bounds',
    kinship: null,
    rest: { valueW: 13_500, maxW: 12_000, site: 'x' },
  });
});

test('a kind of a newer portal is listed rather than lost', () => {
  const { setpoint, rest } = auditDetail({ kind: 'self-destruct', value: { watts: 1 } });
  expect(setpoint).toBeNull();
  expect(rest).toEqual({ kind: 'self-destruct', value: { watts: 1 } });
});

test('what the box refused and what a person rejected stand out', () => {
  expect(isRefusal({ action: 'setpoint-refused' })).toBe(true);
  expect(isRefusal({ action: 'proposal-rejected' })).toBe(true);
  expect(isRefusal({ action: 'proposal-approved' })).toBe(false);
  expect(actionName('setpoint-refused')).toBe('refused');
  expect(actionName('set-up')).toBe('set-up');
});

test.each([
  ['maxW', 12_000, { label: 'max', text: '12.0 kW' }],
  ['minPct', 5, { label: 'min', text: '5 %' }],
  ['seq', 7, { label: 'seq', text: '7' }],
  ['W', 7, { label: 'W', text: '7' }],
  ['roles', ['owner', 'admin'], { label: 'roles', text: 'owner, admin' }],
  ['grants', [{ role: 'manager', site: '*' }], { label: 'grants', text: 'manager *' }],
  ['other', [{ deep: { er: 1 } }], { label: 'other', text: '{"deep":{"er":1}}' }],
])('%s %j is written by the unit of its name', (name, value, shown) => {
  const { label, text } = parameter(name, value, en);
  expect({ label, text: text.replaceAll('\u00a0', ' ') }).toEqual(shown);
});
