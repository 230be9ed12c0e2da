import { expect, test } from '@jest/globals';
import { hostileCampaign } from '../../bench/hostile-campaign.ts';

/** A hundred thousand of them are `npm run bench -- broker-hostile --long`. */
test('two thousand hostile connections of twelve kinds: the broker lives, nothing leaks, nobody waits long', async () => {
  const result = await hostileCampaign({ connections: 2_000, seed: 11, warmUp: 1_000, quietMessages: 1 });
  expect(result).toMatchObject({ alive: true, stayed: true, leaked: 0 });
  expect(result.honestMessages).toBeGreaterThan(20);
  expect(result.rssGrowthMb).toBeLessThan(60);
  expect(result.honestP99Ms).toBeLessThan(1_000);
});
