import { describe, expect, test } from '@jest/globals';
import { ClaimWindow, claimFingerprint, WINDOW_MS } from '../../src/commissioning/claim.ts';
import type { Assignment, TestResult } from '../../src/commissioning/judge.ts';
import {
  advance,
  type BoardCase,
  type CaseEvent,
  type Hardware,
  PROOFS,
  seenBoard,
} from '../../src/commissioning/stages.ts';

const HARDWARE: Hardware = {
  device: 'esp12f-5ccf7f000001',
  protocol: 'wattward',
  mac: '5ccf7f000001',
  model: '',
  firmware: '',
  channels: 4,
};
const LOAD: Assignment = {
  channel: 1,
  load: 'pool',
  name: 'Pool heater',
  nominalPowerW: 2000,
  phase: 'L1',
  kind: 'interruptible',
  leaseS: 90,
};
const result = (channel: number, passed = true): TestResult => ({
  channel,
  load: 'pool',
  passed,
  atIso: '2026-11-21T10:00:00Z',
  faults: passed ? [] : [{ code: 'no-power', text: 'nothing flows' }],
  repeats: [],
});
const PROVED = PROOFS.map(
  (name): CaseEvent => ({
    type: 'proved',
    proof: { name, passed: true, atIso: '2026-11-21T10:00:00Z', finding: 'off' },
  }),
);
const WAY: readonly CaseEvent[] = [
  { type: 'identified' },
  { type: 'named', name: 'Cellar', room: '' },
  { type: 'assigned', loads: [LOAD] },
  { type: 'tested', result: result(1) },
  ...PROVED,
  { type: 'prioritised', priorities: { pool: 1 } },
  { type: 'accepted', by: 'A. Installer' },
];

function after(events: readonly CaseEvent[], from = seenBoard(HARDWARE)): BoardCase {
  return events.reduce((board, event) => {
    const next = advance(board, event);
    if (!next.ok) throw new Error(next.refusal.message);
    return next.board;
  }, from);
}

test('a load that the contact cannot carry is refused, and taken once it hangs on a contactor', () => {
  const named = after(WAY.slice(0, 2));
  const assign = (load: Partial<Assignment>, protocol: Hardware['protocol'] = 'wattward') => {
    const next = advance(
      { ...named, hardware: { ...HARDWARE, protocol } },
      { type: 'assigned', loads: [{ ...LOAD, ...load }] },
    );
    return next.ok ? 'taken' : next.refusal.code;
  };
  expect(assign({ nominalPowerW: 2300 })).toBe('taken');
  expect(assign({ nominalPowerW: 2310 })).toBe('needs-contactor');
  expect(assign({ nominalPowerW: 2310, contactor: true })).toBe('taken');
  expect(assign({ nominalPowerW: 1200 }, 'tasmota')).toBe('needs-contactor');
  expect(assign({ nominalPowerW: 100, kind: 'compressor' })).toBe('needs-contactor');
  expect(assign({ nominalPowerW: 100, phase: 'all' })).toBe('needs-contactor');
});

describe('a board under commissioning', () => {
  test('goes from seen to accepted, step by step', () => {
    expect(WAY.map((_, i) => after(WAY.slice(0, i + 1)).stage)).toEqual([
      'identified',
      'named',
      'assigned',
      'tested',
      'tested',
      'tested',
      'tested',
      'safe-verified',
      'prioritised',
      'accepted',
    ]);
  });

  test('may skip no step: each is refused before its turn, with a remedy', () => {
    for (let n = 1; n < WAY.length; n += 1) {
      const event = WAY[n];
      if (!event || event.type === 'proved') continue;
      const next = advance(after(WAY.slice(0, n - 1)), event);
      expect(next).toMatchObject({ ok: false, refusal: { remedy: expect.stringMatching(/\.$/) } });
    }
  });

  test('any change of what hangs on a relay reopens its test and its proofs', () => {
    const accepted = after(WAY);
    const changed = after([{ type: 'assigned', loads: [{ ...LOAD, phase: 'L2' }] }], accepted);
    expect(changed).toMatchObject({ stage: 'assigned', tests: [], proofs: [], acceptedBy: '' });
  });

  test('the same assignment given again changes nothing', () => {
    const accepted = after(WAY);
    expect(after([{ type: 'assigned', loads: [{ ...LOAD }] }], accepted)).toBe(accepted);
  });

  test('a further load keeps the test of the first, and the proofs are made anew', () => {
    const more = after(
      [{ type: 'assigned', loads: [LOAD, { ...LOAD, channel: 2, load: 'pump' }] }],
      after(WAY),
    );
    expect(more).toMatchObject({ stage: 'assigned', proofs: [] });
    expect(more.tests.map(({ channel }) => channel)).toEqual([1]);
  });

  test('a load that fails later takes the acceptance away', () => {
    const failed = after([{ type: 'tested', result: result(1, false) }], after(WAY));
    expect(failed).toMatchObject({ stage: 'assigned', acceptedBy: '' });
  });

  test('other hardware takes its place under the same id and is measured again', () => {
    const other = { ...HARDWARE, device: 'esp12f-5ccf7f000009', mac: '5ccf7f000009' };
    const atIso = '2026-11-22T10:00:00Z';
    const board = after([{ type: 'replaced', hardware: other, atIso }], after(WAY));
    expect(board).toMatchObject({
      id: HARDWARE.device,
      name: 'Cellar',
      stage: 'assigned',
      hardware: other,
      tests: [],
    });
    expect(board.former).toEqual([{ hardware: HARDWARE, untilIso: atIso }]);
    expect(board.loads).toEqual([LOAD]);
  });

  test('a smaller board cannot take the place of a larger one', () => {
    const board = after([...WAY.slice(0, 2), { type: 'assigned', loads: [{ ...LOAD, channel: 4 }] }]);
    const next = advance(board, { type: 'replaced', hardware: { ...HARDWARE, channels: 2 }, atIso: '' });
    expect(next).toMatchObject({ ok: false, refusal: { code: 'too-few-relays' } });
  });

  test('an ignored board says why, and is taken up again by identifying it', () => {
    const ignored = after([{ type: 'ignored', why: 'neighbour' }]);
    expect(advance(ignored, { type: 'named', name: 'x', room: '' })).toMatchObject({ ok: false });
    expect(after([{ type: 'identified' }], ignored).stage).toBe('identified');
  });

  test.each([
    ['two loads on one relay', [LOAD, { ...LOAD, load: 'pump' }], 'channel-twice'],
    ['a relay it does not have', [{ ...LOAD, channel: 5 }], 'no-such-relay'],
    ['nothing at all', [], 'no-loads'],
  ])('is refused %s', (_, loads, code) => {
    const board = after(WAY.slice(0, 2));
    expect(advance(board, { type: 'assigned', loads })).toMatchObject({ ok: false, refusal: { code } });
  });
});

describe('a claim', () => {
  const code = 'K7M2Q9X4T1B8C3D6F5G0';
  const board = { device: 'esp12f-5ccf7f000001', claim: claimFingerprint(code), unclaimed: true };

  test('takes the code as typed: small letters, spaces, O for zero, I for one', () => {
    const window = new ClaimWindow();
    window.open(0);
    expect(window.check(board, 'k7m2q 9x4ti b8c3d 6f5go', 1)).toBeNull();
  });

  test('works once in a window, and only for ten minutes', () => {
    const window = new ClaimWindow();
    expect(window.check(board, code, 0)?.code).toBe('window-closed');
    window.open(0);
    expect(window.check(board, code, WINDOW_MS)?.code).toBe('window-closed');
    expect(window.check(board, code, WINDOW_MS - 1)).toBeNull();
    expect(window.check(board, code, WINDOW_MS - 1)?.code).toBe('claimed');
  });

  test('gives no second secret to a board that has its own', () => {
    const window = new ClaimWindow();
    window.open(0);
    expect(window.check({ ...board, unclaimed: false }, code, 1)?.code).toBe('no-claim');
  });

  test('refuses the code of another board, and goes deaf after ten wrong ones', () => {
    const window = new ClaimWindow();
    window.open(0);
    for (let n = 0; n < 10; n += 1)
      expect(window.check(board, `WRONG${n}AAAAAAAAAA`, 1)?.code).toBe('wrong-code');
    expect(window.check(board, code, 1)?.code).toBe('too-many-codes');
  });
});
