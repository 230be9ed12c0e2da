/** `npm run campaign`: many seeds of faults against box and boards, on all cores, with a report of what was covered. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { coverageMatrix, neverStruck } from './coverage.ts';
import { countLines, coveredShares, type MissedLines } from './line-coverage.ts';
import { type MutantVerdict, tryMutant } from './mutant-run.ts';
import { MUTANTS } from './mutant-table.ts';
import type { SeedResult } from './run-seed.ts';
import { shrink } from './shrink.ts';

interface Options {
  readonly seeds: number;
  readonly days: number;
  readonly seed: number;
  readonly shrink: boolean;
  readonly twice: boolean;
  readonly mutants: boolean;
  readonly mutant?: string;
  readonly lines: boolean;
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
  if (options.mutants || options.mutant !== undefined) return mutants(options);
  const seeds = Array.from({ length: options.seeds }, (_, i) => options.seed + i);
  const commit = commitOf();
  const beganMs = performance.now();
  const missed: MissedLines[] = [];
  const note = (result: SeedResult) => tell(result, commit);
  const results = await runAll(seeds, options.days, note, options.lines ? missed : undefined);
  report(results, performance.now() - beganMs);
  if (options.lines) for (const line of coveredShares(missed)) console.log(line);
  const failed = results.filter(({ violations }) => violations.length > 0).sort((a, b) => a.seed - b.seed);
  if (options.shrink) await shrinkFirst(failed, options.days);
  const differs = options.twice ? await differing(results, options.days) : [];
  process.exitCode = failed.length > 0 || differs.length > 0 ? 1 : 0;
}

/** Everything that is needed to see it again. */
function tell({ seed, days, violations }: SeedResult, commit: string): void {
  if (violations.length === 0) return;
  console.log(`FAILED seed ${seed}, ${days} days, commit ${commit}`);
  for (const { invariant, atMs, what } of violations.slice(0, 3)) {
    console.log(`  ${invariant} at ${new Date(atMs).toISOString()}: ${what}`);
  }
}

async function shrinkFirst(failed: readonly SeedResult[], days: number): Promise<void> {
  for (const { seed, violations } of failed.slice(0, 3)) {
    const small = await shrink(seed, days, violations[0]?.invariant ?? '');
    const classes = small.classes.join(' ') || 'none';
    console.log(`shrunk: seed ${seed}, ${small.invariant}, ${small.days.toFixed(4)} days, faults ${classes}`);
  }
}

/** The same seeds again: each must leave the same trace. Returns those that did not. */
async function differing(results: readonly SeedResult[], days: number): Promise<readonly number[]> {
  const once = new Map(results.map(({ seed, hash }) => [seed, hash]));
  const again = await runAll([...once.keys()], days, () => {});
  const differs = again.filter(({ seed, hash }) => once.get(seed) !== hash).map(({ seed }) => seed);
  console.log(`${again.length - differs.length} of ${again.length} seeds left the same trace twice`);
  if (differs.length > 0) console.log(`different: ${differs.join(' ')}`);
  return differs;
}

/** The share of planted bugs that the seeds find. Fails below 95 %, and when the code as it is does not pass. */
async function mutants({ seeds, seed, days, mutant: only }: Options): Promise<void> {
  const run = { seeds: Array.from({ length: seeds }, (_, i) => seed + i), days };
  const waiting = MUTANTS.filter(({ id }) => only === undefined || id.includes(only));
  const control = await tryMutant({ ...run, mutant: null });
  if (control.caughtBy) throw new Error(`without any planted bug: ${control.caughtBy}`);
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

async function runAll(
  seeds: readonly number[],
  days: number,
  note: (result: SeedResult) => void,
  missed?: MissedLines[],
): Promise<readonly SeedResult[]> {
  const waiting = [...seeds];
  const results: SeedResult[] = [];
  const keep = (result: SeedResult) => {
    results.push(result);
    note(result);
  };
  const workers = Math.min(MAX_WORKERS, availableParallelism(), seeds.length);
  await Promise.all(Array.from({ length: workers }, () => workThrough(waiting, days, keep, missed)));
  return results;
}

/** A seed that has run, or at the end the lines that were not. */
interface FromWorker {
  readonly result?: SeedResult;
  readonly lines?: MissedLines;
}

/** One thread takes seeds from the list until it is empty. */
function workThrough(
  seeds: number[],
  days: number,
  note: (result: SeedResult) => void,
  missed?: MissedLines[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { days, lines: missed !== undefined },
    });
    const next = () => {
      const seed = seeds.shift();
      worker.postMessage(seed ?? null);
    };
    worker.on('message', ({ result, lines }: FromWorker) => {
      if (lines) missed?.push(lines);
      if (!result) return;
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
  for (const line of coverageMatrix(results)) console.log(line);
  const never = neverStruck(results);
  if (never.length > 0) console.log(`never struck: ${never.join(' ')}`);
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

function commitOf(): string {
  try {
    const at = { cwd: import.meta.dirname, encoding: 'utf8' } as const;
    const changed = execFileSync('git', ['status', '--porcelain', '-uno'], at) !== '';
    return (
      execFileSync('git', ['rev-parse', '--short', 'HEAD'], at).trim() + (changed ? ' with changes' : '')
    );
  } catch {
    return 'unknown';
  }
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
    .option('--twice', 'run every seed a second time and compare the traces', false)
    .option('--lines', 'tell which share of the lines of the box the seeds have run', false)
    .option('--mutants', 'plant bugs one by one and tell which the seeds find', false)
    .option('--mutant <text>', 'plant only the bugs whose name holds this text')
    .action(campaign)
    .parseAsync();
} else {
  const { days, lines } = workerData as { days: number; lines: boolean };
  const missed = lines ? await countLines() : null;
  const { runSeed } = await import('./run-seed.ts');
  const say = (message: FromWorker) => parentPort?.postMessage(message);
  parentPort?.on('message', async (seed: number | null) => {
    if (seed !== null) return say({ result: await runSeed({ seed, days }) });
    if (missed) say({ lines: await missed() });
    parentPort?.close();
  });
}
