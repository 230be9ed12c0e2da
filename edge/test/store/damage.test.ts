import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DamageCampaign, lived } from './damage-campaign.ts';
import { at, decision, drained, opened, removeFolder, sitePoint, tempFolder } from './opened-store.ts';

let dir: string;

beforeEach(() => {
  dir = tempFolder();
});

afterEach(() => removeFolder(dir));

test('a log that is no database is set aside under a dated name, told, and a fresh one begun', async () => {
  await lived(dir);
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
  await lived(dir);
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
  await lived(dir);
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(dir, 'log.db'));
  db.exec('DELETE FROM journal WHERE seq > 7');
  db.close();
  const { store } = await opened(dir, { bootId: 'boot-2' });
  expect(await store.verifyJournal()).toMatchObject({ ok: false, firstBadSeq: 8 });
  await store.close();
});

test('a record changed in the journal is named', async () => {
  await lived(dir);
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(dir, 'log.db'));
  db.exec(`UPDATE journal SET json = replace(json, 'd40', 'd41') WHERE seq = 3`);
  db.close();
  const { store } = await opened(dir, { bootId: 'boot-2' });
  expect(await store.verifyJournal()).toMatchObject({ ok: false, firstBadSeq: 3 });
  await store.close();
});

const ROUNDS = 25;

test(`damaged at random ${ROUNDS} times: never a wrong line, never a stop, always balanced books`, async () => {
  const campaign = await DamageCampaign.prepare();
  for (let seed = 1; seed <= ROUNDS; seed++) await campaign.run(seed);
  campaign.finish();
  expect(campaign.broken).toEqual([]);
});
