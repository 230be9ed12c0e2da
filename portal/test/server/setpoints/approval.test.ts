import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startBroker } from '@wattward/broker/server/start-broker';
import type { AuditRow, Problem, Proposal, ProposalStatus } from '../../../contract/api.ts';
import { firstBrokenRow } from '../../../server/audit/audit.ts';
import { loadKey } from '../../../signer/key-file.ts';
import { serveSigning } from '../../../signer/signing-server.ts';
import { type Browser, type RunningPortal, runPortal, until } from '../running-portal.ts';
import { careful, SmallBox } from './small-box.ts';

let at: RunningPortal;
let broker: Awaited<ReturnType<typeof startBroker>>;
let signer: Server;
let box: SmallBox;
let manager: Browser;
let owner: Browser;
/** The portal's clock and the site's: the site lives half a year earlier. */
let clockMs = Date.parse('2026-06-10T12:00:00Z');
const SITE_BEHIND_MS = 180 * 86_400_000;
const path = '/orgs/north/sites/home-1';

beforeAll(async () => {
  broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    credentials: [
      { id: 'portal', role: 'portal', secret: 'portal-secret-0123456789' },
      { id: 'home-1', role: 'site', secret: 'site-secret-0123456789' },
    ],
  });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  at = await runPortal({
    nowMs: () => clockMs,
    settings: { broker: { url, id: 'portal', secret: 'portal-secret-0123456789' } },
  });
  signer = await serveSigning(
    { key: loadKey(at.dataDir), peopleFile: join(at.dataDir, 'portal.db'), nowMs: () => clockMs, youngMs: 0 },
    at.portal.settings.signerSocket,
  );
  await until(() => at.portal.link.connected, 'portal connected');
  box = await SmallBox.connect({
    url,
    site: 'home-1',
    secret: 'site-secret-0123456789',
    publicKeyPem: readFileSync(join(at.dataDir, 'setpoint-key.pub'), 'utf8'),
    nowMs: () => clockMs - SITE_BEHIND_MS,
  });
  await until(() => at.portal.hub.site('home-1').connection === 'online', 'box online');
  await until(() => at.portal.hub.site('home-1').description !== null, 'box described');
  [manager, owner] = [await at.person('manager'), await at.person('owner')];
});
afterAll(async () => {
  await box.stop();
  await at.stop();
  await broker.close();
  signer.close();
});
beforeEach(async () => {
  box.judge = careful;
  box.listed = [];
  box.heard.length = 0;
  await box.live();
  await until(() => at.portal.hub.siteNowMs('home-1') === box.nowMs(), 'the clock of the site');
});

const input = { kind: 'peak-threshold', value: { watts: 7000 }, durationMinutes: 60, note: 'cold night' };
const propose = async (by = manager, change: object = {}): Promise<Proposal> => {
  const response = await by.post(`${path}/proposals`, { ...input, ...change });
  expect(response.status).toBe(201);
  return (await response.json()) as Proposal;
};
const act = (by: Browser, id: string, action: string, reason?: string) =>
  by.post(`${path}/proposals/${id}/${action}`, reason === undefined ? {} : { reason });
const find = async (id: string, by = owner): Promise<Proposal | undefined> => {
  const list = (await (await by.get(`${path}/proposals`)).json()) as Proposal[];
  return list.find((proposal) => proposal.id === id);
};
const reaches = (id: string, status: ProposalStatus) =>
  until(async () => {
    at.portal.delivery.tick();
    return (await find(id))?.status === status;
  }, status);
const audit = async (): Promise<AuditRow[]> =>
  (await owner.get(`${path}/audit`)).json() as Promise<AuditRow[]>;

test('proposed by one, approved by another, signed, accepted by the box, in force, with who and when', async () => {
  const made = await propose();
  expect(made).toMatchObject({ status: 'proposed', may: ['withdraw'], value: { watts: 7000 } });
  expect((await find(made.id))?.may).toEqual(['approve', 'reject']);
  const approved = (await (await act(owner, made.id, 'approve')).json()) as Proposal;
  expect(approved.decidedBy).toContain('owner');
  await reaches(made.id, 'active');
  const [message] = box.heard;
  const siteNow = box.nowMs();
  expect(message).toMatchObject({
    id: made.id,
    site: 'home-1',
    kind: 'peak-threshold',
    value: { watts: 7000 },
    seq: box.seq,
    challenge: 'challenge-1',
    expires: new Date(siteNow + 3_600_000).toISOString(),
  });
  expect(message?.issuer).toContain('manager');
  expect(message?.approver).toContain('owner');
  expect(Date.parse(message?.notBefore ?? '')).toBeLessThanOrEqual(siteNow);
  const active = await find(made.id);
  expect(active?.transitions.map(({ status }) => status)).toEqual([
    'proposed',
    'approved',
    'delivered',
    'accepted',
    'active',
  ]);
  const page = (await (await owner.get(path)).json()) as { activeSetpoints: Proposal[] };
  expect(page.activeSetpoints.map(({ id }) => id)).toContain(made.id);
  const actions = (await audit()).filter(({ subject }) => subject === made.id).map(({ action }) => action);
  expect(actions.reverse()).toEqual(
    ['proposed', 'approved', 'delivered', 'accepted', 'active'].map((status) => `proposal-${status}`),
  );
});

test('nobody approves a proposal of their own, whatever their roles', async () => {
  const made = await propose(owner);
  const response = await act(owner, made.id, 'approve');
  expect(response.status).toBe(409);
  expect(((await response.json()) as Problem).code).toBe('own-proposal');
  expect((await act(owner, made.id, 'withdraw')).status).toBe(200);
  expect(box.heard).toEqual([]);
});

test.each([
  [{ watts: 1999 }, 'below the lowest allowed, 2000 W'],
  [{ watts: 12_001 }, 'above the highest allowed, 12000 W'],
])("a value outside the installer's bounds (%j) is refused with the bound", async (value, why) => {
  const response = await manager.post(`${path}/proposals`, { ...input, value });
  expect(response.status).toBe(422);
  const problem = (await response.json()) as Problem;
  expect(problem.code).toBe('out-of-bounds');
  expect(problem.detail).toContain(why);
});

test('a kind the installer did not open, and a site nobody has heard of', async () => {
  const reserve = { ...input, kind: 'battery-reserve', value: { pct: 30 } };
  expect((await manager.post(`${path}/proposals`, reserve)).status).toBe(422);
  const silent = await manager.post('/orgs/north/sites/home-2/proposals', input);
  expect(((await silent.json()) as Problem).code).toBe('site-unknown');
});

test('a rejection carries the words of the person, and nothing is sent', async () => {
  const made = await propose();
  await act(owner, made.id, 'reject', 'not tonight');
  expect(await find(made.id)).toMatchObject({ status: 'rejected', why: 'not tonight', may: [] });
  expect((await act(owner, made.id, 'approve')).status).toBe(409);
  expect(box.heard).toEqual([]);
});

test('two approvals at the same time count once', async () => {
  const second = await at.person('manager');
  const made = await propose();
  const answers = await Promise.all([act(owner, made.id, 'approve'), act(second, made.id, 'approve')]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  await reaches(made.id, 'active');
  const approvals = (await find(made.id))?.transitions.filter(({ status }) => status === 'approved');
  expect(approvals).toHaveLength(1);
});

test('what the box does not answer is sent again, the same message, until it does', async () => {
  box.judge = () => [];
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'delivered');
  clockMs += 5001;
  await box.live();
  await until(() => {
    at.portal.delivery.tick();
    return box.heard.length >= 2;
  }, 'sent again');
  expect(box.heard[1]).toEqual(box.heard[0]);
  box.judge = careful;
  clockMs += 10_001;
  await box.live();
  await reaches(made.id, 'active');
});

test('a refusal of the box says why', async () => {
  box.judge = () => [{ status: 'refused', why: 'out-of-bounds', params: { maxW: 6000 } }];
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'refused');
  expect(await find(made.id)).toMatchObject({ why: 'out-of-bounds', params: { maxW: 6000 }, may: [] });
});

test('a message kept from before set-points named their key is signed anew, not sent again', async () => {
  box.judge = () => [];
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'delivered');
  await until(() => box.heard.length > 0, 'the first sending');
  const [first] = box.heard;
  if (!first) throw new Error('nothing was heard');
  expect(first.key).toBe('portal');
  const { key: _, ...before } = first;
  await at.portal.db
    .updateTable('outgoing')
    .set({ body_json: JSON.stringify(before) })
    .where('message_id', '=', made.id)
    .execute();
  box.judge = careful;
  clockMs += 10_000;
  await box.live();
  await reaches(made.id, 'active');
  expect(box.heard.at(-1)).toMatchObject({ id: made.id, key: 'portal', seq: first.seq + 1 });
});

test('after a restart of the box the same set-point is signed for its new challenge', async () => {
  box.judge = () => [];
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'delivered');
  box.challenge = 'challenge-2';
  box.judge = careful;
  await box.describe();
  clockMs += 5001;
  await box.live();
  await reaches(made.id, 'active');
  const signed = box.heard.at(-1);
  expect(signed).toMatchObject({ id: made.id, challenge: 'challenge-2' });
  expect(signed?.seq).toBeGreaterThan(box.heard[0]?.seq ?? 0);
});

test('a box that knows a higher sequence is met above it', async () => {
  box.seq += 50;
  const made = await propose();
  await act(owner, made.id, 'approve');
  await until(() => box.heard.length > 0, 'first message');
  await box.describe();
  await reaches(made.id, 'active');
});

test('a box that does not know the time yet is asked again', async () => {
  box.judge = () => [{ status: 'refused', why: 'clock-untrusted', params: {} }];
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'delivered');
  box.judge = careful;
  clockMs += 5001;
  await box.live();
  await reaches(made.id, 'active');
});

test('a revoked set-point is ended in the box by a message of its own', async () => {
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'active');
  expect((await act(manager, made.id, 'revoke', 'guests come')).status).toBe(200);
  await until(() => box.heard.some(({ kind }) => kind === 'revoke'), 'revoke');
  expect(box.heard.at(-1)).toMatchObject({ kind: 'revoke', value: { id: made.id } });
  await reaches(made.id, 'revoked');
  expect(await find(made.id)).toMatchObject({ why: 'guests come' });
  const confirmed = ({ action, subject, who }: AuditRow) =>
    action === 'proposal-revoked' && subject === made.id && who === 'box';
  expect((await audit()).some(confirmed)).toBe(true);
});

test('a proposal nobody decides lapses, an approved one nobody answers expires', async () => {
  box.judge = () => [];
  const [waiting, sent] = [await propose(), await propose()];
  await act(owner, sent.id, 'approve');
  await reaches(sent.id, 'delivered');
  clockMs += 3_600_001;
  await reaches(sent.id, 'expired');
  expect((await find(waiting.id))?.status).toBe('proposed');
  clockMs += 86_400_000;
  // A day later everybody signs in again.
  [manager, owner] = [await at.person('manager'), await at.person('owner')];
  await reaches(waiting.id, 'expired');
});

test('a state that lists it stands in for an acknowledgement that got lost', async () => {
  box.judge = () => [];
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'delivered');
  const expires = (await find(made.id))?.expires ?? '';
  box.listed = [{ id: made.id, kind: 'peak-threshold', value: { watts: 7000 }, expires }];
  await box.live();
  await reaches(made.id, 'active');
  box.listed = [];
  clockMs += 3_700_000;
  await box.live();
  await reaches(made.id, 'completed');
});

test('what the box says of messages that are none of ours is kept for the auditor', async () => {
  const stray = [
    { id: '', seq: null, status: 'refused', why: 'malformed', params: {} },
    { id: 'foreign-1', seq: 3, status: 'refused', why: 'bad-signature', params: {} },
    { id: 'foreign-2', seq: 4, status: 'refused', why: 'out-of-bounds', params: { minW: 2000 } },
  ] as const;
  for (const ack of stray) await box.answer(ack);
  await until(async () => (await audit()).some(({ subject }) => subject === 'foreign-2'), 'audit');
  const rows = (await audit()).filter(({ action }) => action === 'setpoint-refused');
  expect(rows.slice(0, 3).map(({ subject, detail }) => [subject, detail.why])).toEqual([
    ['foreign-2', 'out-of-bounds'],
    ['foreign-1', 'bad-signature'],
    ['unreadable', 'malformed'],
  ]);
});

test('a replay of a message in force changes nothing and is kept for the auditor', async () => {
  const made = await propose();
  await act(owner, made.id, 'approve');
  await reaches(made.id, 'active');
  const seq = box.heard[0]?.seq ?? 0;
  await box.answer({ id: made.id, seq, status: 'refused', why: 'replayed', params: {} });
  const replayed = ({ action, subject }: AuditRow) => action === 'setpoint-refused' && subject === made.id;
  await until(async () => (await audit()).some(replayed), 'audit');
  expect((await find(made.id))?.status).toBe('active');
});

test('through all of this the audit chain holds', async () => {
  expect(await firstBrokenRow(at.portal.db, 'north')).toBeNull();
});
