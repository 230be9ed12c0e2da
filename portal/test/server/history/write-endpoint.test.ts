import { gzipSync } from 'node:zlib';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MOST_BODY_BYTES } from '../../../server/history/write-endpoint.ts';
import { type RunningPortal, runPortal, SITES } from '../running-portal.ts';

let at: RunningPortal;
beforeAll(async () => {
  at = await runPortal();
});
afterAll(() => at.stop());

const baseMs = Date.parse('2026-06-10T06:00:00Z');
const TOKEN = SITES['home-1'].token;

function write(
  body: string | Uint8Array,
  options: { query?: string; headers?: Record<string, string> } = {},
) {
  const query = options.query ?? 'org=north&bucket=wattward&precision=ms';
  return fetch(`${at.url}/api/v2/write?${query}`, {
    method: 'POST',
    headers: { authorization: `Token ${TOKEN}`, ...options.headers },
    body: body as BodyInit,
  });
}
async function powers(): Promise<number[]> {
  const range = { site: 'home-1', fromMs: baseMs - 86_400_000, toMs: baseMs + 86_400_000, stepMs: 60_000 };
  const found = await at.portal.history.series({ ...range, fields: ['gridPowerW'] });
  return (found.get('gridPowerW') ?? []).map(({ mean }) => mean);
}

test.each([
  ['ns', `${baseMs}000000`],
  ['us', `${baseMs + 60_000}000`],
  ['ms', `${baseMs + 120_000}`],
  ['s', `${(baseMs + 180_000) / 1000}`],
])('precision %s', async (precision, stamp) => {
  const before = await powers();
  const response = await write(`site,site=home-1 gridPowerW=1 ${stamp}`, {
    query: `org=north&bucket=wattward&precision=${precision}`,
  });
  expect(response.status).toBe(204);
  expect(await powers()).toHaveLength(before.length + 1);
});

test('the official client writes to it, compressed or not', async () => {
  for (const gzipThreshold of [1, 1_000_000]) {
    const api = new InfluxDB({ url: at.url, token: TOKEN }).getWriteApi('north', 'wattward', 'ms', {
      flushInterval: 0,
      maxRetries: 0,
      gzipThreshold,
    });
    const point = new Point('site')
      .tag('site', 'home-1')
      .floatField('gridPowerW', 77)
      .timestamp(baseMs + (gzipThreshold === 1 ? 3_600_000 : 3_660_000));
    api.writePoint(point.stringField('mode', 'normal, "quoted" \\ text'));
    await api.flush(true);
    await api.close();
  }
  expect((await powers()).filter((watts) => watts === 77)).toHaveLength(2);
});

const line = `site,site=home-1 gridPowerW=5 ${baseMs + 900_000}`;
test.each([
  ['no token', { headers: { authorization: '' } }, 401, 'unauthorized'],
  ['a wrong token', { headers: { authorization: 'Token nonsense' } }, 401, 'unauthorized'],
  ['another bucket', { query: 'org=north&bucket=other' }, 404, 'not found'],
  ['an unknown precision', { query: 'bucket=wattward&precision=m' }, 400, 'invalid'],
  ['a body that is not gzip', { headers: { 'content-encoding': 'gzip' } }, 400, 'invalid'],
  ['an unknown encoding', { headers: { 'content-encoding': 'br' } }, 400, 'invalid'],
])('%s is refused in the shape InfluxDB uses', async (_, options, status, code) => {
  const response = await write(line, options);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ code, message: expect.any(String) });
});

test.each([
  ['site,site=home-1', 'missing fields'],
  ['site,site=home-1 gridPowerW=', 'missing field value'],
  ['site,site=home-1 gridPowerW=abc', 'invalid number'],
  ['site,site=home-1 gridPowerW=NaN', 'invalid number'],
  ['site,site=home-1 mode="open', 'unbalanced quotes'],
  ['site,site=home-1 gridPowerW=1 12x', 'bad timestamp'],
  ['site,site= gridPowerW=1 1', 'missing tag value'],
  [',site=home-1 gridPowerW=1 1', 'missing measurement'],
])('a line that is none (%s) refuses the whole request and says why', async (bad, why) => {
  const before = await powers();
  const response = await write(`${line}\n${bad}\n`);
  expect(response.status).toBe(400);
  const { code, message } = (await response.json()) as { code: string; message: string };
  expect(code).toBe('invalid');
  expect(message).toContain(why);
  expect(await powers()).toEqual(before);
});

test('what cannot be stored is dropped and counted, the rest is kept', async () => {
  const before = await powers();
  const lines = [
    `site,site=home-1 gridPowerW=1 ${baseMs + 7_200_000}`,
    `site,site=home-1 gridPowerW=1i ${baseMs + 7_260_000}`,
    `site,site=home-1 gridPowerW="one" ${baseMs + 7_320_000}`,
    `site,site=home-1 gridPowerW=2 ${baseMs + 7_380_000}`,
  ];
  const response = await write(lines.join('\n'));
  expect(response.status).toBe(422);
  expect(await response.json()).toEqual({
    code: 'unprocessable entity',
    message:
      'failure writing points to database: partial write: field type conflict: input field "gridPowerW" ' +
      'on measurement "site" is type integer, already exists as type float dropped=2',
  });
  expect(await powers()).toHaveLength(before.length + 2);
});

test('a token writes for its own site only', async () => {
  const response = await write(`site,site=home-2 gridPowerW=1 ${baseMs}`);
  expect(response.status).toBe(422);
  expect(await at.portal.history.extent('home-2')).toBeNull();
});

test('a body above the limit is refused, packed small or not', async () => {
  expect((await write(new Uint8Array(MOST_BODY_BYTES + 1))).status).toBe(413);
  const bomb = gzipSync(Buffer.alloc(60_000_000, 10));
  const response = await write(bomb, { headers: { 'content-encoding': 'gzip' } });
  expect(response.status).toBe(413);
});
