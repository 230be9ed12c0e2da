/** Runs seeds with one planted bug until an invariant breaks, in a thread of its own. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Mutant } from './mutant.ts';
import { plant } from './plant.ts';

export interface MutantVerdict {
  readonly id: string;
  /** What gave it away; null when it slipped. */
  readonly caughtBy: string | null;
  readonly seedsRun: number;
}

export interface MutantRun {
  /** Null: the code as it is, which must pass. */
  readonly mutant: Mutant | null;
  readonly seeds: readonly number[];
  readonly days: number;
}

/** @throws when the text to change is not found, or the changed code does not load. */
export function tryMutant(run: MutantRun): Promise<MutantVerdict> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: run });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function work({ mutant, seeds, days }: MutantRun): Promise<MutantVerdict> {
  const planted = mutant && plant(mutant);
  const { runSeed } = await import('./run-seed.ts');
  if (planted && !planted.loaded()) throw new Error(`mutant "${mutant.id}": ${mutant.file} was not loaded`);
  const id = mutant?.id ?? 'the code as it is';
  for (const [n, seed] of seeds.entries()) {
    const caughtBy = await firstBreach(
      async () => (await runSeed({ seed, days, eager: true })).violations[0]?.invariant,
    );
    if (caughtBy) return { id, caughtBy: `${caughtBy} (seed ${seed})`, seedsRun: n + 1 };
  }
  return { id, caughtBy: null, seedsRun: seeds.length };
}

/** An assertion of the code itself counts as well. */
async function firstBreach(run: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await run();
  } catch (cause) {
    return `assertion: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

if (!isMainThread && isRun(workerData)) parentPort?.postMessage(await work(workerData));

function isRun(data: unknown): data is MutantRun {
  return typeof data === 'object' && data !== null && 'mutant' in data && 'seeds' in data;
}
