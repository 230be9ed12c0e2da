import { expect, test } from '@jest/globals';
import { coveredShares, missedLines } from '../../../src/loop/campaign/line-coverage.ts';

const SOURCE = [
  'interface Nothing {',
  '  readonly runs: string;',
  '}',
  '// A comment runs nowhere.',
  'const a: number = 1;',
  'if (a > 2) {',
  '  never();',
  '}',
  '',
].join('\n');
const range = (text: string, count: number) => {
  const startOffset = SOURCE.indexOf(text);
  return { startOffset, endOffset: startOffset + text.length, count };
};

test('a line that an inner block left out is missed; types and comments never are', () => {
  const whole = { startOffset: 0, endOffset: SOURCE.length, count: 1 };
  const inner = range('{\n  never();\n}', 0);
  expect(missedLines(SOURCE, [whole, inner])).toEqual([6, 7]);
  expect(missedLines(SOURCE, [{ ...whole, count: 0 }])).toEqual([5, 6, 7]);
  expect(missedLines(SOURCE, [whole])).toEqual([]);
});

test('a block that was run in one that was not, as a module told of twice, counts as run', () => {
  const whole = { startOffset: 0, endOffset: SOURCE.length, count: 0 };
  expect(missedLines(SOURCE, [whole, range('const a: number = 1;', 1)])).toEqual([6, 7]);
});

test('what one run has missed and another has run is run', () => {
  const rows = coveredShares([{ 'latch/control-time.ts': [15, 16] }, { 'latch/control-time.ts': [16] }]);
  const room = rows.find((row) => row.startsWith('latch'));
  const lines = Number(/of (\d+) lines/.exec(room ?? '')?.[1]);
  expect(room).toContain(`${((100 * (lines - 1)) / lines).toFixed(1)} %`);
  expect(room).toContain('more in files that no seed loads');
  expect(rows.at(-1)).toMatch(/^all /);
});
