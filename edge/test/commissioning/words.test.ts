import { expect, test } from '@jest/globals';
import { parsePowerW, wordOf } from '../../src/commissioning/wizard/words.ts';

test('a power is read as people write it', () => {
  expect(['2000', '2000 W', '2kw', '2,3 kW', '900w'].map(parsePowerW)).toEqual([2000, 2000, 2000, 2300, 900]);
  expect(['', '0', 'two', '2 kWh', '-5', '101 kW', '1e3'].map(parsePowerW)).toEqual(Array(7).fill(null));
});

test('a word is known by its beginning, a phase by its number', () => {
  const phases = ['L1', 'L2', 'L3', 'all'] as const;
  expect(['l2', '3', 'a', 'ALL'].map((typed) => wordOf(typed, phases))).toEqual(['L2', 'L3', 'all', 'all']);
  expect(['', 'l', '4', 'x'].map((typed) => wordOf(typed, phases))).toEqual(Array(4).fill(undefined));
  expect(wordOf('y', ['yes', 'no'])).toBe('yes');
});
