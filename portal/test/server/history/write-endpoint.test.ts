import { gzipSync } from 'node:zlib';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { HistoryRange } from '../../../contract/api.ts';
import { MOST_SERIES_PER_SITE } from '../../../server/history/embedded/series-registry.ts';
import { MOST_BODY_BYTES, MOST_LINES, MOST_PAIRS } from '../../../server/history/write-body.ts';
import { type Browser, type BuiltPortal, SITES, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
let north: Browser;
let south: Browser;
beforeAll(async () => {
  at = await startBuiltPortal();
  [north, south] = [await at.person('owner'), await at.person('owner', { org: 'south' })];
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
const packed = (text: string) => write(gzipSync(text), { headers: { 'content-encoding': 'gzip' } });
/** What is measured of the site, minute by minute, within two days. */
async function powers(site: keyof typeof SITES = 'home-1', field = 'gridPowerW'): Promise<number[]> {
  const [browser, org] = site === 'far-1' ? [south, 'south'] : [north, 'north'];
  const found: number[] = [];
  // As finely as minutes: six hours at a time.
  for (let fromMs = baseMs - 86_400_000; fromMs < baseMs + 86_400_000; fromMs += 6 * 3_600_000) {
    const range = `from=${new Date(fromMs).toISOString()}&to=${new Date(fromMs + 6 * 3_600_000).toISOString()}`;
    const response = await browser.get(`/orgs/${org}/sites/${site}/series?${range}&fields=${field}`);
    const { series } = (await response.json()) as HistoryRange;
    for (const { mean } of series[0]?.buckets ?? []) if (mean !== null) found.push(mean);
  }
  return found;
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

test.each([
  'site,site=home-2 gridPowerW=1',
  // No escape: the tag is called s\\ite, and a point that does not say its site is nobody's.
  'site,s\\ite=home-2 gridPowerW=1',
  'site,site=home\\-2 gridPowerW=1',
  'site,site\\ =home-1 gridPowerW=1',
  'site,\\site=home-1 gridPowerW=1',
  'site gridPowerW=1',
])('a token writes for its own site only, and a line must say which: %s', async (line) => {
  const before = await powers();
  const response = await write(`${line} ${baseMs - 3_600_000}`);
  expect(response.status).toBe(422);
  expect(((await response.json()) as { message: string }).message).toContain('tag site');
  expect(await powers()).toEqual(before);
  expect(await powers('home-2')).toEqual([]);
});

test.each([
  ['site,site=home-1,a=1,a=2 gridPowerW=1 1', 'duplicate tags'],
  ['site,site=home-1,a= gridPowerW=1 1', 'missing tag value'],
  ['site,site=home-1,=a gridPowerW=1 1', 'missing tag key'],
  ['site,site=home-1,a=b=c gridPowerW=1 1', 'invalid tag format'],
  [`site,site=home-1,a=${'x'.repeat(2000)} gridPowerW=1 1`, 'characters'],
])('tags that are none (%s) are an error of the line, not a matter of waiting', async (bad, why) => {
  const response = await write(`${line}\n${bad}`);
  expect(response.status).toBe(400);
  expect(response.headers.get('retry-after')).toBeNull();
  expect(((await response.json()) as { message: string }).message).toContain(why);
});

test('a point of more fields than any box writes is refused as what it is', async () => {
  const response = await write(`site,site=home-1 ${'gridPowerW=1,'.repeat(1000)}gridPowerW=1 1`);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { message: string }).message).toContain('more than 1000 fields');
});

test('a quote in a tag is a character like any other: the lines around it are kept', async () => {
  const before = await powers();
  const lines = [
    `load,site=home-1,load=12"\\ pipe powerW=1 ${baseMs + 10_800_000}`,
    `site,site=home-1 gridPowerW=3 ${baseMs + 10_860_000}`,
    `site,site=home-1 mode="two\nlines, one = \\"text\\"",gridPowerW=4 ${baseMs + 10_920_000}`,
    `site,site=home-1 gridPowerW=5 ${baseMs + 10_980_000}`,
  ];
  expect((await write(lines.join('\n'))).status).toBe(204);
  expect(await powers()).toHaveLength(before.length + 3);
});

test('a body above the limit is refused, packed small or not', async () => {
  expect((await write(new Uint8Array(MOST_BODY_BYTES + 1))).status).toBe(413);
  // Neither lines nor fields: only its size speaks against it.
  expect((await packed('x'.repeat(60_000_000))).status).toBe(413);
});

test('a packed body that says it is smaller than it is, is refused at that size', async () => {
  const bomb = gzipSync(Buffer.alloc(60_000_000, 10));
  bomb.writeUInt32LE(100, bomb.length - 4);
  expect((await write(bomb, { headers: { 'content-encoding': 'gzip' } })).status).toBe(400);
});

test.each([
  ['lines', 'site,site=home-1 b=1\n'.repeat(MOST_LINES + 1)],
  ['fields', `site,site=home-1 ${Array.from({ length: MOST_PAIRS }, () => 'b=1').join(',')}`],
  ['tiny points', 'a b=1\n'.repeat(250_000)],
])('more %s than a request may have are refused before they are taken apart', async (_, text) => {
  expect((await packed(text)).status).toBe(413);
});

test('as many points as a request may have are taken', async () => {
  const lines = Array.from(
    { length: MOST_LINES },
    (_, i) => `site,site=far-1 gridPowerW=1 ${baseMs + i * 1000}`,
  );
  expect((await at.write('far-1', lines)).status).toBe(204);
});

test('a request that would leave the site no series is refused whole and told; smaller ones are taken', async () => {
  const line = (n: number) => `load,site=home-2,load=l${n} powerW=1 ${baseMs}`;
  const many = Array.from({ length: MOST_SERIES_PER_SITE + 1000 }, (_, n) => line(n));
  const response = await at.write('home-2', [...many, `site,site=home-2 pvPowerW=1 ${baseMs}`]);
  expect(response.status).toBe(422);
  expect(((await response.json()) as { message: string }).message).toContain(
    'max-series limit exceeded: the site has 0 of 5000 series, this request would add 6001; nothing of it was written',
  );
  expect(await powers('home-2', 'pvPowerW')).toEqual([]);
  expect((await at.write('home-2', `site,site=home-2 pvPowerW=1 ${baseMs}`)).status).toBe(204);
  expect(await powers('home-2', 'pvPowerW')).toEqual([1]);
});

test('a method that writes nothing is refused', async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    expect((await fetch(`${at.url}/api/v2/write`, { method })).status).toBe(405);
  }
});
