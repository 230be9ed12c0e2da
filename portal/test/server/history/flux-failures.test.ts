/** Whatever is wrong with InfluxDB becomes the one problem that says so, over real sockets; nothing reads as "no data". */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { openFluxHistory } from '../../../server/history/flux/flux-history.ts';
import type { HistoryStore } from '../../../server/history/store.ts';

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) server.close();
});

const CSV = [
  '#datatype,string,long,dateTime:RFC3339,double,string',
  '#group,false,false,false,false,true',
  '#default,mean 0,,,,',
  ',result,table,_time,_value,_field',
  ',,0,2026-06-10T00:00:00Z,1.5,gridPowerW',
  '',
].join('\r\n');
const ERROR_TABLE = [
  '',
  '#datatype,string,string',
  '#group,true,true',
  '#default,,',
  ',error,reference',
  ',out of memory,897',
  '',
].join('\r\n');

/** Asked whether its buckets are there, it says yes; asked for data, it does this. */
type Data = (response: ServerResponse) => void;
const json =
  (status: number, code: string): Data =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ code, message: code }));
const csv =
  (body: string): Data =>
  (response) =>
    response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' }).end(body);

async function listening<T extends Server>(server: T): Promise<string> {
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function influx(data: Data): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    if (body.includes('limit(n: 1)') && !body.includes('decision')) csv('\r\n')(response);
    else data(response);
  };
  return listening(createServer((request, response) => void answer(request, response)));
}

const answers: Record<string, Data> = {
  'a token it does not know': json(401, 'unauthorized'),
  'a token that may not read': json(403, 'forbidden'),
  'a bucket that is gone': json(404, 'not found'),
  'too many questions': json(429, 'too many requests'),
  'an error of its own': json(500, 'internal error'),
  'a proxy without InfluxDB behind it': (response) => response.writeHead(502).end('<html>Bad Gateway</html>'),
  unavailable: json(503, 'unavailable'),
  'a redirect': (response) => response.writeHead(302, { location: '/login' }).end(),
  'a page of somebody else': (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Sign in</body></html>\n'),
  'an error after the first table': csv(CSV + ERROR_TABLE),
  'an error instead of a table': csv(ERROR_TABLE),
  'values that are none': csv(CSV.replace('1.5', 'oops')),
  'a row that ends midway': csv(CSV.replace(/,1\.5.*/s, '')),
  'a connection cut in the middle of the rows': (response) => {
    response.writeHead(200, { 'content-type': 'text/csv', 'content-length': CSV.length + 100 });
    response.write(CSV, () => response.destroy());
  },
  'a chunk that never ends': (response) => {
    response.writeHead(200, { 'content-type': 'text/csv' });
    response.write(CSV, () => response.destroy());
  },
  'a connection cut before an answer': (response) => response.destroy(),
};

const range = {
  site: 'home-1',
  fromMs: Date.parse('2026-06-10T00:00:00Z'),
  toMs: Date.parse('2026-06-10T01:00:00Z'),
};
const questions: Record<string, (store: HistoryStore) => Promise<unknown>> = {
  series: (store) => store.series({ ...range, fields: ['gridPowerW'], stepMs: 60_000 }),
  increases: (store) => store.increases({ ...range, fields: ['gridImportWh'] }),
  peak: (store) => store.peak({ ...range, field: 'gridPowerW' }),
  coverage: (store) => store.coveredMinutes({ ...range, field: 'gridPowerW' }),
  extent: (store) => store.extent('home-1'),
  decisions: (store) => store.decisions({ site: 'home-1', limit: 5 }),
};
const open = (url: string) =>
  openFluxHistory(
    { url, token: 'secret', org: 'house', bucket: 'wattward' },
    { nowMs: () => range.toMs, timeoutMs: 500 },
  );
const unavailable = { name: 'ProblemError', code: 'history-unavailable' };

test.each(Object.entries(answers))('%s', async (_what, data) => {
  const store = open(await influx(data));
  for (const [name, ask] of Object.entries(questions)) {
    await expect(ask(store).then(() => name)).rejects.toMatchObject(unavailable);
  }
});

test('rows without what was asked for', async () => {
  const store = open(await influx(csv(CSV.replace('_value', 'value'))));
  await expect(questions.series?.(store)).rejects.toMatchObject(unavailable);
});

test('an answer without rows is no failure', async () => {
  const store = open(await influx(csv('\r\n')));
  expect(await store.extent('home-1')).toBeNull();
  expect(await store.decisions({ site: 'home-1', limit: 5 })).toEqual([]);
});

const places: Record<string, () => Promise<string>> = {
  'a port where nobody listens': async () => {
    const server = createTcpServer();
    const url = await listening(server);
    await new Promise((resolve) => running.splice(0)[0]?.close(resolve));
    return url;
  },
  'a name nobody has': async () => 'http://influxdb.invalid:8086',
  'a place that never answers': async () => listening(createServer(() => undefined)),
  'an answer that trickles for ever': async () =>
    listening(
      createServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/csv' });
        const timer = setInterval(() => response.write('#'), 50);
        response.on('close', () => clearInterval(timer));
      }),
    ),
  'something that does not speak HTTP': async () =>
    listening(
      createTcpServer((socket: Socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n')),
    ),
  'TLS where there is none': async () => (await listening(createServer())).replace('http:', 'https:'),
};

test.each(Object.entries(places))('%s', async (_what, place) => {
  const store = open(await place());
  for (const [name, ask] of Object.entries(questions)) {
    await expect(ask(store).then(() => name)).rejects.toMatchObject(unavailable);
  }
});
