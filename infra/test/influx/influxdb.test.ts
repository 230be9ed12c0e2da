/**
 * The contract of every history store on a real InfluxDB 2, where one is given: `INFLUX_URL`, `INFLUX_TOKEN` (may
 * manage buckets, tasks and authorizations), `INFLUX_ORG`, `INFLUX_BUCKET`. The set-up runs first, on that bucket:
 * give one of its own, as `wattward_test`. Once everything is read raw, once from roll-ups made after each write.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { BucketsAPI, TasksAPI } from '@influxdata/influxdb-client-apis';
import { describe, expect, test } from '@jest/globals';
import { ROLL_UPS } from '@wattward/portal/history/levels';
import { rollUpTasks } from '@wattward/portal/history/tasks';
import { openFluxHistory } from '@wattward/portal/testing/flux-history';
import { historyContract } from '@wattward/portal/testing/history-contract';
import { findPlace, type Place, provisionBuckets, provisionTasks } from '../../influx/provision.ts';
import { rollUpRange } from '../../influx/roll-up-range.ts';
import { provisionTokens } from '../../influx/tokens.ts';

const {
  INFLUX_URL: url = '',
  INFLUX_TOKEN: token = '',
  INFLUX_ORG: org = '',
  INFLUX_BUCKET: bucket = '',
} = process.env;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

if (url && token && org && bucket) {
  const settings = { url, token, org, bucket };
  const baseMs = Math.floor(Date.now() / DAY_MS - 5) * DAY_MS + 6 * HOUR_MS;
  const place = () => findPlace(new InfluxDB({ url, token, timeout: 60_000 }), org, bucket);
  const writeTo = async ({ influx }: Place, lines: readonly string[]) => {
    const api = influx.getWriteApi(org, bucket, 'ms', {
      maxRetries: 0,
      flushInterval: 0,
      batchSize: lines.length + 1,
    });
    api.writeRecords([...lines]);
    await api.close();
  };
  const reading = (nowMs: number) => openFluxHistory(settings, { nowMs: () => nowMs });
  const rollUp = (there: Place) => rollUpRange(there, { fromMs: baseMs - DAY_MS, toMs: baseMs + 2 * DAY_MS });

  for (const [how, nowMs] of [
    ['raw', baseMs + 30 * HOUR_MS],
    ['from roll-ups', baseMs + 10 * DAY_MS],
  ] as const) {
    historyContract(`InfluxDB, read ${how}`, async () => {
      const there = await place();
      await provisionBuckets(there);
      const write = async (_site: string, lines: readonly string[]) => {
        await writeTo(there, lines);
        if (how === 'from roll-ups') await rollUp(there);
      };
      const age = async () => {
        await rollUp(there);
        return reading(baseMs + 45 * DAY_MS);
      };
      return { store: reading(nowMs), write, baseMs, age };
    });
  }

  describe('set-up on InfluxDB', () => {
    test('the tasks are taken, and a second run changes nothing', async () => {
      const there = await place();
      await provisionTasks(there);
      const again = [...(await provisionBuckets(there)).changes, ...(await provisionTasks(there))];
      expect(again.filter(({ did }) => did !== 'unchanged')).toEqual([]);
      expect(again).toHaveLength(4 + rollUpTasks(there).length);
    });

    test('each task runs to its end', async () => {
      const there = await place();
      await provisionTasks(there);
      const api = new TasksAPI(there.influx);
      const { tasks = [] } = await api.getTasks({ orgID: there.orgID, limit: 100 });
      const ours = tasks.filter(({ name }) => rollUpTasks(there).some((wanted) => wanted.name === name));
      for (const { id: taskID, name } of ours) {
        let run = await api.postTasksIDRuns({ taskID, body: {} });
        while (run.status !== 'success' && run.status !== 'failed') {
          run = await api.getTasksIDRunsID({ taskID, runID: run.id ?? '' });
        }
        expect([name, run.status, run.log]).toEqual([name, 'success', expect.anything()]);
      }
      expect(ours).toHaveLength(rollUpTasks(there).length);
    });

    test('a night leaves a day alone that is as it was, and takes in what came late, in the day before too', async () => {
      const there = await place();
      await provisionBuckets(there);
      const site = `night-${Date.now().toString(36)}`;
      const dayMs = Math.floor(baseMs / DAY_MS) * DAY_MS;
      const nightly = rollUpTasks(there).find(({ name }) => name.includes('15m nightly'))?.flux ?? '';
      // The first piece of a night is the day before.
      const night = nightly
        .replace('now()', new Date(dayMs + DAY_MS + 1).toISOString())
        .replace('option task', 'task');
      const counted = (wh: number, atMs: number) => `site,site=${site} gridImportWh=${wh} ${atMs}`;
      const risen = async () => {
        await there.influx.getQueryApi(org).collectRows(night);
        const range = { site, fromMs: dayMs, toMs: dayMs + DAY_MS, fields: ['gridImportWh'] };
        return (await reading(dayMs + 10 * DAY_MS).increases(range)).get('gridImportWh');
      };
      await writeTo(there, [
        counted(50, dayMs - 20 * HOUR_MS),
        counted(100, dayMs + 10 * HOUR_MS),
        counted(110, dayMs + 11 * HOUR_MS),
      ]);
      expect(await risen()).toBe(60);
      const hours = there.influx.getWriteApi(org, `${bucket}_1h`, 'ms', { maxRetries: 0 });
      hours.writeRecord(`site,site=${site},stat=up gridImportWh=1000 ${dayMs + 11 * HOUR_MS}`);
      await hours.close();
      expect(await risen()).toBe(1050);
      await writeTo(there, [counted(90, dayMs - HOUR_MS)]);
      expect(await risen()).toBe(20);
      await writeTo(there, [counted(105, dayMs + 10.5 * HOUR_MS), counted(8, dayMs + 20 * HOUR_MS)]);
      expect(await risen()).toBe(28);
    });

    test('the portal finds the roll-ups with its own token, however many buckets others have', async () => {
      const there = await place();
      const { ids } = await provisionBuckets(there);
      const buckets = new BucketsAPI(there.influx);
      const others: string[] = [];
      for (let i = 0; i < 30; i += 1) {
        const body = { orgID: there.orgID, name: `0-${bucket}-${i}`, retentionRules: [] };
        others.push((await buckets.postBuckets({ body })).id ?? '');
      }
      const directory = mkdtempSync(path.join(tmpdir(), 'wattward-tokens-'));
      await provisionTokens(there, { sites: [], renew: ['portal'], directory, bucketIds: ids });
      const narrow = readFileSync(path.join(directory, 'portal.token'), 'utf8').trim();
      const store = openFluxHistory({ ...settings, token: narrow });
      const coarsestMs = await store.finestStepMs('home-1', Date.now() - 400 * DAY_MS);
      for (const bucketID of others) await buckets.deleteBucketsID({ bucketID });
      rmSync(directory, { recursive: true, force: true });
      expect(coarsestMs).toBe(ROLL_UPS[1]?.stepMs);
    });
  });
} else {
  console.warn(
    'NOT TESTED on InfluxDB 2: none is given (INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG, INFLUX_BUCKET)',
  );
  test.skip('the contract on a real InfluxDB', () => undefined);
}
