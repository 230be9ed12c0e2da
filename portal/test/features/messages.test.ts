import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SETPOINT_REFUSALS } from '@wattward/broker/wire/setpoint';
import { BATTERY_MODES, HOME_MODES, LOAD_KINDS } from '@wattward/broker/wire/site';
import { PROPOSAL_STATUSES, ROLES } from '../../contract/api.ts';
import { PROBLEMS } from '../../server/problems/problem.ts';

type Messages = Record<string, Record<string, string>>;

const portal = join(import.meta.dirname, '../..');
const read = (language: string): Messages =>
  JSON.parse(readFileSync(join(portal, `messages/${language}.json`), 'utf8'));
const english = read('en');
const german = read('de');
const flat = (messages: Messages) =>
  new Map(
    Object.entries(messages).flatMap(([space, texts]) =>
      Object.entries(texts).map(([key, text]) => [`${space}.${key}`, text] as const),
    ),
  );
const argumentsOf = (text: string) => [...new Set(text.match(/\{\w+(?=[,}])/g) ?? [])].sort();

test('English and German hold exactly the same keys', () => {
  expect([...flat(german).keys()].sort()).toEqual([...flat(english).keys()].sort());
});

test('no text is empty, and no German one was left in English', () => {
  const same = new Set<string>();
  for (const [key, text] of flat(german)) {
    expect(text.trim()).not.toBe('');
    if (text === flat(english).get(key) && text.split(' ').length > 2) same.add(key);
  }
  // "Live" is a German word by now.
  expect([...same]).toEqual(['live.live']);
});

test('a text takes the same arguments in both languages', () => {
  for (const [key, text] of flat(english))
    expect([key, argumentsOf(flat(german).get(key) ?? '')]).toEqual([key, argumentsOf(text)]);
});

test.each([
  ['mode', HOME_MODES],
  ['batteryMode', BATTERY_MODES],
  ['proposalStatus', PROPOSAL_STATUSES],
  ['refusal', SETPOINT_REFUSALS],
  ['role', ROLES],
  ['failure', Object.keys(PROBLEMS).flatMap((code) => [code, `${code}-remedy`])],
  ['loads', LOAD_KINDS.map((kind) => `kind-${kind}`)],
  ['outcome', [...HOME_MODES, ...BATTERY_MODES, 'on', 'off']],
] as const)('everything the wire and the server can say under "%s" has words', (space, names) => {
  for (const name of names) expect(Object.keys(english[space] ?? {})).toContain(name);
});
