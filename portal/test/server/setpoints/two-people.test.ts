import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { AuditRow, Problem, Proposal } from '../../../contract/api.ts';
import { MOST_WAITING_AT_SITE, MOST_WAITING_OF_PERSON } from '../../../server/setpoints/proposals.ts';
import {
  act,
  audit,
  type BuiltHome,
  find,
  PEAK,
  propose,
  reaches,
  SITE,
  startBuiltHome,
} from '../../built-home.ts';
import { type Browser, PASSWORD } from '../../built-portal.ts';

const DAY_MS = 86_400_000;
let home: BuiltHome;
let owner: Browser;
beforeAll(async () => {
  home = await startBuiltHome();
  owner = await home.portal.person('owner');
});
afterAll(() => home.stop());
beforeEach(() => home.box.live());

const problem = async (response: Response) => (await response.json()) as Problem;
const idOf = async (browser: Browser) =>
  ((await (await browser.get('/session')).json()) as { id: string }).id;

let people = 0;
/** Somebody whom `maker` invites and who accepts, all as people do it. */
async function invitedBy(maker: Browser, roles: readonly string[]): Promise<Browser> {
  people += 1;
  const email = `invited-${people}@example.org`;
  const made = (await (await maker.post('/orgs/north/people', { email, roles })).json()) as { link: string };
  const browser = home.portal.browser();
  const token = made.link.split('token=')[1];
  const input = { token, name: `Invited ${people}`, email, password: PASSWORD };
  expect((await browser.post('/invitations/accept', input)).status).toBe(200);
  return browser;
}

/** One who may invite and propose, yet not approve. */
async function adminWhoProposes(): Promise<Browser> {
  const admin = await home.portal.person('admin');
  const person_id = await idOf(admin);
  const grant = { org_id: 'north', site_id: '*', person_id, role: 'installer' };
  await home.portal.db.insertInto('membership').values(grant).execute();
  return admin;
}

test('an account that somebody made does not approve what its maker proposes, for a week', async () => {
  const admin = await adminWhoProposes();
  const second = await invitedBy(admin, ['owner']);
  const made = await propose(admin);
  const refused = await act(second, made.id, 'approve');
  expect(await problem(refused)).toMatchObject({ status: 409, code: 'linked-approver' });
  const third = await invitedBy(await adminOf(second), ['owner']);
  expect((await problem(await act(third, made.id, 'approve'))).code).toBe('linked-approver');
  expect((await find(owner, made.id))?.status).toBe('proposed');
  await home.portal.db
    .updateTable('person')
    .set({ created_ms: Date.now() - 8 * DAY_MS })
    .where('id', '=', await idOf(second))
    .execute();
  expect((await act(second, made.id, 'approve')).status).toBe(200);
  await reaches(home, owner, made.id, 'active');
  expect((await find(owner, made.id))?.kinship).toBeNull();
});

async function adminOf(person: Browser): Promise<Browser> {
  const grant = { org_id: 'north', site_id: '*', person_id: await idOf(person), role: 'admin' };
  await home.portal.db.insertInto('membership').values(grant).execute();
  return person;
}

test.each([
  ['the approver made the account of the proposer', 'approver-made-proposer'],
  ['a third person made both accounts', 'same-maker'],
] as const)('when %s, the approval counts and everybody is told', async (_, kinship) => {
  const maker = kinship === 'same-maker' ? await home.portal.person('admin') : await adminOf(owner);
  const proposer = await invitedBy(maker, ['manager']);
  const approver = kinship === 'same-maker' ? await invitedBy(maker, ['owner']) : maker;
  const made = await propose(proposer);
  expect((await act(approver, made.id, 'approve')).status).toBe(200);
  await reaches(home, owner, made.id, 'active');
  expect((await find(owner, made.id))?.kinship).toBe(kinship);
  const approval = (await audit(owner)).find(
    ({ action, subject }) => action === 'proposal-approved' && subject === made.id,
  );
  expect(approval?.detail.kinship).toBe(kinship);
});

test('what was changed between proposal and approval is not approved', async () => {
  const made = await propose(await home.portal.person('manager'));
  await home.portal.db
    .updateTable('proposal')
    .set({ value_json: JSON.stringify({ watts: 11_000 }) })
    .where('id', '=', made.id)
    .execute();
  expect(await problem(await act(owner, made.id, 'approve'))).toMatchObject({
    status: 409,
    code: 'signer-refused',
  });
  expect((await find(owner, made.id))?.status).toBe('proposed');
});

test('the proposals of one person that wait at a site are bounded, however fast they come', async () => {
  const installer = await home.portal.person('installer');
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => installer.post(`${SITE}/proposals`, PEAK)),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(MOST_WAITING_OF_PERSON);
  // What came faster than one person may ask is told to come again; whoever does hears of the bound.
  for (const status of statuses) expect([201, 409, 429]).toContain(status);
  expect(await problem(await installer.post(`${SITE}/proposals`, PEAK))).toMatchObject({
    status: 409,
    code: 'too-many-waiting',
    detail: expect.stringContaining(String(MOST_WAITING_OF_PERSON)),
  });
  const waiting = ((await (await installer.get(`${SITE}/proposals`)).json()) as Proposal[]).filter(
    ({ status, may }) => status === 'proposed' && may.includes('withdraw'),
  );
  expect((await act(installer, waiting[0]?.id ?? '', 'withdraw')).status).toBe(200);
  await propose(installer);
  for (const { id } of waiting) await act(owner, id, 'reject', 'too many');
});

test('all people together fill a site to a bound, and what waits never leaves the first page', async () => {
  const manager = await home.portal.person('manager');
  const first = await propose(manager);
  let taken = 1;
  for (let full = false; !full; ) {
    const person = await home.portal.person('installer');
    for (let n = 0; n < MOST_WAITING_OF_PERSON && !full; n += 1) {
      const response = await person.post(`${SITE}/proposals`, PEAK);
      if (response.status === 201) taken += 1;
      else full = (await problem(response)).code === 'too-many-waiting';
    }
    expect(taken).toBeLessThanOrEqual(MOST_WAITING_AT_SITE);
  }
  const list = (await (await owner.get(`${SITE}/proposals`)).json()) as Proposal[];
  expect(list.filter(({ status }) => status === 'proposed')).toHaveLength(MOST_WAITING_AT_SITE);
  expect(list.map(({ id }) => id)).toContain(first.id);
  for (const { id, status } of list) if (status === 'proposed') await act(owner, id, 'reject', 'full');
}, 120_000);

test('older proposals and older rows of the audit are read page by page, each once', async () => {
  const all = new Set<string>();
  let before: string | undefined;
  for (let rows = 1; rows > 0; ) {
    const path = `${SITE}/proposals${before === undefined ? '' : `?before=${before}`}`;
    const page = (await (await owner.get(path)).json()) as Proposal[];
    for (const { id } of page) expect(all.has(id)).toBe(false);
    for (const { id } of page) all.add(id);
    rows = page.length;
    before = page.at(-1)?.id;
  }
  const stored = await home.portal.db.selectFrom('proposal').select('id').execute();
  expect(all.size).toBe(stored.length);
  expect(stored.length).toBeGreaterThan(100);

  const indices: number[] = [];
  for (let next: number | undefined, done = false; !done; ) {
    const page = (await (
      await owner.get(`${SITE}/audit${next === undefined ? '' : `?before=${next}`}`)
    ).json()) as AuditRow[];
    indices.push(...page.map(({ index }) => index));
    next = page.at(-1)?.index;
    done = page.length === 0;
  }
  const rows = await home.portal.db.selectFrom('audit').select('n').where('org_id', '=', 'north').execute();
  expect(indices).toEqual(rows.map(({ n }) => n).sort((a, b) => b - a));
  expect((await owner.get(`${SITE}/audit?before=x`)).status).toBe(400);
  expect((await owner.get(`${SITE}/proposals?before=none-such`)).status).toBe(404);
});

test('without the signing process nothing is proposed or approved, and it says so', async () => {
  const made = await propose(await home.portal.person('manager'));
  await home.signer.stop();
  for (const response of [await owner.post(`${SITE}/proposals`, PEAK), await act(owner, made.id, 'approve')])
    expect(await problem(response)).toMatchObject({ status: 503, code: 'signer-unavailable' });
  expect((await find(owner, made.id))?.status).toBe('proposed');
});
