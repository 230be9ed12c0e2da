import { expect, test } from '@jest/globals';
import { lookOf, nameProblem, plainName, plainNote } from '../../../server/bounds/plain-text.ts';

test.each([
  'Ann',
  "Seán O'Neil",
  'Jürgen Groß',
  'Иван Петров',
  'Ανδρέας',
  'علی\u200cرضا',
  '山田 太郎',
  'Zoë \ud83d\ude42',
  'Home 1',
  'Box Hill',
  'J. R.',
])('%s is a name', (name) => {
  expect(nameProblem(name)).toBeNull();
  expect(plainName().parse(`  ${name} `)).toBe(name.normalize('NFC'));
});

test.each([
  ['Ada\nEve', 'one line'],
  ['Ada\u2028Eve', 'one line'],
  ['Ada\tEve', 'one line'],
  ['Ada \u202eevE', 'direction'],
  ['Ada\u2066x', 'direction'],
  ['Ada\u200bEve', 'invisible'],
  ['\ufeffAda', 'invisible'],
  ['Ada\ud800', 'invisible'],
  ['Ada\ue000', 'invisible'],
  ['Ada <eve@example.org>', '< > or "'],
  ['box', 'part of the system'],
  ['B\u043ex', 'part of the system'],
  ['  b o x ', 'part of the system'],
  ['\u0432\u043ex', 'part of the system'],
  ['Portal', 'part of the system'],
  ['\uff42\uff4f\uff58', 'part of the system'],
  ['\u0410d\u0430', 'mix'],
  ['\ud83d\ude42', 'letter'],
])('%j is none: %s', (name, why) => {
  expect(nameProblem(name)).toContain(why);
  expect(plainName().safeParse(name.replace(/^\ufeff/, 'x\ufeff')).success).toBe(false);
});

test.each([
  ['Ada Lovelace', '\u0410d\u0430 Lovel\u0430ce'],
  ['Ada Lovelace', 'ADA LOVELACE'],
  ['Ada Lovelace', 'Ada  Love-lace'],
  ['Ada Lovelace', '\u00c1da Lovelac\u00e9'],
  ['Ada Lovelace', 'Ada Love1ace'],
  ['Olga', '0lga'],
  ['Kiko', '\u041aiko'],
  ['Ann', '\uff21\uff4e\uff4e'],
])('%s and %s look alike', (one, other) => {
  expect(lookOf(one)).toBe(lookOf(other));
});

test.each([
  ['Ann', 'Anna'],
  ['Max', 'Mex'],
  ['Home 2', 'Home 3'],
  ['राम', 'रमा'],
])('%s and %s do not', (one, other) => {
  expect(lookOf(one)).not.toBe(lookOf(other));
});

test('a note may have lines, but nothing that reads otherwise than it is written', () => {
  expect(plainNote(500).safeParse('cold night\n\tguests come').success).toBe(true);
  for (const note of ['\u202eabc', 'a\u0000', '\ud800', 'x'.repeat(501)]) {
    expect(plainNote(500).safeParse(note).success).toBe(false);
  }
});
