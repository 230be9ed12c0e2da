import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DecisionPage } from '../../../contract/api.ts';
import { MOST_DECISIONS_A_DAY } from '../../../server/history/embedded/decision-table.ts';
import { type Browser, type BuiltPortal, type SiteId, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
let owner: Browser;
beforeAll(async () => {
  at = await startBuiltPortal();
  owner = await at.person('owner');
});
afterAll(() => at.stop());

const COUNT = 2300;
const monthMs = Date.parse('2026-05-31T22:00:00Z'); // June begins in Berlin

function decision(site: SiteId, atMs: number, fields: { seq: number; outcome?: string; code?: string }) {
  const reason = JSON.stringify({ rule: 'peak', code: fields.code ?? 'x', params: { thresholdW: 9000 } });
  return (
    `decision,actuator=load:pool,site=${site} seq=${fields.seq}i,outcome="${fields.outcome ?? 'off'}",` +
    `code=${JSON.stringify(fields.code ?? 'x')},reasonJson=${JSON.stringify(reason)},homeMode="peak" ${atMs}`
  );
}

test('a month of decisions: every row once, oldest first, in both times', async () => {
  const lines = Array.from({ length: COUNT }, (_, i) => {
    return `decision,actuator=home,site=home-1 seq=${i}i,outcome="peak",code="x",reasonJson="{}",homeMode="peak" ${monthMs + i * 60_000}`;
  });
  lines.push(decision('home-1', monthMs - 1, { seq: 9999 }));
  expect((await at.write('home-1', lines)).status).toBe(204);
  const response = await owner.get('/orgs/north/sites/home-1/decisions.csv?month=2026-06');
  expect(response.headers.get('content-disposition')).toContain('decisions-home-1-2026-06.csv');
  const rows = (await response.text()).trimEnd().split('\r\n');
  expect(rows).toHaveLength(COUNT + 1);
  expect(rows[0]).toMatch(/^utc,local,zone,seq,actuator,name,outcome/);
  expect(rows[1]).toMatch(/^2026-05-31T22:00:00.000Z,2026-06-01 00:00:00,Europe\/Berlin,0,home,/);
  const seqs = rows.slice(1).map((row) => Number(row.split(',')[3]));
  expect(seqs).toEqual(Array.from({ length: COUNT }, (_, i) => i));
});

test('the list pages through all of them, newest first', async () => {
  const seen: number[] = [];
  let next: string | null = '';
  while (next !== null) {
    const page = (await (
      await owner.get(`/orgs/north/sites/home-1/decisions?actuator=home${next ? `&before=${next}` : ''}`)
    ).json()) as DecisionPage;
    seen.push(...page.rows.map(({ seq }) => seq));
    next = page.next;
  }
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i));
});

test('more decisions of a day than a file can hold are refused and told, and the file comes whole', async () => {
  const dayMs = Date.parse('2026-07-10T00:00:00Z');
  const lines = Array.from(
    { length: MOST_DECISIONS_A_DAY + 2000 },
    (_, i) =>
      `decision,actuator=load:l${i % 7},site=home-2 seq=${i}i,outcome="on",code="x",reasonJson="{}" ${dayMs + Math.floor(i / 7) * 1000}`,
  );
  for (let i = 0; i < lines.length; i += 6000) {
    const response = await at.write('home-2', lines.slice(i, i + 6000));
    expect(response.status).toBe(i === 0 ? 204 : 422);
    if (i > 0) {
      expect(await response.json()).toMatchObject({
        message: expect.stringContaining('max-decisions limit exceeded: 10000 a day dropped=2000'),
      });
    }
  }
  // What was there before may be told again.
  expect((await at.write('home-2', lines.slice(0, 10))).status).toBe(204);
  const file = await (await owner.get('/orgs/north/sites/home-2/decisions.csv?month=2026-07')).text();
  const seqs = file
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((row) => Number(row.split(',')[3]));
  expect(seqs).toHaveLength(MOST_DECISIONS_A_DAY);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
});

test('a decision that no list could page by is refused and told', async () => {
  for (const line of [
    decision('home-1', monthMs, { seq: 1 }).replace('load:pool', 'Pool_Heater'),
    decision('home-1', monthMs, { seq: 1, outcome: 'x'.repeat(5000) }),
  ]) {
    expect((await at.write('home-1', line)).status).toBe(422);
  }
});

test('what a spreadsheet would run as a formula is disarmed, what turns the reading is not there', async () => {
  const texts = ['=HYPERLINK(1)', ' =1+1', '\n@SUM(A1)', '\uff1d1+1', '\u202e1=', '\u200b+1'];
  const lines = texts.map((outcome, i) => decision('home-2', monthMs + i, { seq: i, outcome }));
  expect((await at.write('home-2', lines)).status).toBe(204);
  const text = await (await owner.get('/orgs/north/sites/home-2/decisions.csv?month=2026-06')).text();
  for (const cell of ["'=HYPERLINK(1)", "' =1+1", '"\'\n@SUM(A1)"', "'\uff1d1+1", '\ufffd1=', "'\u200b+1"]) {
    expect(text).toContain(`,${cell},`);
  }
});

test('a month that is none, or a page that never was, is said to be wrong', async () => {
  for (const query of ['decisions.csv?month=2026-13', 'decisions.csv?month=x', 'decisions?before=nonsense']) {
    expect((await owner.get(`/orgs/north/sites/home-1/${query}`)).status).toBe(400);
  }
});
