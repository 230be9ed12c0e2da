import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvCell } from '../../src/wire/csv.ts';

test.each([
  ['plain', 'plain'],
  [-5, '-5'],
  ['-5', "'-5"],
  ['+1', "'+1"],
  ['\tx', "'\tx"],
  ['  =1', "'  =1"],
  ['\u00a0=1', "'\u00a0=1"],
  ['\n=1', '"\'\n=1"'],
  ['\uff1d1', "'\uff1d1"],
  ['\uff0b1', "'\uff0b1"],
  ['\uff0d1', "'\uff0d1"],
  ['\uff20x', "'\uff20x"],
  ['\u200b=1', "'\u200b=1"],
  ['a \u202e txt.exe', 'a \ufffd txt.exe'],
  ['\ud800x', '\ufffdx'],
  ['a\0b', 'a\ufffdb'],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['two\nlines', '"two\nlines"'],
  ['5 = 5', '5 = 5'],
  ['\ud83d\ude42', '\ud83d\ude42'],
])('the cell %j is written as %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test('whatever the text, the cell is one cell of Unicode that begins with no formula', () => {
  const unit = fc.constantFrom(
    'a',
    '=',
    '+',
    '@',
    '-',
    ' ',
    '\n',
    '\r',
    '"',
    ',',
    '\u202e',
    '\ud800',
    '\ufeff',
    '\uff1d',
  );
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const cell = csvCell(text);
      expect(cell.isWellFormed()).toBe(true);
      const inside = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', 'quote') : cell;
      expect(inside).not.toContain('"');
      if (!cell.startsWith('"')) expect(cell).not.toMatch(/[,\r\n]/);
      expect(inside.trim().replace(/^[\s\p{Cf}]+/u, '')).not.toMatch(/^[=+\-@\uff1d]/);
    }),
    { numRuns: 500 },
  );
});
