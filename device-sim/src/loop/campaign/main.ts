/** `npm run campaign`: many seeds of faults against box and boards, on all cores, with a report of what was covered. */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { type MutantVerdict, tryMutant } from './mutant-run.ts';
import { MUTANTS } from './mutant-table.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { shrink } from './shrink.ts';

interface Options {
  readonly seeds: number;
  readonly days: number;
  readonly seed: number;
  readonly shrink: boolean;
  readonly mutants: boolean;
}

const MAX_WORKERS = 2;
const LEAST_CAUGHT_PCT = 95;

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Give a number above 0.');
}

function whole(text: string): number {
  const value = positive(text);
  if (Number.isInteger(value)) return value;
  throw new InvalidArgumentError('Give a whole number.');
}

async function campaign(options: Options): Promise<void> {
  if (options.mutants) return mutants(options);
  const seeds = Array.from({ length: options.seeds }, (_, i) => options.seed + i);
  const results: SeedResult[] = [];
  const beganMs = performance.now();
  const workers = Math.min(MAX_WORKERS, availableParallelism(), seeds.length);
  const note = (result: SeedResult) => {
    results.push(result);
    for (const { invariant, atMs, what } of result.violations.slice(0, 3)) {
      console.log(`seed ${result.seed}: ${invariant} at ${new Date(atMs).toISOString()}: ${what}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, () => workThrough(seeds, options.days, note)));
  report(results, performance.now() - beganMs);
  const failed = results.filter(({ violations }) => violations.length > 0).sort((a, b) => a.seed - b.seed);
  if (options.shrink) {
    for (const { seed, violations } of failed.slice(0, 3)) {
      const small = await shrink(seed, options.days, violations[0]?.invariant ?? '');
      console.log(
        `shrunk: seed ${seed}, ${small.invariant}, ${small.days.toFixed(4)} days, faults ${small.classes.join(' ')}`,
      );
    }
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
}

/** The share of planted bugs that the seeds find. Fails below 95 %, and when the code as it is does not pass. */
async function mutants({ seeds, seed, days }: Options): Promise<void> {
  const run = { seeds: Array.from({ length: seeds }, (_, i) => seed + i), days };
  const control = await tryMutant({ ...run, mutant: null });
  if (control.caughtBy) throw new Error(`without any planted bug: ${control.caughtBy}`);
  const waiting = [...MUTANTS];
  const verdicts: MutantVerdict[] = [];
  const next = async () => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const verdict = await tryMutant({ ...run, mutant });
      verdicts.push(verdict);
      console.log(`${verdict.caughtBy ? 'caught ' : 'SLIPPED'} ${verdict.id}: ${verdict.caughtBy ?? ''}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_WORKERS, availableParallelism()) }, next));
  const slipped = verdicts.filter(({ caughtBy }) => caughtBy === null).map(({ id }) => id);
  const caught = verdicts.length - slipped.length;
  const share = (100 * caught) / verdicts.length;
  console.log(`${caught} of ${verdicts.length} planted bugs caught, ${share.toFixed(1)} %`);
  if (slipped.length > 0) console.log(`slipped: ${slipped.join('; ')}`);
  process.exitCode = share >= LEAST_CAUGHT_PCT ? 0 : 1;
}

/** One thread takes seeds from the list until it is empty. */
function workThrough(seeds: number[], days: number, note: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { days } });
    const next = () => {
      const seed = seeds.shift();
      worker.postMessage(seed ?? null);
    };
    worker.on('message', (result: SeedResult) => {
      note(result);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    next();
  });
}

function report(results: readonly SeedResult[], tookMs: number): void {
  const cycles = results.reduce((sum, r) => sum + r.cycles, 0);
  const cpuMs = results.reduce((sum, r) => sum + r.tookMs, 0);
  const broken = results.filter(({ violations }) => violations.length > 0).length;
  const days = (cycles / 86_400).toFixed(1);
  const speed = Math.round((cycles * 1000) / cpuMs).toLocaleString('en');
  console.log(
    `${results.length} seeds, ${days} days, ${(tookMs / 1000).toFixed(1)} s, ${speed}x real time a core, ${broken} with violations`,
  );
  console.log(`faults:     ${sums(results.map((r) => r.faults))}`);
  console.log(`invariants: ${sums(results.map((r) => r.checks))}`);
}

function sums(parts: readonly Readonly<Record<string, number>>[]): string {
  const total = new Map<string, number>();
  for (const part of parts) {
    for (const [key, count] of Object.entries(part)) total.set(key, (total.get(key) ?? 0) + count);
  }
  return [...total]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, count]) => `${key} ${count}`)
    .join(', ');
}

if (isMainThread) {
  await new Command('campaign')
    .description(
      'Runs seeds of faults against the box and its boards in virtual time; exit code 1 on a violation.',
    )
    .option('--seeds <n>', 'how many seeds', whole, 10)
    .option('--days <d>', 'days of faults a seed', positive, 1)
    .option('--seed <s>', 'first seed', whole, 1)
    .option('--shrink', 'make the first failing seeds small', false)
    .option('--mutants', 'plant bugs one by one and tell which the seeds find', false)
    .action(campaign)
    .parseAsync();
} else {
  const { days } = workerData as { days: number };
  parentPort?.on('message', async (seed: number | null) => {
    if (seed === null) parentPort?.close();
    else parentPort?.postMessage(await runSeed({ seed, days }));
  });
}
