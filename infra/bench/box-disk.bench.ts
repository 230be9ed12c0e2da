/**
 * What the whole box writes to its disk: the shipped bundle at default settings beside the simulated home, twenty times
 * as fast as life, for an hour and a half of the home's time from its morning on, with history delivered; scaled to a
 * day. Bytes are those the kernel sends to the disk for the process, syncs are counted with strace.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startBundledBox } from './bundled-box.ts';

const SPEED = 20;
/** The start itself, the first delivery and the first minutes of a home are no part of a day. */
const SETTLE_MS = 30_000;
const MEASURE_MS = 270_000;
const DAY_MS = 86_400_000;

interface Wear {
  readonly megabytes: number;
  readonly syncs: number;
}

let measured: Promise<Wear> | undefined;

/** Both benchmarks look at one and the same run. */
function wear(): Promise<Wear> {
  measured ??= measure();
  return measured;
}

async function measure(): Promise<Wear> {
  const dir = mkdtempSync(path.join(tmpdir(), 'box-disk-'));
  const log = path.join(dir, 'syncs');
  const strace = ['strace', '-f', '-qq', '--seccomp-bpf', '-e', 'trace=fsync,fdatasync', '-o', log];
  const box = await startBundledBox(['--speed', String(SPEED)], strace);
  try {
    const look = () => ({
      bytes: bytesOf(box.pid),
      syncs: syncsIn(log),
      atMs: performance.now(),
    });
    await delay(SETTLE_MS);
    const before = look();
    await delay(MEASURE_MS);
    const after = look();
    if (box.points() === 0) throw new Error('the box sent no history');
    const days = ((after.atMs - before.atMs) * SPEED) / DAY_MS;
    return {
      megabytes: (after.bytes - before.bytes) / 1e6 / days,
      syncs: (after.syncs - before.syncs) / days,
    };
  } finally {
    await box.stop();
    rmSync(dir, { recursive: true });
  }
}

function bytesOf(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** A call that another thread interrupts takes two lines. */
function syncsIn(log: string): number {
  return readFileSync(log, 'utf8').match(/ f(?:data)?sync\(/g)?.length ?? 0;
}

export const benches = [
  {
    name: 'whole box at default settings, written in a day',
    unit: 'MB',
    bar: { max: 150 },
    long: true,
    run: async () => (await wear()).megabytes,
  },
  {
    name: 'whole box at default settings, fsync in a day',
    unit: 'calls',
    bar: { max: 3000 },
    long: true,
    run: async () => (await wear()).syncs,
  },
];
