import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from '@jest/globals';
import type { MinuteSummary } from '../../src/record/store.ts';
import { MINUTE_SCHEMA, MinuteTable } from '../../src/store/minute-table.ts';
import { removeFolder, T0, tempFolder } from './opened-store.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach(removeFolder));

const MINUTE_MS = 60_000;
const DAY = 1440;

const summary = (n: number): MinuteSummary => ({
  cycle: n * 60,
  recordHash: `${(n * 7919) % 99_991}`.padEnd(22, 'x'),
  homeMode: 'normal',
  gridPowerW: (n * 37) % 5000,
  pvPowerW: (n * 53) % 8000,
  batteryPowerW: -((n * 11) % 3000),
  houseLoadW: (n * 17) % 4000,
  managedLoadW: 0,
  demandW: (n * 37) % 5000,
  batterySocPct: (n % 1000) / 10,
  loadsOn: n % 3 === 0 ? ['pool-heater'] : [],
  batteryModes: ['self-consume'],
});

/** A table with so many minutes, packed as the maintenance does it. */
function written(minutes: number): { file: string; db: DatabaseSync; table: MinuteTable } {
  const dir = tempFolder();
  folders.push(dir);
  const file = path.join(dir, 'log.db');
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA synchronous = OFF; ${MINUTE_SCHEMA}`);
  const table = new MinuteTable(db);
  for (let n = 1; n <= minutes; n += 10) {
    db.exec('BEGIN');
    const taken = Array.from({ length: 10 }, (_, i) => ({
      monoMs: (n + i) * MINUTE_MS,
      wallMs: T0 + (n + i) * MINUTE_MS,
      summary: summary(n + i),
    }));
    table.setHead(table.append(taken, 'boot-1', table.head));
    if (n % 100 === 1) table.prune();
    db.exec('COMMIT');
  }
  return { file, db, table };
}

test('days of minutes are packed, read as they were, and numbered on after a restart', () => {
  const { db, table } = written(5 * DAY);
  expect(Number(db.prepare('SELECT count(*) AS n FROM minute_pack').get()?.n)).toBeGreaterThanOrEqual(2);
  expect(Number(db.prepare('SELECT count(*) AS n FROM minute').get()?.n)).toBeLessThan(3 * DAY + 100);
  const read = table.read(T0, T0 + 6 * DAY * MINUTE_MS);
  expect(read).toHaveLength(5 * DAY);
  expect(read[999]).toMatchObject({ seq: 1000, ...summary(1000), boot: 'boot-1' });
  expect(table.verify()).toMatchObject({ ok: true, records: 5 * DAY });
  expect(new MinuteTable(db).head).toEqual(table.head);
  const { bytes } = db.prepare('SELECT sum(length(body)) / count(*) AS bytes FROM minute_pack').get() ?? {};
  // 365 packed days stay within 30 MB.
  expect(Number(bytes) * 365).toBeLessThan(30e6);
});

test.each([
  [
    'a loose minute changed',
    "UPDATE minute SET json = replace(json, 'normal', 'peak') WHERE seq = 7000",
    7000,
  ],
  ['a loose minute taken out', 'DELETE FROM minute WHERE seq = 7100', 7100],
  ['a packed day taken out', 'DELETE FROM minute_pack WHERE first_seq = 1441', 1441],
  ['a packed day damaged', "UPDATE minute_pack SET body = x'00ff' WHERE first_seq = 1441", 1441],
])('%s is found with its number', (_, sql, seq) => {
  const { db } = written(5 * DAY);
  db.exec(sql);
  expect(new MinuteTable(db).verify()).toMatchObject({ ok: false, firstBadSeq: seq });
});
