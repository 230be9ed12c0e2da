/** Planted bugs name lines of the code: each must still stand there, once, or a long run ends in the middle. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { MUTANTS } from '../../../src/loop/campaign/mutant-table.ts';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

test('there are at least forty, each with a name of its own', () => {
  expect(new Set(MUTANTS.map(({ id }) => id)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(40);
});

test.each(MUTANTS)('$id: its text stands once in $file', ({ file, find, replace }) => {
  const parts = readFileSync(path.join(ROOT, file), 'utf8').split(find);
  expect(parts).toHaveLength(2);
  expect(parts.join(replace)).not.toBe(parts.join(find));
});
