import { expect, test } from '@jest/globals';
import { runSeed } from '../../../src/loop/campaign/run-seed.ts';
import { KEPT_SEEDS } from './kept-seeds.ts';

test.each(KEPT_SEEDS)('seed $seed stays mended: $what', async ({ seed, days }) => {
  expect((await runSeed({ seed, days })).violations).toEqual([]);
});
