import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DecisionPage } from '../../../contract/api.ts';
import { csvCell } from '../../../server/csv.ts';
import { parseLines } from '../../../server/history/line-protocol.ts';
import { type Browser, type RunningPortal, runPortal } from '../running-portal.ts';

let at: RunningPortal;
let owner: Browser;
beforeAll(async () => {
  at = await runPortal();
  owner = await at.person('owner');
});
afterAll(() => at.stop());

const COUNT = 2300;
const monthMs = Date.parse('2026-05-31T22:00:00Z'); // June begins in Berlin

async function write(site: string, atMs: number, fields: { seq: number; outcome?: string; code?: string }) {
  const reason = JSON.stringify({ rule: 'peak', code: fields.code ?? 'x', params: { thresholdW: 9000 } });
  const line =
    `decision,actuator=load:pool,site=${site} seq=${fields.seq}i,outcome="${fields.outcome ?? 'off'}",` +
    `code="${fields.code ?? 'x'}",reasonJson=${JSON.stringify(reason)},homeMode="peak" ${atMs}`;
  await at.portal.sink?.write(site, parseLines(line, 'ms', 0));
}

test('a month of decisions: every row once, oldest first, in both times', async () => {
  const lines = Array.from({ length: COUNT }, (_, i) => {
    return `decision,actuator=home,site=home-1 seq=${i}i,outcome="peak",code="x",reasonJson="{}",homeMode="peak" ${monthMs + i * 60_000}`;
  });
  await at.portal.sink?.write('home-1', parseLines(lines.join('\n'), 'ms', 0));
  await write('home-1', monthMs - 1, { seq: 9999 });
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

test('what a spreadsheet would run as a formula is disarmed', async () => {
  await write('home-2', monthMs, { seq: 1, outcome: '=HYPERLINK(1)', code: '@SUM(A1)' });
  const text = await (await owner.get('/orgs/north/sites/home-2/decisions.csv?month=2026-06')).text();
  expect(text).toContain(",'=HYPERLINK(1),");
  expect(text).toContain(",'@SUM(A1),");
});

test.each([
  ['plain', 'plain'],
  [-5, '-5'],
  ['-5', "'-5"],
  ['+1', "'+1"],
  ['\tx', "'\tx"],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['two\nlines', '"two\nlines"'],
])('the cell %j is written as %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test('a month that is none, or a page that never was, is said to be wrong', async () => {
  for (const query of ['decisions.csv?month=2026-13', 'decisions.csv?month=x', 'decisions?before=nonsense']) {
    expect((await owner.get(`/orgs/north/sites/home-1/${query}`)).status).toBe(400);
  }
});
