import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Store } from '../../src/record/store.ts';
import {
  at,
  decision,
  drained,
  isBalanced,
  opened,
  removeFolder,
  sitePoint,
  T0,
  tempFolder,
  untimed,
} from './opened-store.ts';

let dir: string;
let open: Store[];

beforeEach(() => {
  dir = tempFolder();
  open = [];
});

afterEach(async () => {
  for (const store of open) await store.close();
  removeFolder(dir);
});

async function started(options: Parameters<typeof opened>[1] = {}) {
  const found = await opened(dir, options);
  open.push(found.store);
  return found;
}

async function ended(store: Store) {
  await store.close();
  open = open.filter((other) => other !== store);
}

test('state saved is there after a restart, by key', async () => {
  const { store } = await started();
  expect(await store.loadState('control')).toBeNull();
  expect(await store.saveState('control', '{"soc":34}')).toBe('durable');
  expect(await store.saveState('setpoints', '[]')).toBe('durable');
  await ended(store);
  const { store: again } = await started();
  expect(await again.loadState('control')).toBe('{"soc":34}');
  expect(await again.loadState('setpoints')).toBe('[]');
});

test('points wait in the open block and are accepted when it is committed', async () => {
  const { store } = await started({ commitEveryMs: 60_000 });
  store.recordPoints([sitePoint(1)], at(0));
  store.recordPoints([sitePoint(2)], at(59_000));
  expect(await store.nextBatch({ maxLines: 10, lanes: ['live'], skip: [] })).toBeNull();
  store.recordPoints([sitePoint(3)], at(60_000));
  const batch = await store.nextBatch({ maxLines: 10, lanes: ['live'], skip: [] });
  expect(batch?.lines).toEqual([
    `site,site=home-1 gridPowerW=1,gridImportWh=0,mode="normal" ${T0}`,
    `site,site=home-1 gridPowerW=2,gridImportWh=0,mode="normal" ${T0 + 59_000}`,
    `site,site=home-1 gridPowerW=3,gridImportWh=0,mode="normal" ${T0 + 60_000}`,
  ]);
  expect(store.stats()).toMatchObject({ acceptedPoints: 3, pendingPoints: 3, deliveredPoints: 0 });
});

test('what was not settled is handed out again after a restart, what was settled is not', async () => {
  const { store } = await started({ commitEveryMs: 1000 });
  for (let i = 0; i < 10; i++) store.recordPoints([sitePoint(i)], at(i * 1000));
  await store.flush();
  const first = await store.nextBatch({ maxLines: 4, lanes: ['live'], skip: [] });
  const lines = first?.lines ?? [];
  await store.settleBatch(first?.id ?? '', { deliveredPoints: lines.length, quarantined: [] });
  await ended(store);
  const { store: again } = await started({ bootId: 'boot-2' });
  const rest = await drained(again);
  expect(rest).toHaveLength(10 - lines.length);
  expect(rest.filter((line) => lines.includes(line))).toEqual([]);
  expect(again.stats()).toMatchObject({ acceptedPoints: 10, deliveredPoints: 10, pendingPoints: 0 });
});

test('a decision is in the journal and in the event lane as soon as it is acknowledged', async () => {
  const { store } = await started();
  store.recordPoints([sitePoint(1)], at(0));
  expect(await store.recordDecisions([decision('peak'), decision('off', 'load:pool')], at(10))).toBe(
    'durable',
  );
  const batch = await store.nextBatch({ maxLines: 10, lanes: ['event', 'live'], skip: [] });
  expect(batch).toMatchObject({ lane: 'event', firstMs: T0 + 10 });
  expect(batch?.lines[1]).toContain('decision,actuator=load:pool,site=home-1 seq=2i,outcome="off"');
  const records = await store.readDecisions({});
  expect(records.map(({ seq, outcome, at: time }) => [seq, outcome, time])).toEqual([
    [2, 'off', '2026-11-21T12:00:00.010Z'],
    [1, 'peak', '2026-11-21T12:00:00.010Z'],
  ]);
});

test('the journal goes on in one chain over restarts and verifies', async () => {
  for (const boot of ['boot-1', 'boot-2', 'boot-3']) {
    const { store } = await started({ bootId: boot });
    await store.recordDecisions([decision('peak')], at(0));
    await store.recordDecisions([decision('normal')], at(1000));
    await ended(store);
  }
  const { store } = await started({ bootId: 'boot-4' });
  expect(await store.verifyJournal()).toMatchObject({ ok: true, records: 6 });
  expect((await store.readDecisions({ beforeSeq: 4, limit: 2 })).map(({ seq }) => seq)).toEqual([3, 2]);
});

test('an event waits until the portal has acknowledged it, also over a restart', async () => {
  const { store } = await started();
  await store.recordEvent({ severity: 'alarm', code: 'meter-silent', params: { ageS: 31 } }, at(0));
  await store.recordEvent({ severity: 'info', code: 'meter-back', params: {} }, at(5000));
  await ended(store);
  const { store: again } = await started();
  const waiting = await again.pendingEvents(10);
  expect(waiting.map(({ seq, code, at: time }) => [seq, code, time])).toEqual([
    [1, 'meter-silent', '2026-11-21T12:00:00.000Z'],
    [2, 'meter-back', '2026-11-21T12:00:05.000Z'],
  ]);
  await again.ackEvent(1);
  expect((await again.pendingEvents(10)).map(({ seq }) => seq)).toEqual([2]);
});

test('snapshots of a span come back cycle by cycle', async () => {
  const { store } = await started({ commitEveryMs: 10_000 });
  for (let i = 0; i < 60; i++) store.recordSnapshot(`{"cycle":${i}}`, at(i * 1000));
  await store.flush();
  const found = await store.readSnapshots(T0 + 10_000, T0 + 19_000);
  expect(found.map(({ json }) => json)).toEqual(Array.from({ length: 10 }, (_, i) => `{"cycle":${i + 10}}`));
});

test('points measured before the clock is trusted leave with their true time, and not before it is known', async () => {
  const { store } = await started({ commitEveryMs: 1000 });
  store.recordPoints([sitePoint(1)], untimed(0));
  store.recordPoints([sitePoint(2)], untimed(5000));
  await store.recordDecisions([decision('peak')], untimed(5000));
  await store.flush();
  expect(await drained(store)).toEqual([]);
  expect(store.stats().pendingPoints).toBe(3);
  store.recordPoints([sitePoint(3)], at(9000));
  await store.flush();
  const times = (await drained(store)).map((line) => Number(line.split(' ').at(-1)));
  expect(times.sort()).toEqual([T0, T0 + 5000, T0 + 5000, T0 + 9000]);
  expect((await store.readDecisions({}))[0]?.at).toBe('2026-11-21T12:00:05.000Z');
});

test('a boot that never knew the time is dropped and counted when the next one does; no point is misplaced', async () => {
  const { store } = await started({ commitEveryMs: 1000 });
  for (let i = 0; i < 5; i++) store.recordPoints([sitePoint(i)], untimed(i * 1000));
  await store.recordEvent({ severity: 'alarm', code: 'clock-unknown', params: {} }, untimed(100));
  await ended(store);
  const { store: again, alarms } = await started({ bootId: 'boot-2', commitEveryMs: 1000 });
  again.recordPoints([sitePoint(9)], at(0));
  await again.flush();
  expect(await drained(again)).toEqual([`site,site=home-1 gridPowerW=9,gridImportWh=0,mode="normal" ${T0}`]);
  expect(again.stats()).toMatchObject({ acceptedPoints: 6, droppedPoints: 5, deliveredPoints: 1 });
  expect(alarms).toContainEqual(
    expect.objectContaining({ code: 'outbox-dropped', params: { why: 'untimed', points: 5 } }),
  );
  expect((await again.pendingEvents(10))[0]).toMatchObject({
    code: 'clock-unknown',
    params: { timeUnknown: true },
  });
});

test('above its size the outbox thins its oldest points: counters stay exact, the books balance', async () => {
  const { store, alarms } = await started({ commitEveryMs: 60_000, bounds: { maxBytes: 20_000 } });
  const cycles = 3 * 3600;
  for (let i = 0; i < cycles; i += 10) {
    store.recordPoints([sitePoint(Math.sin(i) * 1000, i * 10), sitePoint(0)].slice(0, 1), at(i * 1000));
  }
  await store.flush();
  const stats = store.stats();
  expect(stats.pendingBytes).toBeLessThanOrEqual(20_000);
  expect(stats.thinnedPoints).toBeGreaterThan(0);
  expect(stats.droppedPoints).toBe(0);
  expect(isBalanced(store)).toBe(true);
  expect(alarms.map(({ code }) => code)).toContain('outbox-thinned');
  const lines = await drained(store);
  for (const line of lines) {
    const seconds = (Number(line.split(' ').at(-1)) - T0) / 1000;
    expect(line).toContain(`gridImportWh=${seconds * 10},`);
  }
  expect(lines).toHaveLength(stats.pendingPoints);
});
