import { expect, test } from '@jest/globals';
import { at } from '../../src/core/at.ts';

test('an index that points nowhere is an error, never a value', () => {
  expect(at(['a', 'b'], 1)).toBe('b');
  expect(() => at(['a', 'b'], 2)).toThrow(new RangeError('no entry 2 in a list of 2'));
});
