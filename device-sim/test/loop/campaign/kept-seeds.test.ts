import { expect, test } from '@jest/globals';
import { runSeed } from '../../../src/loop/campaign/run-seed.ts';
import { KEPT_SEEDS } from './kept-seeds.ts';

/** A bound against hanging, on a machine that does much else. */
const LONGEST_MS = 300_000;

test.each(KEPT_SEEDS)(
  'seed $seed stays mended: $what',
  async ({ seed, days }) => {
    expect((await runSeed({ seed, days })).violations).toEqual([]);
  },
  LONGEST_MS,
);
