import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { firstBrokenRow, record } from '../../../server/audit/audit.ts';
import { type BuiltPortal, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
beforeAll(async () => {
  at = await startBuiltPortal();
});
afterAll(() => at.stop());

const entry = (site: string, n: number) => ({
  org: 'north',
  site,
  who: 'box',
  action: 'test',
  subject: `${n}`,
  detail: { n, text: 'ü' },
});

test('rows written at the same time form one chain', async () => {
  const { db } = at;
  const write = (n: number) => db.transaction().execute((trx) => record(trx, entry('home-1', n), n));
  await Promise.all(Array.from({ length: 30 }, (_, n) => write(n)));
  expect(await firstBrokenRow(db, 'north')).toBeNull();
});

test('the table refuses to change or forget a row', async () => {
  const { db } = at;
  await expect(db.updateTable('audit').set({ who: 'nobody' }).execute()).rejects.toThrow('audit rows stay');
  await expect(db.deleteFrom('audit').execute()).rejects.toThrow('audit rows stay');
});

test.each(['who', 'detail_json', 'at_ms', 'hash'] as const)(
  'a row whose %s was changed past the table is named',
  async (column) => {
    const { db } = at;
    await sql`DROP TRIGGER audit_is_never_changed`.execute(db);
    const before = await db.selectFrom('audit').selectAll().where('n', '=', 7).executeTakeFirstOrThrow();
    await db
      .updateTable('audit')
      .set({ [column]: 'other' })
      .where('n', '=', 7)
      .execute();
    expect(await firstBrokenRow(db, 'north')).toBe(7);
    await db
      .updateTable('audit')
      .set({ [column]: before[column] })
      .where('n', '=', 7)
      .execute();
    expect(await firstBrokenRow(db, 'north')).toBeNull();
    await sql`CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'audit rows stay'); END`.execute(db);
  },
);

test('an auditor of a site sees what concerns it and the organisation, nothing of other sites', async () => {
  const { db } = at;
  await db.transaction().execute((trx) => record(trx, entry('home-2', 99), 1));
  const auditor = await at.person('auditor');
  const rows = (await (await auditor.get('/orgs/north/sites/home-1/audit')).json()) as { subject: string }[];
  const subjects = rows.map(({ subject }) => subject);
  expect(subjects).toContain('5');
  expect(subjects).toContain('auditor-1@example.org');
  expect(subjects).not.toContain('99');
});
