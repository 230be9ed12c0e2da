/** The set-up of InfluxDB, run as an operator runs it, against a strict stub of the v2 API. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type InfluxApiStub, startInfluxApiStub } from './influx-api-stub.ts';

const MAIN = path.resolve(import.meta.dirname, '../../influx/main.ts');
const DAY_S = 86_400;
/** In shards of a quarter of a year. */
const FOR_EVER = [{ type: 'expire', everySeconds: 0, shardGroupDurationSeconds: 91 * DAY_S }];
let influx: InfluxApiStub;
let directory: string;

beforeEach(async () => {
  influx = await startInfluxApiStub();
  directory = mkdtempSync(path.join(tmpdir(), 'wattward-influx-'));
});
afterEach(async () => {
  expect(influx.violations).toEqual([]);
  await influx.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function setup(more: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const args = [MAIN, 'setup', '--url', influx.url, '--tokens', directory, ...more];
  const given = { PATH: process.env.PATH, INFLUX_ORG: influx.org, INFLUX_TOKEN: influx.token, ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: given }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}
const sites = ['--site', 'home-1', 'home-2'];
const token = (holder: string) => readFileSync(path.join(directory, `${holder}.token`), 'utf8').trim();
const did = (run: Run, word: string) => run.out.split('\n').filter((line) => line.startsWith(word)).length;

test('buckets, tasks and tokens are made, and a second run changes nothing', async () => {
  const first = await setup(sites);
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(influx.buckets.map(({ name, retentionRules }) => [name, retentionRules])).toEqual([
    ['wattward', [{ type: 'expire', everySeconds: 30 * DAY_S }]],
    ['wattward_1m', [{ type: 'expire', everySeconds: 90 * DAY_S }]],
    ['wattward_15m', FOR_EVER],
    ['wattward_1h', FOR_EVER],
  ]);
  expect(influx.tasks.map(({ name, every, status }) => `${name} ${every} ${status}`)).toEqual([
    'wattward_1m fresh 15m active',
    'wattward_15m fresh 15m active',
    'wattward_15m nightly "*/10 0-4 * * *" active',
    'wattward_1m last "*/10 5 * * *" active',
    'wattward decisions "*/10 0-4 * * *" active',
  ]);
  const changes = influx.changes.length;
  const second = await setup(sites);
  expect(second.code).toBe(0);
  expect(influx.changes).toHaveLength(changes);
  expect(did(second, 'unchanged')).toBe(did(first, 'created'));
  expect(did(second, 'unchanged')).toBe(4 + 5 + 3);
});

test('a site may write the raw bucket and nothing else, the portal may read all four', async () => {
  await setup(sites);
  const may = (holder: string) => {
    const found = influx.authorizations.find((one) => one.token === token(holder));
    const permissions = (found?.permissions ?? []) as { action: string; resource: { id: string } }[];
    return permissions.map(
      ({ action, resource }) => `${action} ${influx.buckets.find(({ id }) => id === resource.id)?.name}`,
    );
  };
  expect(may('home-1')).toEqual(['write wattward']);
  expect(may('home-2')).toEqual(['write wattward']);
  expect(may('portal')).toEqual([
    'read wattward',
    'read wattward_1m',
    'read wattward_15m',
    'read wattward_1h',
  ]);
  expect(token('home-1')).not.toBe(token('home-2'));
  for (const file of readdirSync(directory)) {
    expect(statSync(path.join(directory, file)).mode & 0o777).toBe(0o600);
  }
});

test('what was changed by hand is put right, what is not ours is left alone', async () => {
  await setup(sites);
  const [raw, , quarterly, hours] = influx.buckets;
  const [minutes, quarters] = influx.tasks;
  Object.assign(raw ?? {}, { retentionRules: [{ type: 'expire', everySeconds: 7 * DAY_S }] });
  Object.assign(hours ?? {}, { retentionRules: [{ type: 'expire', everySeconds: 365 * DAY_S }] });
  // As InfluxDB tells of a bucket that was made without a word about its shards.
  Object.assign(quarterly ?? {}, {
    retentionRules: [{ type: 'expire', everySeconds: 0, shardGroupDurationSeconds: 7 * DAY_S }],
  });
  Object.assign(minutes ?? {}, { status: 'inactive' });
  Object.assign(quarters ?? {}, { flux: String(quarters?.flux).replace('- 3', '- 2') });
  const description = 'Wattward roll-up';
  influx.add('tasks', { name: 'wattward_5m fresh', description, flux: '', status: 'active' });
  influx.add('tasks', {
    name: 'wattward_1m fresh',
    description: 'somebody else',
    flux: '',
    status: 'active',
  });
  influx.add('tasks', { name: 'wattward_b_1m fresh', description, flux: '', status: 'active' });
  const run = await setup(sites);
  expect([did(run, 'changed'), did(run, 'removed'), did(run, 'created')]).toEqual([5, 1, 0]);
  expect(influx.buckets.map(({ retentionRules }) => retentionRules)).toEqual([
    [{ type: 'expire', everySeconds: 30 * DAY_S }],
    [{ type: 'expire', everySeconds: 90 * DAY_S }],
    FOR_EVER,
    FOR_EVER,
  ]);
  expect(influx.tasks).toHaveLength(5 + 2);
  expect(minutes).toMatchObject({ status: 'active' });
  expect(quarters?.flux).toContain('- 3');
  expect(did(await setup(sites), 'unchanged')).toBe(12);
});

test('hundreds of tasks of others do not hide ours', async () => {
  for (let i = 0; i < 250; i += 1) influx.add('tasks', { name: `t${i}`, flux: '', status: 'active' });
  await setup(sites);
  expect(did(await setup(sites), 'unchanged')).toBe(12);
  expect(influx.tasks).toHaveLength(255);
});

test('a token that was taken away, or whose bucket was made anew, is replaced, and the others stay', async () => {
  await setup(sites);
  const [one, two] = [token('home-1'), token('home-2')];
  influx.authorizations.splice(
    influx.authorizations.findIndex(({ description }) => String(description).includes('home-1')),
    1,
  );
  await setup(sites);
  expect(token('home-1')).not.toBe(one);
  expect(token('home-2')).toBe(two);
  Object.assign(influx.buckets[0] ?? {}, { id: 'fffffffffffffff0' });
  await setup(sites);
  expect(token('home-2')).not.toBe(two);
  expect(influx.authorizations).toHaveLength(3);
});

test('a token is made anew when asked for, and the old one is gone', async () => {
  await setup(sites);
  const [old, other] = [token('home-1'), token('home-2')];
  await setup([...sites, '--renew', 'home-1']);
  expect(token('home-1')).not.toBe(old);
  expect(token('home-2')).toBe(other);
  expect(influx.authorizations.map(({ token: held }) => held)).not.toContain(old);
});

test('a token file that is lost is written again, or is said to be lost where InfluxDB tells a token once', async () => {
  await setup(sites);
  const held = token('home-1');
  const file = path.join(directory, 'home-1.token');
  rmSync(file);
  await setup(sites);
  expect(token('home-1')).toBe(held);
  influx.tellsTokens = false;
  expect(did(await setup(sites), 'unchanged')).toBe(12);
  rmSync(file);
  const run = await setup(sites);
  expect(run.code).toBe(1);
  expect(run.err).toContain('influx-token-lost');
  expect(run.err).toContain('--renew home-1');
  expect(existsSync(file)).toBe(false);
});

test.each([
  ['a wrong token', [], { INFLUX_TOKEN: 'no' }, 'all-access token'],
  ['no token', [], { INFLUX_TOKEN: '' }, 'INFLUX_TOKEN'],
  ['an unknown organisation', [], { INFLUX_ORG: 'nobody' }, 'nobody'],
  ['an InfluxDB that is not there', ['--url', 'http://127.0.0.1:1'], {}, '--url'],
  ['a site id that is none', ['--site', 'Home 1'], {}, 'lower-case'],
])('%s ends the set-up with what to do', async (_what, args, env, words) => {
  const run = await setup(args, env as Record<string, string>);
  expect(run.code).toBe(1);
  expect(run.err).toContain(words);
  expect(influx.changes).toEqual([]);
});
