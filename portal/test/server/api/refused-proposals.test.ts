/** What people may not do with proposals, asked of the built server with a real broker and a box that described itself. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBroker } from '@wattward/broker/server/start-broker';
import type { Problem, Proposal, SitePage } from '../../../contract/api.ts';
import { loadKey } from '../../../signer/key-file.ts';
import { type Browser, type BuiltPortal, startBuiltPortal, until } from '../../built-portal.ts';
import { SmallBox } from '../setpoints/small-box.ts';

let at: BuiltPortal;
let broker: Awaited<ReturnType<typeof startBroker>>;
let box: SmallBox;
let manager: Browser;
let owner: Browser;
const keyDir = mkdtempSync(join(tmpdir(), 'wattward-signer-'));
const site = '/orgs/north/sites/home-1';

beforeAll(async () => {
  loadKey(keyDir);
  broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    credentials: [
      { id: 'portal', role: 'portal', secret: 'portal-secret-0123456789' },
      { id: 'home-1', role: 'site', secret: 'site-secret-0123456789' },
    ],
  });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  at = await startBuiltPortal({ broker: { url, id: 'portal', secret: 'portal-secret-0123456789' } });
  box = await SmallBox.connect({
    url,
    site: 'home-1',
    secret: 'site-secret-0123456789',
    publicKeyPem: readFileSync(join(keyDir, 'setpoint-key.pub'), 'utf8'),
    nowMs: Date.now,
  });
  [manager, owner] = [await at.person('manager'), await at.person('owner')];
  await until(
    async () => ((await (await owner.get(site)).json()) as SitePage).description !== null,
    'described',
  );
});
afterAll(async () => {
  await box.stop();
  await at.stop();
  await broker.close();
  rmSync(keyDir, { recursive: true, force: true });
});

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
  expect(at.server.log().filter((line) => line.includes('request failed'))).toEqual([]);
});
