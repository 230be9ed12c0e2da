/**
 * A real InfluxDB for tests: version 1.8, which has Flux and the v2 paths for writing and asking, but no tasks, tokens
 * or buckets of its own. A bucket is `<database>/<retention policy>`, so that a raw bucket `wattward/raw` and its
 * roll-ups `wattward/raw_1m` are found by the same names as in InfluxDB 2. Built by Go (`influxd` of the module
 * github.com/influxdata/influxdb v1.8.3), kept where `.ci/run` puts it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InfluxDB } from '@influxdata/influxdb-client';
import { ROLL_UPS } from '@wattward/portal/history/levels';

const MODULE = 'github.com/influxdata/influxdb';
const VERSION = '1.8.3';
const PROGRAM =
  process.env.WATTWARD_INFLUXD ?? path.join(homedir(), `.cache/wattward/influxd-${VERSION}/influxd`);
/** Shadows what the old engine cannot do: what a task would write is a result under the name of its bucket. */
const TO = 'to = (bucket, org, tables=<-) => tables |> yield(name: bucket)\n';
const LINES_AT_ONCE = 5000;

export interface Influx1 {
  readonly url: string;
  readonly org: string;
  readonly token: string;
  readonly bucket: string;
  readonly influx: InfluxDB;
  /** Line protocol with ms. @returns the answer's status and text. */
  write(
    lines: readonly string[],
    bucket?: string,
  ): Promise<{ readonly status: number; readonly body: string }>;
  rows(flux: string): Promise<Row[]>;
  /** Runs the text of a task, and writes what it would have written. @returns how many points. */
  run(flux: string): Promise<number>;
  /** A bucket of its own, with its roll-ups. */
  addBucket(name: string, keptH?: number): Promise<void>;
  stop(): Promise<void>;
}

export type Row = Readonly<Record<string, string | number>>;

/** Makes the program where it is not there yet and Go is. @returns why there is none; null when it is ready. */
export function influx1Problem(): string | null {
  if (existsSync(PROGRAM)) return null;
  const env = { ...process.env, GOBIN: path.dirname(PROGRAM), GOFLAGS: '-modcacherw' };
  try {
    execFileSync('go', ['install', `${MODULE}/cmd/influxd@v${VERSION}`], { env, stdio: 'pipe' });
    return null;
  } catch (error) {
    return `there is no ${PROGRAM} and Go cannot make it: ${error instanceof Error ? error.message : error}`;
  }
}

export async function startInflux1(bucket = 'wattward/raw'): Promise<Influx1> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wattward-influxd-'));
  const [rpc, http] = [await freePort(), await freePort()];
  const config = path.join(folder, 'influxdb.conf');
  writeFileSync(config, configText(folder, { rpc, http }));
  const child = spawn(PROGRAM, ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = `http://127.0.0.1:${http}`;
  const settings = { url, org: 'house', token: 'any' };
  await isUp(child, url);
  const influx = new InfluxDB({ url, token: 'any', timeout: 300_000 });
  const api = influx.getQueryApi('house');

  const write: Influx1['write'] = async (lines, into = bucket) => {
    const query = new URLSearchParams({ bucket: into, org: 'house', precision: 'ms' });
    const response = await fetch(`${url}/api/v2/write?${query}`, { method: 'POST', body: lines.join('\n') });
    return { status: response.status, body: await response.text() };
  };
  const run = async (flux: string) => {
    const into = new Map<string, string[]>();
    let points = 0;
    for (const row of await api.collectRows<Row>(afterImports(TO, flux))) {
      const name = String(row.result);
      const lines = into.get(name) ?? [];
      into.set(name, lines);
      lines.push(lineOf(row));
      points += 1;
    }
    for (const [name, lines] of into) {
      for (let i = 0; i < lines.length; i += LINES_AT_ONCE) {
        const { status, body } = await write(lines.slice(i, i + LINES_AT_ONCE), name);
        if (status !== 204) throw new Error(`${name}: ${status} ${body}`);
      }
    }
    return points;
  };
  const addBucket = async (name: string, keptH?: number) => {
    const [database = '', policy = ''] = name.split('/');
    const command = async (q: string) => {
      const response = await fetch(`${url}/query`, { method: 'POST', body: new URLSearchParams({ q }) });
      const text = await response.text();
      if (!response.ok || text.includes('"error"')) throw new Error(`${q}: ${text}`);
    };
    await command(`CREATE DATABASE "${database}"`);
    for (const suffix of ['', ...ROLL_UPS.map((level) => level.suffix)]) {
      const kept = suffix === '' && keptH !== undefined ? `${keptH}h` : 'INF';
      await command(
        `CREATE RETENTION POLICY "${policy}${suffix}" ON "${database}" DURATION ${kept} REPLICATION 1`,
      );
    }
  };
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  await addBucket(bucket);
  return {
    ...settings,
    bucket,
    influx,
    write,
    rows: (flux) => api.collectRows<Row>(flux),
    run,
    addBucket,
    stop,
  };
}

const NO_TAGS = ['result', 'table', '_start', '_stop', '_time', '_value', '_field', '_measurement'];

/** Imports come before all else. */
export function afterImports(more: string, flux: string): string {
  const [, imports = '', rest = ''] = /^((?:import [^\n]*\n)*)(.*)$/s.exec(flux) ?? [];
  return imports + more + rest;
}

/** As `to` of InfluxDB 2 takes a row: every other column of text is a tag. */
function lineOf(row: Row): string {
  const tags = Object.keys(row)
    .filter((key) => !NO_TAGS.includes(key) && row[key] !== '')
    .sort();
  const series = [row._measurement, ...tags.map((key) => `${key}=${escaped(String(row[key]))}`)].join(',');
  const value = typeof row._value === 'string' ? JSON.stringify(row._value) : row._value;
  return `${series} ${row._field}=${value} ${Date.parse(String(row._time))}`;
}

function escaped(tag: string): string {
  return tag.replace(/[ ,=\\]/g, '\\$&');
}

function configText(folder: string, { rpc, http }: { readonly rpc: number; readonly http: number }): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
[http]
bind-address = "127.0.0.1:${http}"
flux-enabled = true
log-enabled = false
[monitor]
store-enabled = false
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Asks until it answers, or has ended. */
async function isUp(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-4000);
  });
  for (;;) {
    const isOk = await fetch(`${url}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isOk) return;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`influxd ended: ${said}`);
    await pause(50);
  }
}
