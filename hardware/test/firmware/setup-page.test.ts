import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkForm, MAX_FORM_BYTES, readForm, setupPage } from '../../firmware/setup-page.ts';
import { answerTo, Pieces } from '../../firmware/setup-server.ts';

const GOOD = { ssid: 'home', password: '12345678', host: '192.168.1.20', port: '1883' };
const CONTENT = { board: 'esp12f-a4cf12b3c4d5', claim: 'ABCDE01234FGHJK56789' };

test('what a browser sends is read as it was entered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (ssid) => {
      const body = new URLSearchParams({ ...GOOD, ssid }).toString();
      fc.pre(body.length <= MAX_FORM_BYTES);
      expect(readForm(body).ssid).toBe(ssid.toWellFormed());
    }),
  );
});

test('good entries are taken', () => {
  expect(checkForm(GOOD)).toEqual({ ok: true, access: { ...GOOD, port: 1883 } });
});

test.each([
  ['ssid', ''],
  ['ssid', 'x'.repeat(33)],
  ['ssid', '\u{1f600}'.repeat(9)],
  ['password', '1234567'],
  ['password', 'x'.repeat(64)],
  ['host', ''],
  ['host', 'http://box'],
  ['host', 'x'.repeat(63)],
  ['port', '0'],
  ['port', '70000'],
  ['port', 'x'],
])('%s "%s" is refused with a sentence that says how to mend it', (field, value) => {
  const entered = checkForm({ ...GOOD, [field]: value });
  expect(entered).toMatchObject({ ok: false, mistakes: [{ field, what: expect.stringMatching(/\.$/) }] });
});

test('all mistakes are told at once', () => {
  const entered = checkForm({ ssid: '', password: 'x', host: '', port: '-' });
  expect(!entered.ok && entered.mistakes.map((m) => m.field)).toEqual(['ssid', 'password', 'host', 'port']);
});

describe('the page', () => {
  test('is plain ASCII and lets nothing entered become markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (ssid) => {
        const page = setupPage({ ...CONTENT, values: { ssid }, mistakes: [] });
        expect(page).toMatch(/^[\x20-\x7e]*$/);
        expect(page.match(/</g)).toEqual(setupPage(CONTENT).match(/</g));
      }),
    );
  });
  test('never shows a password again', () => {
    expect(setupPage({ ...CONTENT, values: { password: 'hunter22' }, mistakes: [] })).not.toContain(
      'hunter22',
    );
  });
});

describe('the server', () => {
  const post = (body: string) => answerTo(CONTENT, { method: 'POST', path: '/save', body });

  test('shows the form to whatever address the phone tries, with the claim code', () => {
    for (const path of ['/', '/generate_204', '/hotspot-detect.html', '/save']) {
      const { answer, access } = answerTo(CONTENT, { method: 'GET', path, body: '' });
      expect(answer.body).toContain('ABCDE 01234 FGHJK 56789');
      expect(access).toBeUndefined();
    }
  });
  test('saves good entries and shows bad ones again', () => {
    expect(post(new URLSearchParams(GOOD).toString()).access).toMatchObject({ ssid: 'home' });
    const bad = post(new URLSearchParams({ ...GOOD, ssid: '' }).toString());
    expect(bad.access).toBeUndefined();
    expect(bad.answer.body).toContain('1 to 32 characters');
    expect(bad.answer.body).toContain('192.168.1.20');
  });
  test('a page goes out in pieces of any size without a loss', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1 }), (rooms) => {
        const whole = setupPage(CONTENT);
        const pieces = new Pieces(whole);
        let got = '';
        for (let i = 0; got.length < whole.length; i += 1)
          got += pieces.next(rooms[i % rooms.length] ?? 1) ?? '';
        expect(got).toBe(whole);
        expect(pieces.next(100)).toBeUndefined();
      }),
    );
  });
});
