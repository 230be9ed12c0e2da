import { describe, expect, test } from '@jest/globals';
import { SETPOINT_KINDS, type SetpointKind, type SetpointValue } from '@wattward/broker/wire/setpoint';
import { allowanceOf } from '../../src/intake/setpoint-allowance.ts';
import type { Held } from '../../src/setpoint/book.ts';
import { foldedOf, ordersOf, policyOf } from '../../src/setpoint/setpoint-effect.ts';
import { coreSettings } from '../../src/settings/core-settings.ts';
import { siteSettings } from '../../src/settings/site-settings.ts';

const FROM = '2026-11-21T12:00:00.000Z';
const UNTIL = '2026-11-21T18:00:00.000Z';
const ms = Date.parse;

function held<K extends SetpointKind>(kind: K, value: SetpointValue<K>, seq = 1): Held {
  return {
    id: `proposal-${seq}`,
    key: 'portal',
    door: 'portal',
    seq,
    order: seq,
    kind,
    value,
    issuer: 'mara',
    approver: 'otto',
    notBefore: FROM,
    expires: UNTIL,
    isActive: true,
    startsMonoMs: 0,
    endsMonoMs: 1,
  } as Held;
}

const EFFECTS: Readonly<Record<SetpointKind, readonly [Held, object]>> = {
  'peak-threshold': [held('peak-threshold', { watts: 7000 }), { kind: 'peak-threshold', watts: 7000 }],
  'import-limit': [held('import-limit', { watts: 4200 }), { kind: 'import-limit', watts: 4200 }],
  'export-limit': [held('export-limit', { watts: 0 }), { kind: 'export-limit', watts: 0 }],
  'battery-reserve': [held('battery-reserve', { pct: 30 }), { kind: 'battery-reserve', pct: 30 }],
  'hysteresis-bounds': [
    held('hysteresis-bounds', { onPct: 50, offPct: 45 }),
    { kind: 'hysteresis-bounds', onPct: 50, offPct: 45 },
  ],
  'battery-mode': [
    held('battery-mode', { battery: null, mode: 'hold', limitW: 2000 }),
    { kind: 'battery-mode', battery: null, mode: 'hold', limitW: 2000, fromMs: ms(FROM), untilMs: ms(UNTIL) },
  ],
  load: [
    held('load', { load: 'pool-heater', on: true }),
    { kind: 'load', load: 'pool-heater', on: true, fromMs: ms(FROM), untilMs: ms(UNTIL) },
  ],
  policy: [held('policy', { policy: 'advise' }), { policy: 'advise' }],
};

test.each(SETPOINT_KINDS)('%s does what its name says and nothing else', (kind) => {
  const [one, effect] = EFFECTS[kind];
  const policy = policyOf([one]);
  expect([...foldedOf(one), ...ordersOf([one]), ...(policy ? [{ policy }] : [])]).toEqual([
    expect.objectContaining(effect),
  ]);
});

test('a schedule orders only in its windows, cut to the time it is valid', () => {
  const windows = [
    { from: '2026-11-21T11:00:00.000Z', until: '2026-11-21T13:00:00.000Z' },
    { from: '2026-11-21T17:00:00.000Z', until: '2026-11-21T23:00:00.000Z' },
  ];
  const orders = ordersOf([held('load', { load: 'pool-heater', on: true, windows })]);
  expect(orders.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual([
    [ms(FROM), ms('2026-11-21T13:00:00.000Z')],
    [ms('2026-11-21T17:00:00.000Z'), ms(UNTIL)],
  ]);
});

test('the newest order speaks first', () => {
  const all = held('battery-mode', { battery: null, mode: 'hold', limitW: null }, 4);
  const one = held('battery-mode', { battery: 'battery', mode: 'idle', limitW: null }, 9);
  expect(ordersOf([all, one]).map(({ id }) => id)).toEqual(['proposal-9', 'proposal-4']);
});

describe('what a home offers', () => {
  const home = (more: object) => {
    const site = siteSettings.parse({ name: 'Home', zone: 'Europe/Berlin', grid: { fuseA: 25 }, ...more });
    return allowanceOf(coreSettings('home-1', site), site.planPolicy);
  };
  const battery = {
    ...{ id: 'battery', name: 'Battery', inverter: 'hybrid' },
    ...{ capacityWh: 10_000, maxChargeW: 4000, maxDischargeW: 5000 },
  };

  test('without battery and loads: limits, threshold and policy', () => {
    const { numbers, choices } = home({});
    expect(Object.keys(numbers)).toEqual(['peak-threshold', 'import-limit', 'export-limit']);
    expect(Object.keys(choices)).toEqual(['policy.policy']);
  });

  test('a battery that may not be charged from the grid is not offered that mode; one only watched, none', () => {
    expect(home({ batteries: [battery] }).choices['battery-mode.mode']).toContain('charge-grid');
    const { numbers, choices } = home({ batteries: [{ ...battery, gridCharge: false }] });
    expect(choices['battery-mode.mode']).not.toContain('charge-grid');
    expect(numbers['battery-mode.limitW']).toMatchObject({ min: 0, max: 5000, unit: 'W' });
    const watched = home({ batteries: [{ ...battery, capability: 'observe' }] });
    expect(Object.keys(watched.choices)).toEqual(['policy.policy']);
  });

  test('an installer who only wants advice cannot be overruled from afar', () => {
    expect(home({ planPolicy: 'advise' }).choices['policy.policy']).toEqual(['advise']);
  });
});
