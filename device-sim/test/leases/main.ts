/** `npm run lease-campaign`: many seeds of faults against the leases of a board, in virtual time, on all cores. */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import type { Mutant } from '../../src/loop/campaign/mutant.ts';
import { plant } from '../../src/loop/campaign/plant.ts';
import { LEASE_MUTANTS } from './lease-mutants.ts';
import type { LeaseRun } from './lease-run.ts';

interface Share {
  readonly planted: Mutant | null;
  readonly first: number;
  readonly step: number;
  readonly seeds: number;
}

type Word = LeaseRun | 'done';

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number above 0.');
}

interface Flags {
  readonly seeds: number;
  readonly seed: number;
  readonly mutants: boolean;
}

async function campaign({ seeds, seed, mutants }: Flags): Promise<void> {
  if (mutants) return findMutants(seeds, seed);
  const workers = Math.min(availableParallelism(), seeds);
  const beganMs = performance.now();
  const totals = new Map<string, number>();
  const failed = new Set<number>();
  let simulatedMs = 0;
  const note = (run: LeaseRun) => {
    simulatedMs += run.simulatedMs;
    for (const [what, n] of Object.entries(run.counts)) totals.set(what, (totals.get(what) ?? 0) + n);
    if (run.breaches.length > 0) failed.add(run.seed);
    for (const { rule, atMs, what } of run.breaches.slice(0, 2)) {
      console.log(`seed ${run.seed}, ${(atMs / 1000).toFixed(1)} s: ${rule}: ${what}`);
    }
  };
  await Promise.all(
    Array.from({ length: workers }, (_, i) =>
      workThrough(
        { planted: null, first: seed + i, step: workers, seeds: Math.ceil((seeds - i) / workers) },
        note,
      ),
    ),
  );
  const days = (simulatedMs / 86_400_000).toFixed(1);
  console.log(
    `${seeds} seeds, ${days} days, ${((performance.now() - beganMs) / 1000).toFixed(1)} s, ${failed.size} with breaches`,
  );
  for (const [what, n] of [...totals].sort(([a], [b]) => a.localeCompare(b))) console.log(`  ${what}: ${n}`);
  process.exitCode = failed.size > 0 ? 1 : 0;
}

/** Each planted bug must break a rule in one of the seeds. */
async function findMutants(seeds: number, first: number): Promise<void> {
  const slipped: string[] = [];
  for (const planted of LEASE_MUTANTS) {
    let caughtBy = '';
    const note = ({ seed, breaches }: LeaseRun) => {
      const [breach] = breaches;
      if (!breach || caughtBy) return caughtBy !== '';
      caughtBy = `${breach.rule} (seed ${seed})`;
      return true;
    };
    await workThrough({ planted, first, step: 1, seeds }, note);
    console.log(`${caughtBy ? 'caught ' : 'SLIPPED'} ${planted.id}: ${caughtBy}`);
    if (!caughtBy) slipped.push(planted.id);
  }
  console.log(`${LEASE_MUTANTS.length - slipped.length} of ${LEASE_MUTANTS.length} planted bugs caught`);
  process.exitCode = slipped.length > 0 ? 1 : 0;
}

/** @param note returns true when the rest need not be run */
function workThrough(share: Share, note: (run: LeaseRun) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker.on('message', (word: Word) => {
      if (word === 'done' || note(word) === true) void worker.terminate();
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

async function work({ planted, first, step, seeds }: Share): Promise<void> {
  const bug = planted && plant(planted);
  const { runLeases } = await import('./lease-run.ts');
  if (bug && !bug.loaded()) throw new Error(`planted bug "${planted.id}": ${planted.file} was not loaded`);
  for (let n = 0; n < seeds; n += 1) {
    parentPort?.postMessage(runLeases(first + n * step));
    // Lets the other side say that it has seen enough.
    await new Promise((resolve) => setImmediate(resolve));
  }
  parentPort?.postMessage('done');
}

if (isMainThread) {
  await new Command('lease-campaign')
    .description(
      'Runs seeds of faults against the leases of a relay board; exit code 1 when a promise is broken.',
    )
    .option('--seeds <n>', 'how many seeds', whole, 10_000)
    .option('--seed <s>', 'first seed', whole, 1)
    .option('--mutants', 'plant bugs one by one; each must be found within the seeds', false)
    .action(campaign)
    .parseAsync();
} else await work(workerData as Share);
