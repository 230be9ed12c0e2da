import { expect, test } from '@jest/globals';
import { coverageMatrix, neverStruck } from '../../../src/loop/campaign/coverage.ts';
import { FAULT_CLASSES } from '../../../src/loop/campaign/faults.ts';

const seed = { seed: 1, days: 1, hash: '', violations: [], cycles: 1, tookMs: 1 };

test('a cell counts the seeds in which the fault struck and the invariant was looked at', () => {
  const results = [
    { ...seed, faults: { surge: 3 }, checks: { I10: 5, I2: 1 } },
    { ...seed, faults: { surge: 1 }, checks: { I2: 1 } },
  ];
  const lines = coverageMatrix(results);
  expect(lines).toHaveLength(FAULT_CLASSES.length + 1);
  expect(lines[0]?.trim().split(/\s+/)).toEqual(['seeds', 'with', 'I2', 'I10']);
  expect(
    lines
      .find((line) => line.startsWith('surge'))
      ?.trim()
      .split(/\s+/),
  ).toEqual(['surge', '2', '1']);
  expect(neverStruck(results)).toHaveLength(FAULT_CLASSES.length - 1);
});
