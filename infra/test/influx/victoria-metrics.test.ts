/**
 * The box's delivery writes into a real server that speaks InfluxDB's write protocol: Debian's `victoria-metrics`,
 * where it is installed. Everything is read back by its own export and compared, value by value. It takes any token
 * and any bucket, and text fields are not its business: those are the strict stub's part.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDelivery } from '@wattward/edge/testing/delivery';
import { at, decision, opened, removeFolder, T0, tempFolder } from '@wattward/edge/testing/opened-store';
import { testWith } from '../installed.ts';

const PROGRAM = 'victoria-metrics';
const POINTS = 12_345;
const testWithServer = testWith(PROGRAM);
const isThere = testWithServer === test;

let server: ChildProcess | undefined;
let url = '';
let folder = '';

beforeAll(async () => {
  if (!isThere) return;
  folder = tempFolder();
  url = `http://127.0.0.1:${await freePort()}`;
  server = spawn(
    PROGRAM,
    [
      `-httpListenAddr=${url.slice('http://'.length)}`,
      `-storageDataPath=${path.join(folder, 'data')}`,
      '-retentionPeriod=100y',
      '-memory.allowedBytes=64MiB',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await isUp(server, url);
});
afterAll(async () => {
  if (server && server.exitCode === null && server.signalCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  if (folder) removeFolder(folder);
});

testWithServer('all that the box records is in a real server, each value at its time', async () => {
  const { store } = await opened(path.join(folder, 'box'), { commitEveryMs: 60_000 });
  const wanted = new Map<number, { gridPowerW: number; gridImportWh: number }>();
  const delivery = startDelivery({
    store,
    target: { url, org: 'house', bucket: 'wattward', token: 'any' },
    random: () => 0,
  });
  for (let i = 0; i < POINTS; i += 1) {
    const fields = { gridPowerW: Math.round(4000 * Math.sin(i / 50) * 10) / 10, gridImportWh: i * 1.25 };
    wanted.set(T0 + i * 10_000, fields);
    store.recordPoints(
      [{ measurement: 'site', tags: { site: 'home-1' }, fields: { ...fields, mode: 'normal' } }],
      at(i * 10_000),
    );
    if (i % 1000 === 999) await store.flush();
  }
  await store.recordDecisions([decision('shed', 'load:pool-heater'), decision('peak')], at(POINTS * 10_000));
  await store.flush();
  while (store.stats().pendingPoints > 0) await store.flush();
  await delivery.stop();
  const stats = store.stats();
  expect(stats).toMatchObject({
    acceptedPoints: POINTS + 2,
    deliveredPoints: POINTS + 2,
    quarantinedPoints: 0,
  });
  await store.close();

  const kept = await exported('{site="home-1"}');
  for (const field of ['gridPowerW', 'gridImportWh'] as const) {
    const values = kept.get(`site_${field}`);
    expect(values?.size).toBe(POINTS);
    const wrong = [...wanted].filter(([atMs, fields]) => values?.get(atMs) !== fields[field]);
    expect(wrong).toEqual([]);
  }
  expect(kept.get('decision_seq')?.size).toBe(1);
  expect([...(await actuators())].sort()).toEqual(['home', 'load:pool-heater']);
});

/** Value by instant, by `measurement_field`. */
async function exported(match: string): Promise<Map<string, Map<number, number>>> {
  const found = new Map<string, Map<number, number>>();
  for (const { metric, timestamps, values } of await exportedRows(match)) {
    const name = metric.__name__ ?? '';
    const series = found.get(name) ?? new Map<number, number>();
    for (const [i, atMs] of timestamps.entries()) series.set(atMs, values[i] ?? Number.NaN);
    found.set(name, series);
  }
  return found;
}

async function actuators(): Promise<Set<string | undefined>> {
  return new Set((await exportedRows('decision_seq')).map(({ metric }) => metric.actuator));
}

interface ExportedRow {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
}

async function exportedRows(match: string): Promise<ExportedRow[]> {
  await fetch(`${url}/internal/force_flush`);
  const query = new URLSearchParams({ 'match[]': match, start: '0', end: '4000000000' });
  const text = await (await fetch(`${url}/api/v1/export?${query}`)).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExportedRow);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Each line the server writes is a reason to look again. */
function isUp(child: ChildProcess, base: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      fetch(`${base}/health`).then(
        ({ ok }) => ok && resolve(),
        () => undefined,
      );
    });
    child.once('exit', () => reject(new Error(`${PROGRAM} ended: ${said}`)));
  });
}
