import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Trouble } from '../../src/delivery/courier.ts';
import { type Delivery, startDelivery } from '../../src/link/delivery.ts';
import type { Store } from '../../src/record/store.ts';
import { type InfluxStub, type StubAnswer, startInfluxStub } from '../delivery/influx-stub.ts';
import {
  at,
  decision,
  isBalanced,
  opened,
  removeFolder,
  sitePoint,
  T0,
  tempFolder,
} from '../store/opened-store.ts';

let dir: string;
let stub: InfluxStub;
let store: Store;
let delivery: Delivery | null;
let troubles: (Trouble | null)[];

beforeEach(async () => {
  dir = tempFolder();
  stub = await startInfluxStub();
  ({ store } = await opened(dir, { commitEveryMs: 1000 }));
  troubles = [];
  delivery = null;
});

afterEach(async () => {
  await delivery?.stop();
  await store.close();
  await stub.close();
  removeFolder(dir);
});

function deliver(change: Partial<{ token: string; bucket: string; url: string }> = {}) {
  const { url, org, bucket, token } = stub;
  delivery = startDelivery({
    store,
    target: { url, org, bucket, token, ...change },
    limits: { silenceMs: 300, totalMs: 600 },
    onTrouble: (trouble) => troubles.push(trouble),
    random: () => 0,
  });
}

async function record(count: number, fromMs = 0) {
  for (let i = 0; i < count; i++) {
    store.recordPoints([sitePoint(i)], at(fromMs + i * 100));
    if (i % 1000 === 999) await store.flush();
  }
  await store.flush();
}

const allStored = (count: number) => stub.until(({ points }) => points.size === count);
/** Waits until the outbox has booked it. */
async function booked(condition: () => boolean) {
  while (!condition()) await store.flush();
}

test('what is recorded arrives, once, as gzip with times in milliseconds, one request at a time', async () => {
  deliver();
  await record(250);
  await store.recordDecisions([decision('peak')], at(30_000));
  await record(50, 60_000);
  await allStored(301);
  await booked(() => store.stats().pendingPoints === 0);
  expect(store.stats()).toMatchObject({ acceptedPoints: 301, deliveredPoints: 301 });
  expect(stub.violations).toEqual([]);
  expect(stub.mostAtOnce()).toBe(1);
});

test('a backlog goes out in large batches, oldest first, after what happened last', async () => {
  await record(12_000);
  await store.close();
  ({ store } = await opened(dir, { commitEveryMs: 1000, bootId: 'boot-2' }));
  store.recordPoints([sitePoint(1)], at(1_300_000));
  await store.flush();
  deliver();
  await allStored(12_001);
  const first = stub.requests.map(({ lines }) => Number(lines[0]?.split(' ').at(-1)));
  expect(stub.requests[0]?.lines).toHaveLength(1);
  expect(first.slice(1)).toEqual([...first.slice(1)].sort((a, b) => a - b));
  expect(stub.requests.length).toBeLessThanOrEqual(5);
});

const passing: readonly [string, StubAnswer][] = [
  ['429 with Retry-After: 1', { status: 429, headers: { 'retry-after': '1' } }],
  ['503', { status: 503 }],
  ['500', { status: 500, body: '{"code":"internal error","message":"boom"}' }],
  ['408', { status: 408 }],
  ['425', { status: 425 }],
  ['502', { status: 502, body: '<html>Bad Gateway</html>' }],
  ['504', { status: 504 }],
  ['413', { status: 413 }],
  ['no answer at all', { status: 204, hangs: true }],
  ['an answer lost after the points were stored', { status: 503, stores: true, cuts: true }],
  ['a connection cut', { status: 503, cuts: true }],
];

for (const [what, answer] of passing) {
  test(`${what} loses nothing and doubles nothing`, async () => {
    stub.script = (_, request) => (request <= 2 ? answer : undefined);
    deliver();
    await record(20);
    await allStored(20);
    await booked(() => store.stats().pendingPoints === 0);
    expect(store.stats()).toMatchObject({ acceptedPoints: 20, deliveredPoints: 20, droppedPoints: 0 });
    if (answer.headers) {
      const [first, second] = stub.requests;
      expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
    }
  });
}

test.each([
  ['a token that is not taken', { token: 'another' }, 401],
  ['a bucket that is not there', { bucket: 'another' }, 404],
])('%s: everything is kept and the trouble is told once', async (_, change, status) => {
  deliver(change);
  await record(5);
  await stub.until(({ requests }) => requests.length === 1);
  await booked(() => troubles.length === 1);
  await record(5, 5000);
  expect(troubles).toEqual([expect.objectContaining({ kind: 'refused', status })]);
  expect(store.stats()).toMatchObject({ pendingPoints: 10, deliveredPoints: 0 });
});

test('a server that is not there is told, and is found when it comes', async () => {
  await stub.close();
  const { port } = new URL(stub.url);
  deliver();
  await record(5);
  await booked(() => troubles.length === 1);
  expect(troubles[0]).toMatchObject({ kind: 'unreachable', answer: 'ECONNREFUSED' });
  stub = await startInfluxStub(Number(port));
  await allStored(5);
  await booked(() => troubles.length === 2);
  expect(troubles[1]).toBeNull();
});

test('bad lines go to quarantine with the answer, all others arrive', async () => {
  stub.script = (lines) => {
    const bad = lines.find((line) => /gridPowerW=(13|77),/.test(line));
    const body = JSON.stringify({ code: 'unprocessable entity', message: `field type conflict: ${bad}` });
    return bad === undefined ? undefined : { status: 422, body };
  };
  deliver();
  await record(100);
  await allStored(98);
  await booked(() => store.stats().pendingPoints === 0);
  expect(store.stats()).toMatchObject({ acceptedPoints: 100, deliveredPoints: 98, quarantinedPoints: 2 });
  expect(isBalanced(store)).toBe(true);
});

test('points older than the retention of the bucket cost one request, and are told and counted once', async () => {
  await record(1000);
  await store.close();
  const again = await opened(dir, { commitEveryMs: 1000, bootId: 'boot-2' });
  store = again.store;
  store.recordPoints([sitePoint(1)], at(1_300_000));
  await store.flush();
  const isOld = (line: string) => Number(line.split(' ').at(-1)) < T0 + 1_000_000;
  stub.script = (lines) => {
    const old = lines.filter(isOld).length;
    const message = `failure writing points to database: partial write: dropped ${old} points outside retention policy of duration 720h0m0s`;
    return old === 0 ? undefined : { status: 422, body: JSON.stringify({ message }) };
  };
  deliver();
  await booked(() => store.stats().pendingPoints === 0);
  expect(stub.requests.filter(({ lines }) => lines.some(isOld))).toHaveLength(1);
  expect(store.stats()).toMatchObject({ acceptedPoints: 1001, deliveredPoints: 1, droppedPoints: 1000 });
  expect(again.alarms).toEqual([
    { code: 'outbox-dropped', severity: 'alarm', params: { why: 'expired', points: 1000 } },
  ]);
});

test('ending does not wait for a server that does not answer', async () => {
  stub.script = () => ({ status: 204, hangs: true });
  const { url, org, bucket, token } = stub;
  const slow = startDelivery({ store, target: { url, org, bucket, token } });
  await record(5);
  await stub.until(({ requests }) => requests.length === 1);
  const startedMs = performance.now();
  await slow.stop();
  expect(performance.now() - startedMs).toBeLessThan(2000);
  expect(store.stats().pendingPoints).toBe(5);
});
