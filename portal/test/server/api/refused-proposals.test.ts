/** What people may not do with proposals, asked of the built server with a real broker, the signer and a box that described itself. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Problem, Proposal, SitePage } from '../../../contract/api.ts';
import { type BuiltHome, startBuiltHome } from '../../built-home.ts';
import { type Browser, until } from '../../built-portal.ts';

let home: BuiltHome;
let manager: Browser;
let owner: Browser;
const site = '/orgs/north/sites/home-1';

beforeAll(async () => {
  home = await startBuiltHome();
  [manager, owner] = [await home.portal.person('manager'), await home.portal.person('owner')];
  await until(
    async () => ((await (await owner.get(site)).json()) as SitePage).description !== null,
    'described',
  );
});
afterAll(() => home.stop());

const input = { kind: 'peak-threshold', value: { watts: 7000 }, durationMinutes: 60, note: 'cold night' };
const propose = (change: object, path = site) => manager.post(`${path}/proposals`, { ...input, ...change });
const made = async (): Promise<string> => ((await (await propose({})).json()) as Proposal).id;
const act = (by: Browser, id: string, action: string, body: object = {}) =>
  by.post(`${site}/proposals/${id}/${action}`, body);
const outcome = async (response: Response) => {
  const { code, detail } = (await response.json()) as Problem;
  return { status: response.status, code, detail };
};

test.each([
  ['too small', { value: { watts: 1999 } }, 422, 'out-of-bounds', 'below the lowest allowed, 2000 W'],
  ['too large', { value: { watts: 12_001 } }, 422, 'out-of-bounds', 'above the highest allowed, 12000 W'],
  [
    'for a load that is not there',
    { kind: 'load', value: { load: 'sauna', on: true } },
    422,
    'out-of-bounds',
    'sauna',
  ],
  ['of a kind nobody opened', { kind: 'battery-reserve', value: { pct: 30 } }, 422, 'unsupported-kind', ''],
  ['of no kind', { kind: 'launch' }, 400, 'bad-request', 'kind'],
  ['with a value of another kind', { value: { pct: 30 } }, 400, 'bad-request', 'value.watts'],
  ['without an end', { durationMinutes: 1e9 }, 400, 'bad-request', 'durationMinutes'],
  ['with a note that reads backwards', { note: 'harmless \u202e\u2066' }, 400, 'bad-request', 'note'],
  ['with half a character', { note: '\ud800' }, 400, 'bad-request', 'half a character'],
] as const)('a proposal %s is refused with the reason', async (_, change, status, code, words) => {
  const refused = await outcome(await propose(change));
  expect(refused).toMatchObject({ status, code });
  expect(refused.detail).toContain(words);
});

test('a site nobody has heard of takes none', async () => {
  expect(await outcome(await propose({}, '/orgs/north/sites/home-2'))).toMatchObject({
    status: 409,
    code: 'site-unknown',
  });
});

test('nobody approves their own', async () => {
  expect(await outcome(await act(manager, await made(), 'approve'))).toMatchObject({
    status: 409,
    code: 'own-proposal',
  });
});

test('what has been decided is not decided again, and nobody acts on what is not there', async () => {
  const id = await made();
  expect((await act(owner, id, 'reject', { reason: 'not tonight' })).status).toBe(200);
  for (const [by, action] of [
    [owner, 'approve'],
    [owner, 'reject'],
    [owner, 'revoke'],
    [manager, 'withdraw'],
  ] as const) {
    expect(await outcome(await act(by, id, action))).toMatchObject({ status: 409, code: 'wrong-status' });
  }
  expect(await outcome(await act(owner, 'no-such-proposal', 'approve'))).toMatchObject({ status: 404 });
  expect(await outcome(await act(owner, id, 'frobnicate'))).toMatchObject({ status: 404 });
});

test('a reason that cannot be kept is refused before anything happens', async () => {
  const id = await made();
  const refused = await outcome(await act(owner, id, 'reject', { reason: 'no \u202e oN' }));
  expect(refused).toMatchObject({ status: 400, code: 'bad-request' });
  expect((await act(owner, id, 'reject')).status).toBe(200);
});

test('none of it was a failure of ours', () => {
  expect(home.portal.server.log().filter((line) => line.includes('request failed'))).toEqual([]);
});
