import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type VerifyContext, verifySetpoint } from '../../src/setpoint/verify.ts';
import {
  ALLOWANCE,
  type Draft,
  HOUR_MS,
  KEYS,
  operatorsPen,
  ordered,
  ports,
  signed,
  strangersPen,
  T0,
} from './signed-setpoints.ts';

const context: VerifyContext = {
  siteId: 'home-1',
  challenge: 'boot-1',
  door: 'portal',
  keys: KEYS,
  lastSeqs: {},
  wallMs: T0,
  allowance: ALLOWANCE,
};

const verdict = (text: string, change: Partial<VerifyContext> = {}) => {
  const found = verifySetpoint(text, ports, { ...context, ...change });
  return found.ok ? 'ok' : found.why;
};

test('a signed set-point for this site, this boot, within time and bounds is taken', () => {
  expect(verdict(signed())).toBe('ok');
  expect(verdict(signed({ kind: 'battery-reserve', value: { pct: 30 } }))).toBe('ok');
  expect(verdict(signed({ kind: 'revoke', value: { id: 'proposal-0' } }))).toBe('ok');
});

const refused: readonly [string, string, string, Partial<VerifyContext>?][] = [
  ['no JSON', 'hello', 'malformed'],
  ['an unknown kind', signed({ kind: 'self-destruct', value: {} }), 'malformed'],
  ['a value of another kind', signed({ value: { pct: 10 } }), 'malformed'],
  ['a signature by a stranger', signed({}, strangersPen.privateKey), 'bad-signature'],
  ['another value than was signed', signed().replace('7000', '9000'), 'bad-signature'],
  ['another approver than was signed', signed().replace('otto@', 'eve@'), 'bad-signature'],
  ['nobody who approved', signed({ approver: ' ' }), 'malformed'],
  ['one person twice', signed({ approver: 'mara@example.org' }), 'malformed'],
  ['one person, written otherwise', signed({ approver: 'Mara@example.org ' }), 'malformed'],
  ['a key nobody here knows', signed({ key: 'neighbour' }), 'unknown-key'],
  ['a key of another sender', signed({ key: 'operator' }), 'bad-signature'],
  ['another key than was signed', ordered().replace('"operator"', '"portal"'), 'bad-signature'],
  ['no key at all', signed().replace('"key":"portal",', ''), 'malformed'],
  [
    'a threshold by the operator',
    ordered({ kind: 'peak-threshold', value: { watts: 7000 } }),
    'out-of-scope',
  ],
  [
    'a load switched by the operator',
    ordered({ kind: 'load', value: { load: 'pool-heater', on: true } }),
    'out-of-scope',
  ],
  ['a threshold of the portal at the operator`s door', signed(), 'out-of-scope', { door: 'operator' }],
  ['another site', signed({ site: 'home-2' }), 'foreign-site'],
  ['an earlier start of the box', signed({ challenge: 'boot-0' }), 'stale-challenge'],
  ['a number seen before', signed({ seq: 4 }), 'replayed', { lastSeqs: { portal: 4 } }],
  ['a number below one seen before', signed({ seq: 3 }), 'replayed', { lastSeqs: { portal: 4 } }],
  ['a clock nobody trusts', signed(), 'clock-untrusted', { wallMs: null }],
  ['a time that is over', signed(), 'expired', { wallMs: T0 + HOUR_MS }],
  ['an end before its beginning', signed({ notBefore: new Date(T0 + 2 * HOUR_MS).toISOString() }), 'expired'],
  ['an end in years', signed({ expires: '2031-01-01T00:00:00.000Z' }), 'not-yet-valid'],
  [
    'a kind this home has not',
    signed({ kind: 'battery-reserve', value: { pct: 30 } }),
    'unsupported-kind',
    { allowance: { numbers: {}, choices: {} } },
  ],
  ['a value below the bound', signed({ value: { watts: 4999 } }), 'out-of-bounds'],
  ['a value above the bound', signed({ value: { watts: 12_001 } }), 'out-of-bounds'],
];

const allowed: readonly [string, object][] = [
  ['hysteresis-bounds', { onPct: 50, offPct: 45 }],
  ['import-limit', { watts: 4200 }],
  ['export-limit', { watts: 0 }],
  ['battery-mode', { battery: null, mode: 'hold', limitW: null }],
  ['battery-mode', { battery: 'home-battery', mode: 'discharge-grid', limitW: 3000 }],
  ['load', { load: 'pool-heater', on: true }],
  [
    'load',
    {
      load: 'pool-heater',
      on: false,
      windows: [{ from: '2026-11-21T18:00:00Z', until: '2026-11-21T20:00:00Z' }],
    },
  ],
  ['policy', { policy: 'advise' }],
];
test.each(allowed)('%s with %j is taken', (kind, value) => {
  expect(verdict(signed({ kind, value }))).toBe('ok');
});

const beyond: readonly [string, object, string, object][] = [
  [
    'peak-threshold',
    { watts: 12_001 },
    'out-of-bounds',
    { value: 12_001, min: 5000, max: 12_000, unit: 'W' },
  ],
  ['battery-reserve', { pct: 4 }, 'out-of-bounds', { value: 4, min: 5, max: 80, unit: '%' }],
  ['hysteresis-bounds', { onPct: 95, offPct: 45 }, 'out-of-bounds', { field: 'onPct', max: 90, unit: '%' }],
  ['hysteresis-bounds', { onPct: 50, offPct: 4 }, 'out-of-bounds', { field: 'offPct', min: 5, unit: '%' }],
  ['hysteresis-bounds', { onPct: 40, offPct: 40 }, 'malformed', {}],
  ['import-limit', { watts: 4199 }, 'out-of-bounds', { min: 4200, unit: 'W' }],
  ['export-limit', { watts: 10_001 }, 'out-of-bounds', { max: 10_000, unit: 'W' }],
  ['battery-mode', { battery: null, mode: 'hold', limitW: 5001 }, 'out-of-bounds', { field: 'limitW' }],
  ['battery-mode', { battery: null, mode: 'charge-grid', limitW: null }, 'unknown-target', { field: 'mode' }],
  ['battery-mode', { battery: 'other', mode: 'hold', limitW: null }, 'unknown-target', { value: 'other' }],
  ['battery-mode', { battery: null, mode: 'auto', limitW: null }, 'malformed', {}],
  ['load', { load: 'sauna', on: true }, 'unknown-target', { field: 'load', value: 'sauna' }],
  ['load', { load: 'pool-heater', on: true, windows: [] }, 'malformed', {}],
  ['policy', { policy: 'never' }, 'malformed', {}],
];
test.each(beyond)('%s with %j is refused: %s %j', (kind, value, why, params) => {
  const found = verifySetpoint(signed({ kind, value }), ports, context);
  expect(found).toMatchObject({ ok: false, why, params: why === 'malformed' ? {} : { kind, ...params } });
});

for (const [what, text, why, change] of refused) {
  test(`${what} is refused: ${why}`, () => {
    expect(verdict(text, change)).toBe(why);
  });
}

test('the checks come in order: what is wrong first is the answer', () => {
  const all = { site: 'home-2', challenge: 'boot-0', seq: 0, value: { watts: 1 } };
  expect(verdict(signed(all, strangersPen.privateKey))).toBe('bad-signature');
  expect(verdict(signed(all))).toBe('foreign-site');
  expect(verdict(signed({ ...all, site: 'home-1' }))).toBe('stale-challenge');
  expect(verdict(signed({ ...all, site: 'home-1', challenge: 'boot-1' }))).toBe('replayed');
});

test('of 10,000 forged, replayed, foreign, expired and out-of-bounds messages none may act', () => {
  const genuine = signed({ seq: 5 });
  const foreign = fc.constantFrom<Partial<Draft>>(
    { site: 'home-2' },
    { challenge: 'boot-0' },
    { seq: 4 },
    { seq: 0 },
    { expires: new Date(T0).toISOString() },
    { value: { watts: 12_000.01 } },
    { value: { watts: -7000 } },
  );
  const tampered = fc
    .tuple(fc.nat(genuine.length - 1), fc.integer({ min: 32, max: 126 }))
    .map(([at, code]) => genuine.slice(0, at) + String.fromCharCode(code) + genuine.slice(at + 1))
    .filter((text) => text !== genuine);
  const cut = fc.nat(genuine.length - 1).map((at) => genuine.slice(0, at));
  const message = fc.oneof(
    { weight: 3, arbitrary: foreign.map((change) => ({ text: signed({ seq: 6, ...change }), lastSeq: 5 })) },
    { weight: 4, arbitrary: tampered.map((text) => ({ text, lastSeq: 4 })) },
    { weight: 1, arbitrary: cut.map((text) => ({ text, lastSeq: 4 })) },
    { weight: 1, arbitrary: fc.constant({ text: genuine, lastSeq: 5 }) },
    { weight: 1, arbitrary: fc.constant({ text: signed({ seq: 6 }, strangersPen.privateKey), lastSeq: 5 }) },
  );
  let acted = 0;
  fc.assert(
    fc.property(message, ({ text, lastSeq }) => {
      if (verdict(text, { lastSeqs: { portal: lastSeq } }) === 'ok' && !sameMeaning(text, genuine)) acted++;
    }),
    { numRuns: 10_000 },
  );
  expect(acted).toBe(0);
});

/** A mutation may leave the message as it was: white space in JSON, or unused bits at the end of the signature. */
function sameMeaning(text: string, genuine: string): boolean {
  const { signature: _, ...mine } = JSON.parse(text) as { signature: string };
  const { signature: __, ...theirs } = JSON.parse(genuine) as { signature: string };
  return JSON.stringify(mine) === JSON.stringify(theirs);
}

test('each key has a sequence of its own: what one has used up is nothing to the other', () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect(verdict(signed({ seq: 1 }), { lastSeqs: { operator: most } })).toBe('ok');
  expect(verdict(ordered({ seq: 1 }), { lastSeqs: { portal: most } })).toBe('ok');
  expect(verdict(ordered({ seq: 8 }), { lastSeqs: { portal: 1, operator: 8 } })).toBe('replayed');
});

test.each(['import-limit', 'export-limit'])('the operator sends %s, at either door', (kind) => {
  for (const door of ['portal', 'operator'] as const) {
    expect(verdict(ordered({ kind, value: { watts: 5000 } }), { door })).toBe('ok');
  }
});

test('a key is held to its kinds, whichever they are', () => {
  const keys = [{ id: 'operator', kinds: ['load'] as const }];
  expect(verdict(ordered({ kind: 'load', value: { load: 'pool-heater', on: true } }), { keys })).toBe('ok');
  expect(verdict(ordered(), { keys })).toBe('out-of-scope');
  expect(verdict(signed({}, operatorsPen.privateKey), { keys })).toBe('unknown-key');
});
