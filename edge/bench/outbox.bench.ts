/**
 * The box's disk: what a day at default settings writes, what an outage takes, and how fast the backlog drains while
 * live data goes ahead. The short run takes a day and scales, the long one takes the whole thirty.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDelivery } from '../src/link/delivery.ts';
import { openStore } from '../src/store/open-store.ts';
import { pointsAt, recordThrough, stamp } from './days-of-points.ts';

interface Bench {
  name: string;
  unit: string;
  bar: { max?: number; min?: number } | null;
  long?: boolean;
  run(): Promise<number>;
}

const DAY_MS = 86_400_000;
const OUTAGE_DAYS = 30;
const run = promisify(execFile);
const DAY = fileURLToPath(new URL('./day-of-writes.ts', import.meta.url));

let day: Promise<{ writtenBytes: number; syncs: number }> | undefined;
const outages = new Map<number, Promise<Outage>>();

export const benches: Bench[] = [
  {
    name: 'box disk, written in a simulated day',
    unit: 'MB',
    bar: { max: 150 },
    run: async () => (await aDay()).writtenBytes / 1e6,
  },
  {
    name: 'box disk, fsync in a simulated day',
    unit: 'calls',
    bar: { max: 3000 },
    run: async () => (await aDay()).syncs,
  },
  ...outageBenches(1, 'scaled from one'),
  ...outageBenches(OUTAGE_DAYS, 'all of them', true),
];

function outageBenches(days: number, how: string, long = false): Bench[] {
  const part = long ? { long } : {};
  return [
    {
      name: `outbox, 30 days at 10 s (${how})`,
      unit: 'MB',
      bar: { max: 512 },
      run: async () => ((await anOutage(days)).fileBytes / 1e6) * (OUTAGE_DAYS / days),
      ...part,
    },
    {
      name: `outbox drain (${days} days)`,
      unit: 'x real time',
      bar: { min: 50 },
      run: async () => (await anOutage(days)).drainSpeed,
      ...part,
    },
    {
      name: `live data behind its commit while ${days} days drain`,
      unit: 's',
      bar: { max: 10 },
      run: async () => (await anOutage(days)).liveDelayS,
      ...part,
    },
  ];
}

/** Counts fsync with strace where that can be had; without it the number is not known. */
function aDay(): Promise<{ writtenBytes: number; syncs: number }> {
  day ??= (async () => {
    const dir = mkdtempSync(join(tmpdir(), 'wattward-strace-'));
    const log = join(dir, 'calls');
    const options = ['-f', '-qq', '--seccomp-bpf', '-e', 'trace=fsync,fdatasync', '-o', log];
    const { stdout } = await run('strace', [...options, process.execPath, DAY]);
    const syncs = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => /f(data)?sync\(/.test(line)).length;
    rmSync(dir, { recursive: true });
    return { writtenBytes: (JSON.parse(stdout) as { writtenBytes: number }).writtenBytes, syncs };
  })();
  return day;
}

interface Outage {
  readonly fileBytes: number;
  readonly drainSpeed: number;
  readonly liveDelayS: number;
}

function anOutage(days: number): Promise<Outage> {
  const known = outages.get(days);
  if (known) return known;
  const outage = measureOutage(days);
  outages.set(days, outage);
  return outage;
}

async function measureOutage(days: number): Promise<Outage> {
  const dir = mkdtempSync(join(tmpdir(), 'wattward-outage-'));
  const options = { dir, site: 'home-1', onAlarm: () => {} };
  const before = await openStore({ ...options, bootId: 'before' });
  await recordThrough(before, 0, days * DAY_MS);
  await before.close();
  const fileBytes = statSync(join(dir, 'log.db')).size;

  const sink = createServer((req, res) => {
    req.resume();
    req.on('end', () => res.writeHead(204).end());
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const store = await openStore({ ...options, bootId: 'after', commitEveryMs: 1000 });
  const startedMs = performance.now();
  let committedMs: number | null = null;
  let liveDelayMs = 0;
  const delivery = startDelivery({
    store,
    target: { url, org: 'o', bucket: 'b', token: 't' },
    random: () => 0,
    onRequest: ({ lane }) => {
      if (lane !== 'live' || committedMs === null) return;
      liveDelayMs = Math.max(liveDelayMs, performance.now() - committedMs);
      committedMs = null;
    },
  });
  const live = setInterval(() => {
    const ms = days * DAY_MS + Math.round(performance.now() - startedMs);
    store.recordPoints(pointsAt(ms), stamp(ms));
    void store.flush().then(() => {
      committedMs ??= performance.now();
    });
  }, 1000);
  await new Promise<void>((resolve) => {
    const look = setInterval(() => {
      const { pendingPoints, acceptedPoints } = store.stats();
      if (acceptedPoints === 0 || pendingPoints > 100) return;
      clearInterval(look);
      resolve();
    }, 50);
  });
  const tookMs = performance.now() - startedMs;
  clearInterval(live);
  await delivery.stop();
  await store.close();
  sink.closeAllConnections();
  sink.close();
  rmSync(dir, { recursive: true });
  return { fileBytes, drainSpeed: (days * DAY_MS) / tookMs, liveDelayS: liveDelayMs / 1000 };
}
