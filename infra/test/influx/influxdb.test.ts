/**
 * The contract of every history store on a real InfluxDB 2, where one is given: `INFLUX_URL`, `INFLUX_TOKEN` (may
 * manage buckets, tasks and authorizations), `INFLUX_ORG`, `INFLUX_BUCKET`. The set-up runs first, on that bucket:
 * give one of its own, as `wattward_test`.
 */
import { InfluxDB } from '@influxdata/influxdb-client';
import { describe, expect, test } from '@jest/globals';
import { rollUpTasks } from '@wattward/portal/history/tasks';
import { openFluxHistory } from '@wattward/portal/testing/flux-history';
import { historyContract } from '@wattward/portal/testing/history-contract';
import { findPlace, provisionBuckets, provisionTasks } from '../../influx/provision.ts';
import { rollUpRange } from '../../influx/roll-up-range.ts';

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

  historyContract('InfluxDB', async () => {
    const there = await place();
    await provisionBuckets(there);
    const write = async (_site: string, lines: readonly string[]) => {
      const api = there.influx.getWriteApi(org, bucket, 'ms', {
        maxRetries: 0,
        flushInterval: 0,
        batchSize: lines.length + 1,
      });
      api.writeRecords([...lines]);
      await api.close();
    };
    const age = async () => {
      await rollUpRange(there, { fromMs: baseMs - DAY_MS, toMs: baseMs + 2 * DAY_MS });
      return openFluxHistory(settings, () => Date.now() + 40 * DAY_MS);
    };
    return { store: openFluxHistory(settings), write, baseMs, age };
  });

  describe('set-up on InfluxDB', () => {
    test('the tasks are taken, and a second run changes nothing', async () => {
      const there = await place();
      await provisionTasks(there);
      const again = [...(await provisionBuckets(there)).changes, ...(await provisionTasks(there))];
      expect(again.filter(({ did }) => did !== 'unchanged')).toEqual([]);
      expect(again).toHaveLength(4 + rollUpTasks(there).length);
    });
  });
} else {
  console.warn(
    'no InfluxDB is given (INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG, INFLUX_BUCKET): its contract is not run',
  );
  test.skip('the contract on a real InfluxDB', () => undefined);
}
