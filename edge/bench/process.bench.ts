/**
 * What the box costs: memory and processor of its one-file bundle, once a second against a real home of sockets,
 * measured from the outside in /proc after it has settled.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SmallHome } from '../test/agent/small-home.ts';

interface Bench {
  readonly name: string;
  readonly unit: string;
  readonly bar: { readonly max?: number; readonly min?: number } | null;
  readonly long?: boolean;
  run(): Promise<number>;
}

const SETTLE_MS = 10_000;
const MEASURE_MS = 30_000;
/** Clock ticks per second of /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;

interface Cost {
  readonly rssMb: number;
  readonly cpuPct: number;
}

let measured: Promise<Cost> | undefined;

/** Both benchmarks look at one and the same run. */
function cost(): Promise<Cost> {
  measured ??= measure();
  return measured;
}

async function measure(): Promise<Cost> {
  const dir = mkdtempSync(path.join(tmpdir(), 'edge-bundle-'));
  const home = await SmallHome.open({ cycleMs: 1_000 });
  const main = bundle(dir);
  const box = fork(main, ['run', '--config', home.configFile], { stdio: 'ignore', execArgv: [] });
  try {
    const [said] = await once(box, 'message');
    if (!said.ready) throw new Error(`the box did not start: ${JSON.stringify(said)}`);
    await delay(SETTLE_MS);
    const beforeTicks = cpuTicks(box);
    const beganMs = performance.now();
    let rssMb = 0;
    while (performance.now() - beganMs < MEASURE_MS) {
      await delay(1_000);
      rssMb = Math.max(rssMb, rssOfMb(box));
    }
    const spentS = (cpuTicks(box) - beforeTicks) / TICKS_PER_S;
    return { rssMb, cpuPct: (100 * spentS) / ((performance.now() - beganMs) / 1000) };
  } finally {
    box.kill('SIGTERM');
    if (box.exitCode === null) await once(box, 'exit');
    await home.close();
    rmSync(dir, { recursive: true });
  }
}

/** One file each for the box and its disk's worker, as `npm run build` makes them. @returns the box's */
function bundle(dir: string): string {
  const root = path.join(import.meta.dirname, '../..');
  const src = path.join(root, 'edge/src');
  execFileSync(path.join(root, 'node_modules/.bin/esbuild'), [
    `main=${path.join(src, 'main.ts')}`,
    `store-worker=${path.join(src, 'store/worker.ts')}`,
    ...[
      '--bundle',
      '--minify',
      '--platform=node',
      '--target=node24',
      '--format=esm',
      '--external:serialport',
    ],
    "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    `--outdir=${dir}`,
    '--log-level=error',
  ]);
  writeFileSync(path.join(dir, 'package.json'), '{ "type": "module" }');
  return path.join(dir, 'main.js');
}

function rssOfMb(box: ChildProcess): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${box.pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}

/** User and system time of the process with all its threads. */
function cpuTicks(box: ChildProcess): number {
  const stat = readFileSync(`/proc/${box.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

export const benches: readonly Bench[] = [
  {
    name: 'memory of the bundled box at 1 Hz, highest RSS',
    unit: 'MB',
    bar: { max: 100 },
    run: async () => (await cost()).rssMb,
  },
  {
    name: 'processor of the bundled box at 1 Hz',
    unit: '% of a core',
    bar: { max: 3 },
    run: async () => (await cost()).cpuPct,
  },
];
