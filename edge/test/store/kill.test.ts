import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { KillCampaign } from './kill-campaign.ts';

const KILLS = 10;
const hasStrace = spawnSync('strace', ['-V']).status === 0;

test(`killed ${KILLS} times, the disk keeps every promise: nothing committed is lost, nothing counts twice`, async () => {
  const campaign = new KillCampaign();
  for (let kill = 0; kill < KILLS; kill++) await campaign.run({ afterWords: 20 + kill * 19 });
  await campaign.finish();
  expect(campaign.broken).toEqual([]);
});

(hasStrace ? test : test.skip)('killed within a write or a sync, it keeps them as well', async () => {
  const campaign = new KillCampaign();
  for (const atCall of [1, 2, 5, 13, 34, 89]) await campaign.run({ atCall });
  await campaign.finish();
  expect(campaign.broken).toEqual([]);
});
