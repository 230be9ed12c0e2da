/**
 * What the box costs: memory and processor of its one-file bundle, once a second beside the simulated home, with
 * history flowing; measured from the outside in /proc after it has settled.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startInfluxStub } from '@wattward/edge/testing/influx-stub';
import { bundle } from '../build/bundle.ts';
import { BOX_FLAGS } from '../build/node-flags.ts';
import { HomeRig, ROOT } from '../test/home-rig.ts';

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
  const dir = mkdtempSync(path.join(tmpdir(), 'box-bundle-'));
  await bundle(ROOT, 'edge', dir);
  const influx = await startInfluxStub();
  const { url, token, org, bucket } = influx;
  Object.assign(process.env, {
    INFLUX_URL: url,
    INFLUX_TOKEN: token,
    INFLUX_ORG: org,
    INFLUX_BUCKET: bucket,
  });
  const rig = await HomeRig.prepare(['--headless']);
  await rig.startBroker();
  await rig.startSimulator();
  const box = spawn(
    process.execPath,
    [...BOX_FLAGS, path.join(dir, 'main.js'), 'run', '--config', path.join(rig.site.dir, 'edge.yaml')],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
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
    if (influx.points.size === 0) throw new Error('the box sent no history');
    const spentS = (cpuTicks(box) - beforeTicks) / TICKS_PER_S;
    return { rssMb, cpuPct: (100 * spentS) / ((performance.now() - beganMs) / 1000) };
  } finally {
    box.kill('SIGTERM');
    if (box.exitCode === null) await once(box, 'exit');
    await rig.stop();
    await influx.close();
    rmSync(dir, { recursive: true });
  }
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
