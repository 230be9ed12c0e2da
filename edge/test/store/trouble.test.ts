import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Point, Store } from '../../src/record/store.ts';
import {
  at,
  decision,
  drained,
  isBalanced,
  opened,
  removeFolder,
  sitePoint,
  tempFolder,
} from './opened-store.ts';

let dir: string;

beforeEach(() => {
  dir = tempFolder();
});

afterEach(() => {
  chmodSync(dir, 0o700);
  removeFolder(dir);
});

/** Asks until the condition holds; the store's own clock drives what is waited for. */
async function until(store: Store, condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    await store.pendingEvents(0);
    await setImmediate();
  }
}

test('a folder that cannot be used: control gets its state from memory, and the disk is taken up when it is back', async () => {
  const folder = join(dir, 'data');
  writeFileSync(folder, 'a file where the folder should be');
  await expect(opened(folder)).rejects.toMatchObject({
    code: 'store-not-started',
    message: expect.stringContaining(`the store in ${folder} did not start: EEXIST`),
    remedy: expect.stringContaining(`write ${folder}`),
  });
  rmSync(folder);
  mkdirSync(folder);
  mkdirSync(join(folder, 'log.db'));
  const { store, alarms } = await opened(folder, { commitEveryMs: 1000 });
  store.recordPoints([sitePoint(1)], at(0));
  expect(await store.recordDecisions([decision('peak')], at(1000))).toBe('memory');
  expect(await store.saveState('control', '{"soc":34}')).toBe('durable');
  await until(store, () => !store.stats().diskOk);
  expect(alarms).toContainEqual(expect.objectContaining({ code: 'store-disk', severity: 'alarm' }));
  rmSync(join(folder, 'log.db'), { recursive: true });
  await until(store, () => store.stats().diskOk && store.stats().acceptedPoints === 2);
  expect(alarms.at(-1)).toMatchObject({ code: 'store-recovered' });
  expect(await drained(store)).toHaveLength(2);
  expect((await store.readDecisions({}))[0]).toMatchObject({ outcome: 'peak', seq: 1 });
  await store.close();
});

test('state that the disk does not take is answered as kept in memory, read back, and written when it can be', async () => {
  mkdirSync(join(dir, 'state.db'));
  const { store } = await opened(dir);
  expect(await store.saveState('control', '{"soc":34}')).toBe('memory');
  expect(await store.loadState('control')).toBe('{"soc":34}');
  rmSync(join(dir, 'state.db'), { recursive: true });
  await until(store, () => store.stats().diskOk && existsSync(join(dir, 'state.db')));
  await store.close();
  const { store: again } = await opened(dir);
  expect(await again.loadState('control')).toBe('{"soc":34}');
  await again.close();
});

test('a worker that dies is told, its open block counted as lost, and a new one takes its place', async () => {
  const { store, alarms } = await opened(dir, { commitEveryMs: 10_000 });
  store.recordPoints([sitePoint(1)], at(0));
  await store.flush();
  await store.saveState('control', '{"soc":34}');
  store.recordPoints([sitePoint(2), sitePoint(3)], at(1000));
  const impossible = { measurement: 'site', tags: null, fields: { value: 1 } } as unknown as Point;
  store.recordPoints([impossible], at(2000));
  await until(store, () => alarms.some(({ code }) => code === 'store-worker'));
  await until(store, async () => (await store.saveState('control', '{"soc":35}')) === 'durable');
  store.recordPoints([sitePoint(4)], at(4000));
  await store.flush();
  await until(store, () => store.stats().acceptedPoints === 5);
  expect(store.stats()).toMatchObject({ pendingPoints: 2, droppedPoints: 3 });
  expect(isBalanced(store)).toBe(true);
  expect(await store.loadState('control')).toBe('{"soc":35}');
  await store.close();
});

test('a decision with numbers that JSON cannot hold is journaled without them', async () => {
  const { store } = await opened(dir);
  const odd = {
    ...decision('peak'),
    reason: { rule: 'r', code: 'c', params: { a: Number.NaN, b: 'x\ud800' } },
  };
  expect(await store.recordDecisions([odd], at(0))).toBe('durable');
  expect((await store.readDecisions({}))[0]?.reason.params).toEqual({ a: null, b: 'x\ufffd' });
  expect(await store.verifyJournal()).toMatchObject({ ok: true });
  await store.close();
});

test('more than the disk takes up is given up and counted, never heaped up in memory', async () => {
  const { store, alarms } = await opened(dir, { commitEveryMs: 1000 });
  for (let i = 0; i < 5000; i++) store.recordPoints([sitePoint(i)], at(i * 10));
  await store.flush();
  store.recordPoints([sitePoint(1)], at(60_000));
  await store.flush();
  await until(store, () => store.stats().acceptedPoints === 5001);
  expect(store.stats().droppedPoints).toBeGreaterThan(0);
  expect(isBalanced(store)).toBe(true);
  expect(alarms.map(({ code }) => code)).toContain('store-overload');
  await store.close();
});

test('a log that is taken away while it is in use does not stop the box', async () => {
  const { store } = await opened(dir, { commitEveryMs: 100 });
  for (let i = 0; i < 20; i++) store.recordPoints([sitePoint(i)], at(i * 100));
  await store.flush();
  for (const name of ['log.db', 'log.db-wal', 'log.db-shm']) {
    if (existsSync(join(dir, name))) renameSync(join(dir, name), join(dir, `gone-${name}`));
  }
  for (let i = 20; i < 40; i++) store.recordPoints([sitePoint(i)], at(i * 100));
  await store.flush();
  expect(await store.saveState('control', '{}')).toBe('durable');
  await store.close();
});
