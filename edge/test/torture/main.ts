/**
 * `npm run torture`: the box's disk killed at random and within its n-th write or sync, and its files damaged, until
 * it breaks a promise or the counts are through. Prints what it did; ends with 1 when anything was broken.
 *
 *   --kills N     SIGKILLs at random moments (500)
 *   --calls N     a kill at each of the first N writes and syncs (2000); needs strace
 *   --seed N      of the random moments
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { KillCampaign } from '../store/kill-campaign.ts';

/** Kills on one folder before a fresh one is begun. */
const KILLS_A_FOLDER = 25;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    calls: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
});

function generator(seed: number): () => number {
  let a = seed;
  return () => {
    a = (Math.imul(a, 1_664_525) + 1_013_904_223) >>> 0;
    return a / 4_294_967_296;
  };
}

const broken: string[] = [];
let longestStartMs = 0;

async function torture(name: string, kills: readonly Parameters<KillCampaign['run']>[0][]): Promise<void> {
  const startedMs = performance.now();
  for (let from = 0; from < kills.length; from += KILLS_A_FOLDER) {
    const campaign = new KillCampaign();
    for (const kill of kills.slice(from, from + KILLS_A_FOLDER)) {
      await campaign.run(kill);
      if (campaign.broken.length > 0) {
        broken.push(
          `${name} ${JSON.stringify(kill)}: ${campaign.broken.join('; ')} (kept in ${campaign.dir})`,
        );
        break;
      }
    }
    if (campaign.broken.length === 0) {
      await campaign.finish();
      broken.push(...campaign.broken.map((what) => `${name} after ${from + KILLS_A_FOLDER}: ${what}`));
    }
    longestStartMs = Math.max(longestStartMs, campaign.longestStartMs);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const done = Math.min(from + KILLS_A_FOLDER, kills.length);
    process.stdout.write(`${name}: ${done} of ${kills.length}, ${broken.length} broken, ${seconds} s\n`);
  }
}

const random = generator(Number(values.seed));
const count = (text: string) => Array.from({ length: Number(text) }, (_, i) => i);
await torture(
  'random kills',
  count(values.kills).map(() => ({ afterWords: 1 + Math.floor(random() ** 2 * 600) })),
);
if (spawnSync('strace', ['-V']).status === 0) {
  await torture(
    'kills within a call',
    count(values.calls).map((i) => ({ atCall: i + 1 })),
  );
} else process.stdout.write('kills within a call: left out, strace is not installed\n');

for (const what of broken) process.stderr.write(`BROKEN ${what}\n`);
process.stdout.write(`${broken.length} promises broken; longest start ${Math.round(longestStartMs)} ms\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
