/** Answers in the shape InfluxDB 2 gives them (annotated CSV) become numbers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openFluxHistory } from '../../../server/history/flux/flux-history.ts';
import type { HistoryStore } from '../../../server/history/store.ts';

let server: Server;
let url: string;
let store: HistoryStore;
let reply: { status: number; body: string };
/** Buckets there are, for whom asks. */
let buckets: readonly string[] = [];
let nowMs = 0;
const asked: { path: string; token: string; query: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { query } = JSON.parse(body) as { query: string };
      asked.push({ path: request.url ?? '', token: request.headers.authorization ?? '', query });
      const [, asksFor] =
        /^from\(bucket: "(\w+)"\)\s+\|> range\([^)]*\)[^)]*\)\)\s+\|> limit\(n: 1\)$/.exec(query) ?? [];
      const given = asksFor === undefined || reply.status !== 200 ? reply : presenceReply(asksFor);
      const type = given.status === 200 ? 'text/csv' : 'application/json';
      response.writeHead(given.status, { 'content-type': type }).end(given.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  buckets = [];
  nowMs = range.toMs;
  store = openFluxHistory({ url, token: 'secret', org: 'house', bucket: 'wattward' }, { nowMs: () => nowMs });
});
afterAll(() => {
  server.close();
});

const csv = (...lines: string[]) => ({ status: 200, body: `${lines.join('\r\n')}\r\n\r\n` });
const presenceReply = (bucket: string) =>
  buckets.includes(bucket)
    ? csv('')
    : { status: 404, body: `{"code":"not found","message":"could not find bucket \\"${bucket}\\""}` };
const ALL = ['wattward_1m', 'wattward_15m', 'wattward_1h'];
const D = 86_400_000;
const H = 3_600_000;
const range = { site: 'home-1', fromMs: 1_750_000_000_000, toMs: 1_750_000_120_000 };
const [from, next] = [new Date(range.fromMs).toISOString(), new Date(range.fromMs + 60_000).toISOString()];

test('means, lows and highs of several fields become buckets in order', async () => {
  const head = [
    '#datatype,string,long,dateTime:RFC3339,double,string',
    '#group,false,false,false,false,true',
    '#default,_result,,,,',
    ',result,table,_time,_value,_field',
  ];
  reply = csv(
    ...head,
    `,mean 0,0,${next},2,gridPowerW`,
    `,mean 0,0,${from},1.5,gridPowerW`,
    `,min 0,1,${from},1,gridPowerW`,
    `,min 0,1,${next},2,gridPowerW`,
    `,max 0,2,${from},2,gridPowerW`,
    `,max 0,2,${next},2,gridPowerW`,
  );
  const found = await store.series({ ...range, fields: ['gridPowerW', 'pvPowerW'], stepMs: 60_000 });
  expect(found.get('gridPowerW')).toEqual([
    { atMs: range.fromMs, mean: 1.5, min: 1, max: 2 },
    { atMs: range.fromMs + 60_000, mean: 2, min: 2, max: 2 },
  ]);
  expect(found.get('pvPowerW')).toEqual([]);
  expect(asked.at(-1)).toMatchObject({ path: '/api/v2/query?org=house', token: 'Token secret' });
});

const partsHead = [
  '#datatype,string,long,string,double,string',
  '#group,false,false,true,false,true',
  '#default,_result,,,,',
  ',result,table,_field,_value,part',
];

test('a total is put together from its parts, counters with resets, money without', async () => {
  reply = csv(
    ...partsHead,
    ',,0,gridImportWh,100,before raw',
    ',,0,gridImportWh,110,0 first',
    ',,0,gridImportWh,4,0 last',
    ',,0,gridImportWh,24,0 up',
    ',,0,savingsMoney,5,before raw',
    ',,0,savingsMoney,4.5,0 first',
    ',,0,savingsMoney,3,0 last',
    ',,0,savingsMoney,-1.5,0 up',
  );
  const found = await store.increases({ ...range, fields: ['gridImportWh', 'pvWh', 'savingsMoney'] });
  expect([...found]).toEqual([
    ['gridImportWh', 34],
    ['pvWh', null],
    ['savingsMoney', -2],
  ]);
});

/** What a question reads: bucket, start and stop, in order. */
const ranges = (flux: string) =>
  [
    ...flux.matchAll(
      /from\(bucket: "(\w+)"\)\s+\|> range\(start: time\(v: "(.+?)"\), stop: time\(v: "(.+?)"/g,
    ),
  ].map(([, bucket, start, stop]) => `${bucket} ${start} ${stop}`);

test('what lies back is read from roll-ups, what is fresh raw, and the parts of a bucket become one', async () => {
  buckets = ALL;
  nowMs = Date.parse('2026-06-10T12:34:00Z');
  const fromMs = Date.parse('2026-06-02T00:00:00Z');
  const split = '2026-06-08T12:00:00.000Z';
  const head = [
    '#datatype,string,long,dateTime:RFC3339,double,string',
    '#group,false,false,false,false,true',
    '#default,_result,,,,',
    ',result,table,_time,_value,_field',
  ];
  const part = (at: string, stats: Record<string, number>) =>
    Object.entries(stats).map(([stat, value]) => `,${stat} 0,0,${at},${value},gridPowerW`);
  reply = csv(
    ...head,
    ...part('2026-06-08T00:00:00.000Z', { sum: 600, n: 6, min: 90, max: 120 }),
    ...part(split, { sum: 200, n: 4, min: 10, max: 95 }),
  );
  const query = { site: 'home-1', fields: ['gridPowerW'], fromMs, toMs: nowMs, stepMs: D };
  const found = await store.series(query);
  expect(found.get('gridPowerW')).toEqual([
    { atMs: Date.parse('2026-06-08T00:00:00Z'), mean: 80, min: 10, max: 120 },
  ]);
  const { query: flux } = asked.at(-1) ?? { query: '' };
  expect(ranges(flux)).toEqual([
    `wattward_1h ${new Date(fromMs).toISOString()} ${split}`,
    `wattward ${split} ${new Date(nowMs).toISOString()}`,
  ]);
});

test.each([
  ['raw values at its edges', 20, ['wattward', 'wattward_15m', 'wattward_1h', 'wattward']],
  ['minutes where those are gone', 40, ['wattward_1m', 'wattward_15m', 'wattward_1h', 'wattward_1m']],
])('a total over roll-ups reads %s', async (_what, ageDays, levels) => {
  buckets = ALL;
  nowMs = range.toMs + ageDays * D;
  const fromMs = Math.floor(range.fromMs / H) * H + 7 * 60_000;
  reply = csv(...partsHead);
  await store.increases({ ...range, fromMs, toMs: fromMs + 5 * H, fields: ['gridImportWh'] });
  const { query: flux } = asked.at(-1) ?? { query: '' };
  const read = ranges(flux).filter((text) => Date.parse(text.split(' ')[1] ?? '') >= fromMs);
  expect([...new Set(read)].map((text) => text.split(' ')[0])).toEqual(levels);
});

test('a total counts the step into raw values, and of roll-ups what they rose from the value before them', async () => {
  buckets = ALL;
  nowMs = range.toMs + 20 * D;
  const fromMs = Math.floor(range.fromMs / H) * H + 7 * 60_000;
  reply = csv(
    ...partsHead,
    ',,0,gridImportWh,990,before rolled',
    // Raw, nothing in the quarters, hours, and raw again after a reset.
    ',,0,gridImportWh,1000,0 first',
    ',,0,gridImportWh,1008,0 last',
    ',,0,gridImportWh,8,0 up',
    ',,0,gridImportWh,50,2 last',
    ',,0,gridImportWh,57,2 up',
    ',,0,gridImportWh,3,3 first',
    ',,0,gridImportWh,4,3 last',
    ',,0,gridImportWh,1,3 up',
  );
  const found = await store.increases({ ...range, fromMs, toMs: fromMs + 5 * H, fields: ['gridImportWh'] });
  expect(found.get('gridImportWh')).toBe(10 + 8 + 57 + 3 + 1);
});

test('without all roll-up buckets everything is read raw, and it is looked again after ten minutes', async () => {
  buckets = ALL.slice(1);
  const old = range.fromMs - 400 * D;
  expect(await store.finestStepMs('home-1', old)).toBe(10_000);
  buckets = ALL;
  expect(await store.finestStepMs('home-1', old)).toBe(10_000);
  nowMs += 11 * 60_000;
  expect(await store.finestStepMs('home-1', old)).toBe(900_000);
  expect(await store.finestStepMs('home-1', nowMs - 40 * D)).toBe(60_000);
  expect(await store.finestStepMs('home-1', nowMs - 20 * D)).toBe(10_000);
});

test('a peak is the highest of its segments; a quarter that is all that is left covers fifteen minutes', async () => {
  buckets = ALL;
  nowMs = range.toMs;
  const query = { site: 'home-1', field: 'gridPowerW', fromMs: nowMs - 95 * D, toMs: nowMs };
  reply = csv(
    '#datatype,string,long,dateTime:RFC3339,double',
    '#group,false,false,false,false',
    '#default,_result,,,',
    ',result,table,_time,_value',
    `,,0,${from},700`,
    `,,1,${next},7200`,
    `,,2,${from},-5`,
  );
  expect(await store.peak(query)).toEqual({
    value: 7200,
    atMs: Math.floor(Date.parse(next) / 60_000) * 60_000,
  });
  reply = csv(
    '#datatype,string,long,long,string',
    '#group,false,false,false,true',
    '#default,_result,,,',
    ',result,table,_value,part',
    ',,0,4,0',
    ',,0,30,1',
    ',,0,7,2',
  );
  expect(await store.coveredMinutes(query)).toBe(4 * 15 + 30 + 7);
});

test('a value may hold commas, quotes and line breaks', async () => {
  const outcome = 'off,\n"for now"\n\nthen, on';
  reply = csv(
    '#datatype,string,long,dateTime:RFC3339,string,string,long',
    '#group,false,false,false,false,false,false',
    '#default,_result,,,,,',
    ',result,table,_time,actuator,outcome,seq',
    `,,0,${from},load:pool,"${outcome.replaceAll('"', '""')}",12`,
    `,,0,${from},load:ev,on,13`,
  );
  nowMs = range.toMs;
  const found = await store.decisions({ site: 'home-1', limit: 2 });
  expect(found.map((decision) => [decision.actuator, decision.outcome])).toEqual([
    ['load:pool', outcome],
    ['load:ev', 'on'],
  ]);
});

test('decisions are read with their reasons', async () => {
  const reason = JSON.stringify({ rule: 'peak', code: 'peak-shed', params: { demandW: 9300 } });
  reply = csv(
    '#datatype,string,long,dateTime:RFC3339,string,string,string,string,string,long,string',
    '#group,false,false,false,false,false,false,false,false,false,false',
    '#default,_result,,,,,,,,,',
    ',result,table,_time,actuator,code,homeMode,outcome,reasonJson,seq,site',
    `,,0,${from},load:pool,peak-shed,peak,off,"${reason.replaceAll('"', '""')}",12,home-1`,
  );
  nowMs = range.toMs;
  expect(await store.decisions({ site: 'home-1', limit: 1 })).toEqual([
    {
      at: from,
      seq: 12,
      actuator: 'load:pool',
      outcome: 'off',
      homeMode: 'peak',
      reason: { rule: 'peak', code: 'peak-shed', params: { demandW: 9300 } },
    },
  ]);
});

test.each([
  [401, '{"code":"unauthorized","message":"unauthorized access"}'],
  [404, '{"code":"not found","message":"could not find bucket"}'],
])('an InfluxDB that answers %d is said not to answer', async (status, body) => {
  reply = { status, body };
  await expect(store.extent('home-1')).rejects.toMatchObject({ code: 'history-unavailable' });
});
