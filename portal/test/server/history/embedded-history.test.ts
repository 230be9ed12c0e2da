import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dayRange } from '../../../server/history/day.ts';
import { EmbeddedHistory } from '../../../server/history/embedded/embedded-history.ts';
import { RAW_KEPT_MS } from '../../../server/history/embedded/tables.ts';
import { historyDay } from '../../../server/history/history-day.ts';
import { parseLines } from '../../../server/history/line-protocol.ts';
import { historyContract } from './history-contract.ts';

const directories: string[] = [];
const stores: EmbeddedHistory[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function open(nowMs: () => number = Date.now, directory?: string) {
  const dataDir = directory ?? mkdtempSync(join(tmpdir(), 'wattward-history-'));
  directories.push(dataDir);
  const store = new EmbeddedHistory(dataDir, nowMs);
  stores.push(store);
  const write = async (site: string, lines: readonly string[]) => {
    const { dropped } = await store.write(site, parseLines(lines.join('\n'), 'ms', 0));
    if (dropped.size > 0) throw new Error([...dropped.keys()].join());
  };
  return { store, write, dataDir };
}

const H = 3_600_000;
const D = 24 * H;
const baseMs = Date.parse('2026-06-10T06:00:00Z');

historyContract('embedded history', async () => {
  const { store, write } = open();
  const age = async (site: string) => {
    await write(site, [`site,site=${site} batterySocPct=50 ${baseMs + 20 * D}`]);
    while ((await store.prune()) > 0);
    return store;
  };
  return { store, write, baseMs, age };
});

test('a request of several commits is stored whole, and what it drops is counted over all of it', async () => {
  const { store } = open();
  const minutes = 9000;
  const lines = Array.from(
    { length: minutes },
    (_, n) => `site,site=a gridPowerW=${n},pvPowerW=1,batteryPowerW=2 ${baseMs + n * 60_000}`,
  );
  const foreign = `site,site=b gridPowerW=1 ${baseMs}`;
  const { values, dropped } = await store.write(
    'a',
    parseLines([foreign, ...lines, foreign].join('\n'), 'ms', 0),
  );
  expect(values).toBe(3 * minutes);
  expect([...dropped]).toEqual([['tag site is not the site of the token', 2]]);
  const range = { fromMs: baseMs, toMs: baseMs + minutes * 60_000, stepMs: 60_000 };
  const found = await store.series({ site: 'a', fields: ['gridPowerW', 'pvPowerW'], ...range });
  expect(found.get('gridPowerW')?.map(({ mean }) => mean)).toEqual(lines.map((_, n) => n));
  expect(found.get('pvPowerW')).toHaveLength(minutes);
});

describe('days with a change of the clock', () => {
  test.each([
    ['2026-03-29', 23],
    ['2026-10-25', 25],
    ['2026-06-10', 24],
  ])('%s has %d hours in Berlin, and counts all of them', async (day, hours) => {
    const { store, write } = open();
    const { fromMs, toMs } = dayRange(day, 'Europe/Berlin');
    expect((toMs - fromMs) / H).toBe(hours);
    const lines = [];
    for (let atMs = fromMs - H; atMs <= toMs + H; atMs += 15 * 60_000) {
      lines.push(`site,site=a gridPowerW=1000,gridImportWh=${((atMs - fromMs) / H) * 1000} ${atMs}`);
    }
    await write('a', lines);
    const shown = await historyDay(store, { id: 'a', zone: 'Europe/Berlin', nowMs: toMs + H }, day);
    expect(shown.totals.gridImportWh).toBeCloseTo(hours * 1000, 6);
    expect(shown.series[0]?.buckets).toHaveLength(hours * 60);
    expect(shown.series[0]?.buckets.length).toBeLessThanOrEqual(1500);
  });
});

describe('what is kept how long', () => {
  const start = Date.parse('2026-01-01T00:00:00Z');
  const days = (n: number) => start + n * D;
  const hourOf = (site: string, atMs: number, whAtStart: number) =>
    Array.from(
      { length: 60 },
      (_, i) => `site,site=${site} gridPowerW=${i},gridImportWh=${whAtStart + i} ${atMs + i * 60_000}`,
    );

  test('raw values go, roll-ups stay, totals do not change by it', async () => {
    let nowMs = days(0);
    const { store, write } = open(() => nowMs);
    for (let day = 0; day <= 60; day += 1) {
      nowMs = days(day) + H;
      await write('a', hourOf('a', days(day), day * 60));
    }
    const ask = async () => ({
      hours: await store.series({
        site: 'a',
        fields: ['gridPowerW'],
        fromMs: days(0),
        toMs: days(61),
        stepMs: H,
      }),
      total: await store.increases({ site: 'a', fields: ['gridImportWh'], fromMs: days(0), toMs: days(61) }),
      oneDay: await store.increases({ site: 'a', fields: ['gridImportWh'], fromMs: days(3), toMs: days(4) }),
    });
    const before = await ask();
    while ((await store.prune()) > 0);
    expect(await ask()).toEqual(before);
    expect(before.total.get('gridImportWh')).toBe(61 * 60 - 1);
    expect(await store.finestStepMs('a', days(60))).toBe(10_000);
    expect(await store.finestStepMs('a', days(40))).toBe(60_000);
    expect(await store.finestStepMs('a', days(10))).toBe(900_000);
    const shown = await historyDay(store, { id: 'a', zone: 'UTC', nowMs }, '2026-01-11');
    expect(shown.stepS).toBe(900);
    expect(shown.coverage).toBeCloseTo(60 / 1440, 6);
  });

  test('points as late as an outage of weeks still make it into the roll-ups, told twice or not', async () => {
    const nowMs = days(60);
    const { store, write } = open(() => nowMs);
    await write('a', hourOf('a', days(59), 5000));
    while ((await store.prune()) > 0);
    const late = nowMs - RAW_KEPT_MS - 10 * D;
    await write('a', hourOf('a', late, 0));
    await store.prune();
    await write('a', hourOf('a', late, 0));
    const found = await store.series({
      site: 'a',
      fields: ['gridPowerW'],
      fromMs: late,
      toMs: late + H,
      stepMs: H,
    });
    expect(found.get('gridPowerW')).toEqual([{ atMs: late, mean: 29.5, min: 0, max: 59 }]);
  });

  test('a site that goes back to another year is recorded there, and told twice counts once', async () => {
    let nowMs = days(60);
    const { store, write } = open(() => nowMs);
    await write('a', hourOf('a', days(59), 0));
    while ((await store.prune()) > 0);
    const longAgo = Date.parse('2013-10-01T00:00:00Z');
    await write('a', hourOf('a', longAgo, 0));
    const ask = () =>
      store.series({ site: 'a', fields: ['gridPowerW'], fromMs: longAgo, toMs: longAgo + H, stepMs: H });
    const before = await ask();
    expect(before.get('gridPowerW')).toEqual([{ atMs: longAgo, mean: 29.5, min: 0, max: 59 }]);
    nowMs += 2 * H;
    while ((await store.prune()) > 0);
    expect(await store.finestStepMs('a', longAgo)).toBe(900_000);
    await write('a', hourOf('a', longAgo, 0).slice(0, 3));
    expect(await ask()).toEqual(before);
  });

  test('one point from the far future makes nothing else old', async () => {
    const nowMs = days(60);
    const { store, write } = open(() => nowMs);
    await write('a', hourOf('a', days(59), 0));
    await write('a', [`site,site=a gridPowerW=1 ${nowMs + 900 * D}`]);
    while ((await store.prune()) > 0);
    const range = { site: 'a', fromMs: days(59), toMs: days(60), field: 'gridPowerW' };
    expect(await store.coveredMinutes(range)).toBe(60);
    await write('a', hourOf('a', days(58), 0));
  });
});

test('roll-ups at every step agree with the raw values, in whatever order and batches they came', async () => {
  const { store, write } = open();
  let n = 0;
  const value = fc.integer({ min: -5000, max: 9000 });
  const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 * 360 - 1 }), value), {
    minLength: 1,
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(points, fc.integer({ min: 1, max: 20 }), async (raw, size) => {
      n += 1;
      const site = `p-${n}`;
      const lines = raw.map(([at, watts]) => `site,site=${site} gridPowerW=${watts} ${baseMs + at * 10_000}`);
      for (let i = 0; i < lines.length; i += size) await write(site, lines.slice(i, i + size));
      const kept = new Map(raw);
      for (const stepMs of [60_000, 900_000, H]) {
        const found = await store.series({
          site,
          fields: ['gridPowerW'],
          fromMs: baseMs,
          toMs: baseMs + 4 * H,
          stepMs,
        });
        const wanted = new Map<number, number[]>();
        for (const [at, watts] of kept) {
          const bucket = Math.floor((at * 10_000) / stepMs);
          wanted.set(bucket, [...(wanted.get(bucket) ?? []), watts]);
        }
        const expected = [...wanted]
          .sort(([a], [b]) => a - b)
          .map(([bucket, values]) => ({
            atMs: baseMs + bucket * stepMs,
            mean: values.reduce((sum, one) => sum + one, 0) / values.length,
            min: Math.min(...values),
            max: Math.max(...values),
          }));
        const actual = (found.get('gridPowerW') ?? []).map((bucket) => ({
          ...bucket,
          mean: round(bucket.mean),
        }));
        expect(actual).toEqual(expected.map((bucket) => ({ ...bucket, mean: round(bucket.mean) })));
      }
    }),
    { numRuns: 40 },
  );
});
const round = (x: number) => Math.round(x * 1e6) / 1e6;

test('tags in another order are the same series, also within one request', async () => {
  const { store, write } = open();
  const load = (tags: string, watts: number, s: number) =>
    `site,${tags} gridPowerW=${watts} ${baseMs + s * 1000}`;
  await write('a', [
    load('site=a,x=1', 10, 0),
    load('x=1,site=a', 30, 10),
    load('site=a', 5, 0),
    load('site=a', 7, 1),
  ]);
  await store.extent('a');
  const other = new DatabaseSync(join(directories.at(-1) ?? '', 'history.db'), { readOnly: true });
  expect(other.prepare('SELECT n, sum FROM roll_1 ORDER BY series').all()).toEqual([
    { n: 2, sum: 40 },
    { n: 2, sum: 12 },
  ]);
  other.close();
});

test('requests that come together share a commit; one that is refused does not take the others with it', async () => {
  const { store, write } = open();
  const lines = (site: string) =>
    [0, 1, 2].map((i) => `site,site=${site} gridPowerW=${i} ${baseMs + i * 10_000}`);
  const written = await Promise.allSettled([
    write('a', lines('a')),
    write('b', ['site,site gridPowerW=1 5', ...lines('b')]),
    write('c', lines('a')),
    write('d', lines('d')),
    write('a', [`site,site=a gridPowerW=9 ${baseMs + 10_000}`]),
  ]);
  expect(written.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  const range = { fields: ['gridPowerW'], fromMs: baseMs, toMs: baseMs + H, stepMs: H };
  const of = async (site: string) => (await store.series({ site, ...range })).get('gridPowerW');
  expect(await of('a')).toEqual([{ atMs: baseMs, mean: 11 / 3, min: 0, max: 9 }]);
  expect(await of('b')).toEqual([]);
  expect(await of('c')).toEqual([]);
  expect(await of('d')).toEqual([{ atMs: baseMs, mean: 1, min: 0, max: 2 }]);
});

test('what was answered for is there after the process is gone without a word, whether settled or not', async () => {
  const { store, write, dataDir } = open();
  await write('a', [`site,site=a gridPowerW=5,mode="normal" ${baseMs}`]);
  await store.extent('a');
  await write('a', [`site,site=a gridPowerW=7 ${baseMs + 10_000}`]);
  // Another process on the same files finds what is committed, and nothing else.
  const { store: other } = open(Date.now, dataDir);
  const range = { site: 'a', fields: ['gridPowerW'], fromMs: baseMs, toMs: baseMs + H, stepMs: H };
  const found = await other.series(range);
  expect(found.get('gridPowerW')).toEqual([{ atMs: baseMs, mean: 6, min: 5, max: 7 }]);
  expect(await other.extent('a')).toEqual({ firstMs: baseMs, lastMs: baseMs + 10_000 });
});

test('minutes wait in one row each and go into the tables together; a later value for an instant stands', async () => {
  const { write, store, dataDir } = open();
  const other = new DatabaseSync(join(dataDir, 'history.db'), { readOnly: true });
  const rows = (table: string) => Number(other.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  const line = (ms: number, value: number) => `site,site=a gridPowerW=${value},pvWh=${ms} ${baseMs + ms}`;
  await write('a', [line(0, 1), line(10_000, 2)]);
  await write('a', [line(10_000, 4), line(60_000, 8)]);
  expect([rows('inbox'), rows('raw'), rows('roll_1')]).toEqual([2, 0, 0]);
  await write(
    'a',
    Array.from({ length: 1500 }, (_, i) => line(120_000 + i * 10, 1)),
  );
  expect([rows('inbox'), rows('raw'), rows('roll_1')]).toEqual([0, 3006, 6]);
  other.close();
  const range = { site: 'a', fields: ['gridPowerW'], fromMs: baseMs, toMs: baseMs + 60_000, stepMs: 60_000 };
  const minute = (await store.series(range)).get('gridPowerW');
  expect(minute).toEqual([{ atMs: baseMs, mean: 2.5, min: 1, max: 4 }]);
});
