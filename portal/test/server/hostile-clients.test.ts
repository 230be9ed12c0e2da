/**
 * People and boxes with rights of their own who ask for too much: 200 requests of each kind at once against the built
 * server. It lives, its memory stays bounded, and a person and a box of another organisation are served all the while.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, type BuiltPortal, SITES, startBuiltPortal, until } from '../built-portal.ts';
import { HOSTILE_KINDS } from './hostile-kinds.ts';

/** Of each kind. */
const REQUESTS = 200;
const SERVED_WITHIN_MS = 1000;
/** A machine with other things to do: so many times what the same takes in peace. */
const TIMES_CALM = 30;
/** What the portal may hold at the most while it is under attack: its heap has 128 MB, the rest is code and buffers. */
const MOST_RSS_MB = 450;
const dayMs = 86_400_000;
const baseMs = Date.parse('2026-06-01T00:00:00Z');

let at: BuiltPortal;
let hostile: Browser;
let neighbour: Browser;
let calmMs = 0;
beforeAll(async () => {
  at = await startBuiltPortal();
  [hostile, neighbour] = [await at.person('owner'), await at.person('owner', { org: 'south' })];
  // A month of what a box may write at the most of decisions, and some days of values.
  for (let day = 0; day < 4; day += 1) {
    const decisions = Array.from(
      { length: 10_000 },
      (_, i) =>
        `decision,actuator=load:l${i % 5},site=home-1 seq=${i}i,outcome="${'x'.repeat(100)}",code="x",reasonJson="{}" ${baseMs + day * dayMs + i * 8000}`,
    );
    expect((await at.write('home-1', decisions)).status).toBe(204);
    const values = Array.from(
      { length: 8640 },
      (_, i) =>
        `site,site=home-1 gridPowerW=${i % 97},pvPowerW=${i % 13} ${baseMs + day * dayMs + i * 10_000}`,
    );
    expect((await at.write('home-1', values)).status).toBe(204);
  }
  for (let i = 0; i < 10; i += 1) calmMs = Math.max(calmMs, await serveNeighbour());
});
afterAll(() => at.stop());

/** A page and a minute of the other organisation. @returns how long both took. */
async function serveNeighbour(): Promise<number> {
  const beganMs = performance.now();
  const [page, taken] = await Promise.all([
    neighbour.get('/orgs/south/sites/far-1'),
    at.write('far-1', `site,site=far-1 gridPowerW=1 ${baseMs}`),
  ]);
  await page.text();
  expect([page.status, taken.status]).toEqual([200, 204]);
  return performance.now() - beganMs;
}

test.each(HOSTILE_KINDS)(
  '200 requests at once ($kind): others are served, and memory stays bounded',
  async ({ send }) => {
    const statuses: number[] = [];
    let isOver = false;
    // What is answered while it is still being sent breaks off for its sender; a file is begun and not fetched, a stream
    // opened and not read.
    const attack = Promise.all(
      Array.from({ length: REQUESTS }, async () => {
        const response = await send({ url: at.url, cookie: hostile.cookie }).catch(() => null);
        statuses.push(response?.status ?? 0);
        return response;
      }),
    ).finally(() => {
      isOver = true;
    });
    let slowestMs = 0;
    let mostMb = 0;
    do {
      slowestMs = Math.max(slowestMs, await serveNeighbour());
      mostMb = Math.max(mostMb, at.server.memoryMb());
    } while (!isOver);
    for (const response of await attack) void response?.body?.cancel().catch(() => undefined);
    expect(at.server.isAlive()).toBe(true);
    expect(statuses.filter((status) => status === 500)).toEqual([]);
    expect(slowestMs).toBeLessThan(Math.max(SERVED_WITHIN_MS, TIMES_CALM * calmMs));
    expect(mostMb).toBeLessThan(MOST_RSS_MB);
  },
);

test('connections that begin a body and never send it keep nobody out', async () => {
  const { hostname, port } = new URL(at.url);
  const head = (length: number) =>
    `POST /api/v2/write?bucket=wattward HTTP/1.1\r\nhost: x\r\nauthorization: Token ${SITES['home-1'].token}\r\ncontent-length: ${length}\r\n\r\n`;
  const sockets = Array.from({ length: REQUESTS }, () =>
    connect(Number(port), hostname, function (this: import('node:net').Socket) {
      this.write(head(3_900_000));
    }).on('error', () => undefined),
  );
  await until(
    async () => (await at.write('home-1', `site,site=home-1 gridPowerW=1 ${baseMs}`)).status === 429,
    'full',
  );
  expect((await at.write('far-1', `site,site=far-1 gridPowerW=1 ${baseMs}`)).status).toBe(204);
  for (const socket of sockets) socket.destroy();
  await until(
    async () => (await at.write('home-1', `site,site=home-1 gridPowerW=1 ${baseMs}`)).status === 204,
    'room again',
  );
});

test('after all of it the same person is served again', async () => {
  await until(async () => (await hostile.get('/orgs/north/sites/home-1')).status === 200, 'served');
  expect(at.server.memoryMb('VmHWM')).toBeLessThan(MOST_RSS_MB);
  expect(at.server.log().filter((line) => /request failed|heap/.test(line))).toEqual([]);
});
