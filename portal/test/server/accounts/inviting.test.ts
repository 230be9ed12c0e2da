import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Me, Person, Problem, SiteRow } from '../../../contract/api.ts';
import { type Browser, type BuiltPortal, PASSWORD, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
let admin: Browser;
beforeAll(async () => {
  at = await startBuiltPortal();
  admin = await at.person('admin');
});
afterAll(() => at.stop());

const invite = (input: object) => admin.post('/orgs/north/people', input);
const problem = async (response: Response) => (await response.json()) as Problem;

async function accept(invited: Response, input: object): Promise<{ browser: Browser; response: Response }> {
  const { link } = (await invited.json()) as { link: string };
  const browser = at.browser();
  const token = link.split('token=')[1];
  const response = await browser.post('/invitations/accept', { token, password: PASSWORD, ...input });
  return { browser, response };
}

test('an invitation for one site opens that site only, and says so in the list of people', async () => {
  const email = 'one-site@example.org';
  const made = await invite({ email, roles: ['installer'], site: 'home-2' });
  expect(made.status).toBe(201);
  const listed = async () => {
    const people = (await (await admin.get('/orgs/north/people')).json()) as Person[];
    return people.find((person) => person.email === email);
  };
  expect(await listed()).toMatchObject({ status: 'invited', roles: ['installer'], sites: ['home-2'] });
  const { browser } = await accept(made, { name: 'Ina', email });
  expect(await listed()).toMatchObject({ status: 'active', sites: ['home-2'] });
  const sites = (await (await browser.get('/orgs/north/sites')).json()) as SiteRow[];
  expect(sites.map(({ id }) => id)).toEqual(['home-2']);
  expect((await browser.get('/orgs/north/sites/home-1')).status).toBe(404);
});

test('without a site an invitation is for all of the organisation', async () => {
  const email = 'all-sites@example.org';
  const { browser } = await accept(await invite({ email, roles: ['owner'] }), { name: 'Olga', email });
  expect((await browser.get('/orgs/north/sites/home-1')).status).toBe(200);
  const people = (await (await admin.get('/orgs/north/people')).json()) as Person[];
  expect(people.find((person) => person.email === email)?.sites).toBeNull();
});

test.each(['far-1', 'home-9', ''])(
  'a site that is none of the organisation (%j) is refused',
  async (site) => {
    const refused = await invite({ email: 'nowhere@example.org', roles: ['owner'], site });
    expect(await problem(refused)).toMatchObject({ status: 400, detail: expect.stringContaining('site') });
  },
);

test('name and e-mail are bounded where an account is made, so that every identity fits the wire', async () => {
  const email = `${'e'.repeat(86)}@example.org`;
  expect((await invite({ email: `ee${email}e`, roles: ['owner'] })).status).toBe(400);
  const invited = await invite({ email, roles: ['owner'] });
  const { response } = await accept(invited.clone(), { name: 'N'.repeat(80), email });
  expect(await problem(response)).toMatchObject({ status: 422, code: 'name-too-long' });
  const { response: shorter } = await accept(invited, { name: 'N'.repeat(117 - email.length), email });
  expect(((await shorter.json()) as Me).name).toHaveLength(19);
});

test.each([
  ['turns the direction of reading', 'Ina \u202egnaW'],
  ['has two lines', 'Ina\nWang'],
  ['is invisible in part', 'Ina\u200bWang'],
  ['stands for a part of the system', 'box'],
  ['looks like a part of the system', 'b\u043ex'],
  ['holds another identity', 'Ina <ina@example.org>'],
  ['mixes alphabets', 'In\u0430'],
])('a name that %s is refused where the account is made', async (_, name) => {
  const email = 'odd-name@example.org';
  const { response } = await accept(await invite({ email, roles: ['owner'] }), { name, email });
  expect(await problem(response)).toMatchObject({
    status: 400,
    code: 'bad-request',
    detail: expect.stringContaining('name'),
  });
});

test('nobody gets a name that looks like another person of the organisation', async () => {
  const join = async (name: string, email: string) =>
    accept(await invite({ email, roles: ['owner'] }), { name, email });
  expect((await join('Aca Hope', 'aca@example.org')).response.status).toBe(200);
  // The last one is Cyrillic from the first letter to the last.
  for (const name of ['Aca Hope', 'aca  hope', 'Áca Hope', '\u0410\u0441\u0430 \u041d\u043e\u0440\u0435']) {
    const { response } = await join(name, 'other@example.org');
    const refused = await problem(response);
    expect([name, refused.status, refused.code]).toEqual([name, 409, 'name-taken']);
    expect(refused.remedy).not.toBe('');
  }
  expect((await join('Aca M. Hope', 'other@example.org')).response.status).toBe(200);
});

test('whose name is taken in one organisation may have it in another', async () => {
  const email = 'far@example.org';
  const far = await at.person('admin', { org: 'south' });
  const invited = await far.post('/orgs/south/people', { email, roles: ['owner'] });
  const { response } = await accept(invited, { name: 'Aca Hope', email });
  expect(response.status).toBe(200);
});
