/** The same contract on a real InfluxDB, where one is given: `INFLUX_URL`, `INFLUX_TOKEN`, `INFLUX_ORG`, `INFLUX_BUCKET`. */
import { InfluxDB } from '@influxdata/influxdb-client';
import { expect, test } from '@jest/globals';
import { openFluxHistory } from '../../../server/history/flux/flux-history.ts';
import { readSettings } from '../../../server/settings.ts';
import { historyContract } from './history-contract.ts';

const { influx } = readSettings(process.env);

if (influx) {
  const store = openFluxHistory(influx);
  const { url, token, org, bucket } = influx;
  const write = async (_site: string, lines: readonly string[]) => {
    const api = new InfluxDB({ url, token }).getWriteApi(org, bucket, 'ms', {
      maxRetries: 0,
      flushInterval: 0,
    });
    api.writeRecords([...lines]);
    await api.close();
  };
  const baseMs = Math.floor(Date.now() / 86_400_000 - 3) * 86_400_000 + 6 * 3_600_000;
  historyContract('InfluxDB', async () => ({ store, write, baseMs }));
} else {
  test('without INFLUX_URL the portal keeps the history itself', () => {
    expect(influx).toBeNull();
  });
}
