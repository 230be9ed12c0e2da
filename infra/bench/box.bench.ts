/**
 * What the box costs: memory and processor of its one-file bundle, once a second beside the simulated home, with
 * history flowing; measured from the outside in /proc after it has settled.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startBundledBox } from './bundled-box.ts';

/** Long enough that blocks have been committed and sent. */
const SETTLE_MS = 80_000;
const MEASURE_MS = 40_000;
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
  const { pid, points, stop } = await startBundledBox([]);
  try {
    await delay(SETTLE_MS);
    const beforeTicks = cpuTicks(pid);
    const beganMs = performance.now();
    let rssMb = 0;
    while (performance.now() - beganMs < MEASURE_MS) {
      await delay(1_000);
      rssMb = Math.max(rssMb, rssOfMb(pid));
    }
    if (points() === 0) throw new Error('the box sent no history');
    const spentS = (cpuTicks(pid) - beforeTicks) / TICKS_PER_S;
    return { rssMb, cpuPct: (100 * spentS) / ((performance.now() - beganMs) / 1000) };
  } finally {
    await stop();
  }
}

function rssOfMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}

/** User and system time of the process with all its threads. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

export const benches = [
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
