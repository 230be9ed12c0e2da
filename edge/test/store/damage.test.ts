import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
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

afterEach(() => removeFolder(dir));

/** A folder as a box leaves it: state, two hundred rows that wait, some decisions. */
async function lived() {
  const { store } = await opened(dir, { commitEveryMs: 100 });
  for (let i = 0; i < 200; i++) {
    store.recordPoints([sitePoint(i), { ...sitePoint(i), tags: { site: 'home-1', twin: 'a' } }], at(i * 100));
    if (i % 20 === 0) await store.recordDecisions([decision(`d${i}`)], at(i * 100));
  }
  await store.flush();
  await store.saveState('control', '{"soc":34}');
  await store.close();
}

/** Every line the box may ever send. */
function written(): Set<string> {
  const lines = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const { wallMs } = at(i * 100);
    for (const series of ['site,site=home-1', 'site,site=home-1,twin=a']) {
      lines.add(`${series} gridPowerW=${i},gridImportWh=0,mode="normal" ${wallMs}`);
    }
  }
  return lines;
}

/** A seeded generator (mulberry32): a failing run can be repeated. */
function generator(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('a log that is no database is set aside under a dated name, told, and a fresh one begun', async () => {
  await lived();
  writeFileSync(join(dir, 'log.db'), 'this is not a database, it is a sentence '.repeat(500));
  const { store, alarms } = await opened(dir, { bootId: 'boot-2' });
  store.recordPoints([sitePoint(1)], at(60_000));
  expect(await store.recordDecisions([decision('peak')], at(60_000))).toBe('durable');
  expect(await store.loadState('control')).toBe('{"soc":34}');
  expect(alarms).toContainEqual(expect.objectContaining({ code: 'store-damaged', severity: 'alarm' }));
  const aside = readdirSync(dir).filter((name) => /^\d{4}-\d\d-\d\dT.*damaged\.log\.db$/.test(name));
  expect(aside).toHaveLength(1);
  expect(await store.verifyJournal()).toMatchObject({ ok: true });
  expect((await store.readDecisions({}))[0]?.seq).toBeGreaterThan(10);
  await store.close();
});

test('a state that is no database is set aside and told; what is saved then is kept', async () => {
  await lived();
  writeFileSync(join(dir, 'state.db'), Buffer.alloc(20_000, 7));
  const { store, alarms } = await opened(dir, { bootId: 'boot-2' });
  expect(await store.loadState('control')).toBeNull();
  expect(await store.saveState('control', '{"soc":35}')).toBe('durable');
  expect(await store.loadState('control')).toBe('{"soc":35}');
  expect(alarms[0]).toMatchObject({ code: 'store-damaged' });
  expect((await drained(store)).length).toBeGreaterThanOrEqual(400);
  await store.close();
});

test('a journal cut off from behind is found by its head, which the state remembers', async () => {
  await lived();
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(dir, 'log.db'));
  db.exec('DELETE FROM journal WHERE seq > 7');
  db.close();
  const { store } = await opened(dir, { bootId: 'boot-2' });
  expect(await store.verifyJournal()).toMatchObject({ ok: false, firstBadSeq: 8 });
  await store.close();
});

test('a record changed in the journal is named', async () => {
  await lived();
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(dir, 'log.db'));
  db.exec(`UPDATE journal SET json = replace(json, 'd40', 'd41') WHERE seq = 3`);
  db.close();
  const { store } = await opened(dir, { bootId: 'boot-2' });
  expect(await store.verifyJournal()).toMatchObject({ ok: false, firstBadSeq: 3 });
  await store.close();
});

const ROUNDS = Number(process.env.WATTWARD_CORRUPTIONS ?? 25);

test(`damaged at random ${ROUNDS} times: never a wrong line, never a stop, always balanced books`, async () => {
  await lived();
  const image = new Map(['log.db', 'state.db'].map((name) => [name, readFileSync(join(dir, name))]));
  const allowed = written();
  for (let round = 0; round < ROUNDS; round++) {
    const random = generator(round + 1);
    for (const name of readdirSync(dir)) removeFolder(join(dir, name));
    for (const [name, bytes] of image) writeFileSync(join(dir, name), damaged(bytes, random));
    const { store, alarms } = await opened(dir, { bootId: `boot-${round}` });
    const saved = await store.saveState('control', '{"soc":36}');
    expect(`${round} ${saved} ${JSON.stringify(alarms)}`).toContain('durable');
    store.recordPoints([{ measurement: 'new', tags: {}, fields: { value: 1 } }], at(99_000));
    expect(await store.recordDecisions([decision('after')], at(99_000))).toBe('durable');
    await store.flush();
    const lines = await drained(store);
    const strange = lines.filter((line) => !allowed.has(line) && !/^(decision,|new )/.test(line));
    expect({ round, strange }).toEqual({ round, strange: [] });
    expect(lines.some((line) => line.startsWith('new '))).toBe(true);
    expect({ round, isBalanced: isBalanced(store), stats: store.stats() }).toMatchObject({
      isBalanced: true,
    });
    await store.close();
  }
  expect(existsSync(join(dir, 'log.db')) && statSync(join(dir, 'log.db')).size).toBeGreaterThan(0);
});

/** Flipped bits, a lost sector, or a torn end: what cards do. */
function damaged(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const kind = random();
  const at = Math.floor(random() * copy.length);
  if (kind < 0.5) {
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
      const where = Math.floor(random() * copy.length);
      copy[where] = (copy[where] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    return copy;
  }
  if (kind < 0.8) {
    const sector = at - (at % 512);
    copy.fill(random() < 0.5 ? 0 : 0xff, sector, sector + 512);
    return copy;
  }
  return copy.subarray(0, at);
}
