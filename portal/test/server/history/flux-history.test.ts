/** Answers in the shape InfluxDB 2 gives them (annotated CSV), and what must hold of the questions as texts. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openFluxHistory } from '../../../server/history/flux/flux-history.ts';
import { decisionsFlux, increasesFlux, seriesFlux } from '../../../server/history/flux/flux-queries.ts';
import type { HistoryStore } from '../../../server/history/store.ts';

let server: Server;
let store: HistoryStore;
let reply: { status: number; body: string };
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
      const type = reply.status === 200 ? 'text/csv' : 'application/json';
      response.writeHead(reply.status, { 'content-type': type }).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  store = openFluxHistory({ url, token: 'secret', org: 'house', bucket: 'wattward' });
});
afterAll(() => {
  server.close();
});

const csv = (...lines: string[]) => ({ status: 200, body: `${lines.join('\r\n')}\r\n\r\n` });
const range = { site: 'home-1', fromMs: 1_750_000_000_000, toMs: 1_750_000_120_000 };
const [from, next] = [new Date(range.fromMs).toISOString(), new Date(range.fromMs + 60_000).toISOString()];

test('means, lows and highs of several fields become buckets in order', async () => {
  const head = [
    '#datatype,string,long,dateTime:RFC3339,double,string,string',
    '#group,false,false,false,false,true,true',
    '#default,_result,,,,,',
    ',result,table,_time,_value,_field,stat',
  ];
  reply = csv(
    ...head,
    `,,0,${next},2,gridPowerW,mean`,
    `,,0,${from},1.5,gridPowerW,mean`,
    `,,1,${from},1,gridPowerW,min`,
    `,,1,${next},2,gridPowerW,min`,
    `,,2,${from},2,gridPowerW,max`,
    `,,2,${next},2,gridPowerW,max`,
  );
  const found = await store.series({ ...range, fields: ['gridPowerW', 'pvPowerW'], stepMs: 60_000 });
  expect(found.get('gridPowerW')).toEqual([
    { atMs: range.fromMs, mean: 1.5, min: 1, max: 2 },
    { atMs: range.fromMs + 60_000, mean: 2, min: 2, max: 2 },
  ]);
  expect(found.get('pvPowerW')).toEqual([]);
  expect(asked.at(-1)).toMatchObject({ path: '/api/v2/query?org=house', token: 'Token secret' });
});

test('counters without a point are unknown, not zero', async () => {
  reply = csv(
    '#datatype,string,long,string,double',
    '#group,false,false,true,false',
    '#default,counter,,,',
    ',result,table,_field,_value',
    ',,0,gridImportWh,34',
  );
  const found = await store.increases({ ...range, fields: ['gridImportWh', 'pvWh'] });
  expect([...found]).toEqual([
    ['gridImportWh', 34],
    ['pvWh', null],
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

describe('questions', () => {
  const evil = 'x") or true or r.site == ("';

  test('what comes from outside stays inside its quotes', () => {
    const decisions = { site: evil, actuator: evil, limit: 5 };
    const texts = [
      seriesFlux('b', { ...range, site: evil, fields: [evil], stepMs: 60_000 }),
      increasesFlux('b', { ...range, site: evil, fields: [evil] }),
      decisionsFlux('b', decisions),
    ];
    for (const text of texts) {
      expect(text).toContain('\\") or true or r.site == (\\"');
      expect(text.replaceAll('\\"', '')).not.toMatch(/"[^"]*"\) or true/);
    }
  });

  test('counters know resets, money may fall, and both look back before the range', () => {
    const text = increasesFlux('b', { ...range, fields: ['gridImportWh', 'savingsMoney'] });
    expect(text).toContain('difference(nonNegative: true, initialZero: true)');
    expect(text).toContain('difference(nonNegative: false)');
    expect(text.match(/\|> last\(\)/g)).toHaveLength(2);
  });

  test('windows begin where the range does', () => {
    const text = seriesFlux('b', { ...range, fromMs: 22 * 3_600_000, fields: ['a'], stepMs: 6 * 3_600_000 });
    expect(text).toContain('every: 21600000ms, offset: 14400000ms');
  });
});
