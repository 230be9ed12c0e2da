import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { HistoryRange } from '../../../contract/api.ts';
import { EmbeddedHistory } from '../../../server/history/embedded/embedded-history.ts';
import { exportedPieces } from '../../../server/history/export.ts';
import { parseLines } from '../../../server/history/line-protocol.ts';
import { type Browser, type BuiltPortal, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
let owner: Browser;
const fromMs = Date.parse('2026-06-10T06:00:00Z');
const HOURS = 30;
const range = `from=2026-06-10T06:00:00Z&to=2026-06-11T12:00:00Z&fields=gridPowerW,batterySocPct`;
const path = '/orgs/north/sites/home-1';
const lines = Array.from({ length: HOURS * 360 }, (_, i) => {
  const soc = i % 6 === 0 ? `,batterySocPct=${i % 100}` : '';
  return `site,site=home-1 gridPowerW=${i % 97}${soc} ${fromMs + i * 10_000}`;
});

beforeAll(async () => {
  at = await startBuiltPortal();
  owner = await at.person('owner');
  for (const half of [lines.slice(0, 6000), lines.slice(6000)]) {
    expect((await at.write('home-1', half)).status).toBe(204);
  }
});
afterAll(() => at.stop());

const text = async (format: string) => (await owner.get(`${path}/export?${range}&format=${format}`)).text();
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

test('wide: a row an instant, a column a field, empty where nothing was measured', async () => {
  const rows = (await text('wide')).trimEnd().split('\r\n');
  expect(rows).toHaveLength(1 + HOURS * 360);
  expect(rows.slice(0, 3)).toEqual([
    'utc,gridPowerW,batterySocPct',
    '2026-06-10T06:00:00.000Z,0,0',
    '2026-06-10T06:00:10.000Z,1,',
  ]);
});

test('tidy and line protocol hold the same values', async () => {
  const wide = (await text('wide')).trimEnd().split('\r\n').slice(1);
  const values = wide.flatMap((row) => row.split(',').slice(1)).filter((cell) => cell !== '');
  const tidy = (await text('tidy')).trimEnd().split('\r\n').slice(1);
  expect(tidy).toHaveLength(values.length);
  const points = parseLines(await text('line'), 'ms', 0);
  expect(points.flatMap(({ fields }) => fields.map(({ value }) => String(value)))).toEqual(values);
});

test('a file comes in pieces, each read when it is asked for', async () => {
  let questions = 0;
  const dir = mkdtempSync(join(tmpdir(), 'wattward-export-'));
  const history = new EmbeddedHistory(dir, Date.now);
  await history.write('home-1', parseLines(lines.join('\n'), 'ms', 0));
  const counted = new Proxy(history, {
    get: (store, key) => {
      if (key === 'series') questions += 1;
      const value = Reflect.get(store, key);
      return typeof value === 'function' ? value.bind(store) : value;
    },
  });
  const input = { site: 'home-1', fields: ['gridPowerW'], fromMs, toMs: fromMs + HOURS * 3_600_000 };
  const pieces = exportedPieces(counted, { ...input, stepMs: 10_000, format: 'wide' });
  await pieces.next();
  expect(questions).toBe(0);
  const first = await pieces.next();
  expect(questions).toBe(1);
  const rest: string[] = [String(first.value)];
  for await (const piece of pieces) rest.push(piece);
  expect(questions).toBe(3);
  expect(rest.join('').trimEnd().split('\r\n')).toHaveLength(HOURS * 360);
  await history.close();
  rmSync(dir, { recursive: true });
});

test('the chart of the range shows the means of what the file holds', async () => {
  const chart = (await (await owner.get(`${path}/series?${range}`)).json()) as HistoryRange;
  expect(chart.stepS).toBe(300);
  const rows = (await text('wide')).trimEnd().split('\r\n').slice(1);
  const power = rows.map((row) => Number(row.split(',')[1]));
  const [series] = chart.series;
  expect(series?.buckets).toHaveLength(HOURS * 12);
  for (const [n, bucket] of (series?.buckets ?? []).entries()) {
    const part = power.slice(n * 30, n * 30 + 30);
    expect(bucket.mean).toBeCloseTo(mean(part), 9);
    expect([bucket.min, bucket.max]).toEqual([Math.min(...part), Math.max(...part)]);
  }
});

test('a range of ten years holds what there is, without a question for every hour of them', async () => {
  const years = 'from=2016-06-10T06:00:00Z&to=2026-06-12T06:00:00Z&fields=gridPowerW,gridPowerW';
  const rows = (await (await owner.get(`${path}/export?${years}`)).text()).trimEnd().split('\r\n');
  expect(rows).toHaveLength(1 + HOURS * 360);
  expect(rows[1]).toBe('2026-06-10T06:00:00.000Z,0');
});

test.each([
  'series?from=x&to=y',
  'series?from=2026-06-11T00:00:00Z&to=2026-06-10T00:00:00Z',
  `series?${range.replace('gridPowerW', 'a%20or%20b')}`,
  `export?${range}&format=xlsx`,
])('%s is said to be wrong', async (query) => {
  expect((await owner.get(`${path}/${query}`)).status).toBe(400);
});
