/**
 * `npm run torture`: the box's disk killed at random and within its n-th write or sync, and its files damaged, until
 * it breaks a promise or the counts are through. Prints what it did; ends with 1 when anything was broken.
 *
 *   --kills N        SIGKILLs at random moments (500)
 *   --calls N        a kill at each of the first N writes and syncs (2000); needs strace
 *   --corruptions N  files damaged at random (400)
 *   --jobs N         campaigns at the same time (4): most of a life is waiting for the disk
 *   --seed N         of the random moments and damages
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { DamageCampaign } from '../store/damage-campaign.ts';
import { type Kill, KillCampaign } from '../store/kill-campaign.ts';
import { seededRandom } from './seeded-random.ts';

/** Trials on one folder before a fresh one is begun. */
const TRIALS_A_FOLDER = 25;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    calls: { type: 'string', default: '2000' },
    corruptions: { type: 'string', default: '400' },
    jobs: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
  },
});

interface Outcome {
  readonly broken: readonly string[];
  readonly longestStartMs: number;
  readonly points: number;
}

let broken = 0;
let longestStartMs = 0;

async function torture<T>(
  name: string,
  trials: readonly T[],
  runFolder: (trials: readonly T[]) => Promise<Outcome>,
): Promise<void> {
  const startedMs = performance.now();
  const folders = Array.from({ length: Math.ceil(trials.length / TRIALS_A_FOLDER) }, (_, n) =>
    trials.slice(n * TRIALS_A_FOLDER, (n + 1) * TRIALS_A_FOLDER),
  );
  let done = 0;
  let points = 0;
  const work = async () => {
    for (let folder = folders.shift(); folder; folder = folders.shift()) {
      const outcome = await runFolder(folder);
      for (const what of outcome.broken) process.stderr.write(`BROKEN ${name}: ${what}\n`);
      broken += outcome.broken.length;
      longestStartMs = Math.max(longestStartMs, outcome.longestStartMs);
      done += folder.length;
      points += outcome.points;
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      const told = points > 0 ? `, ${points} points accepted and delivered once` : '';
      process.stdout.write(`${name}: ${done} of ${trials.length}, ${broken} broken${told}, ${seconds} s\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
}

async function killed(kills: readonly Kill[]): Promise<Outcome> {
  const campaign = new KillCampaign();
  for (const kill of kills) {
    await campaign.run(kill);
    const { broken, longestStartMs } = campaign;
    if (broken.length > 0) {
      return {
        broken: [`${JSON.stringify(kill)}: ${broken.join('; ')} (kept in ${campaign.dir})`],
        longestStartMs,
        points: 0,
      };
    }
  }
  const points = await campaign.finish();
  return { broken: campaign.broken, longestStartMs: campaign.longestStartMs, points };
}

async function damaged(seeds: readonly number[]): Promise<Outcome> {
  const campaign = await DamageCampaign.prepare();
  for (const seed of seeds) await campaign.run(seed);
  campaign.finish();
  return { broken: campaign.broken, longestStartMs: campaign.longestStartMs, points: 0 };
}

const seed = Number(values.seed);
const random = seededRandom(seed);
const count = (text: string) => Array.from({ length: Number(text) }, (_, i) => i);
const moments = count(values.kills).map(() => ({ afterWords: 1 + Math.floor(random() ** 2 * 600) }));
await torture('random kills', moments, killed);
const calls = count(values.calls).map((i) => ({ atCall: i + 1 }));
if (spawnSync('strace', ['-V']).status === 0) await torture('kills within a call', calls, killed);
else process.stdout.write('kills within a call: left out, strace is not installed\n');
const damages = count(values.corruptions).map((i) => seed * 1_000_000 + i);
await torture('damaged files', damages, damaged);

process.stdout.write(`${broken} promises broken; longest start ${Math.round(longestStartMs)} ms\n`);
process.exitCode = broken === 0 ? 0 : 1;
