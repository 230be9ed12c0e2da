import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Proposal, SitePage } from '../../../contract/api.ts';
import {
  act,
  audit,
  type BuiltHome,
  find,
  propose,
  reaches,
  SITE,
  startBuiltHome,
} from '../../built-home.ts';
import { type Browser, until } from '../../built-portal.ts';
import { careful, type Judge } from './small-box.ts';

let home: BuiltHome;
let manager: Browser;
let owner: Browser;
beforeAll(async () => {
  home = await startBuiltHome();
  [manager, owner] = [await home.portal.person('manager'), await home.portal.person('owner')];
});
afterAll(() => home.stop());
beforeEach(() => {
  home.box.judge = careful;
  home.box.heard.length = 0;
});

/** Takes set-points, and is silent about their end. */
const deafToRevokes: Judge = (message, box) => (message.kind === 'revoke' ? [] : careful(message, box));

async function inForce(by = manager): Promise<Proposal> {
  const made = await propose(by);
  expect((await act(owner, made.id, 'approve')).status).toBe(200);
  await reaches(home, owner, made.id, 'active');
  return made;
}

const isRevoke = (id: string) => () =>
  home.box.heard.some((message) => message.kind === 'revoke' && message.value.id === id);

test('a revoked set-point is "revoking" until the box says that it has ended', async () => {
  home.box.judge = deafToRevokes;
  const made = await inForce();
  const asked = (await (await act(manager, made.id, 'revoke', 'guests come')).json()) as Proposal;
  expect(asked).toMatchObject({ status: 'revoking', why: 'guests come', may: [] });
  await until(isRevoke(made.id), 'revoke');
  expect((await find(owner, made.id))?.status).toBe('revoking');
  const page = (await (await owner.get(SITE)).json()) as SitePage;
  expect(page.activeSetpoints.map(({ id }) => id)).toContain(made.id);
  const message = home.box.heard.find(({ kind }) => kind === 'revoke');
  await home.box.answer({ id: message?.id ?? '', seq: message?.seq ?? 0, status: 'accepted', params: {} });
  await reaches(home, owner, made.id, 'revoked');
  const last = (await find(owner, made.id))?.transitions.at(-1);
  expect(last).toMatchObject({ status: 'revoked', by: 'box', why: 'guests come' });
  expect((await audit(owner)).map(({ action }) => action)).toContain('proposal-revoked');
});

test('a person whose name and e-mail are longer than the wire allows revokes, and stands in nobody’s way', async () => {
  const long = await home.portal.person('manager');
  // As accounts could be made before names had a bound.
  const { id } = (await (await long.get('/session')).json()) as { id: string };
  const values = { name: 'Maximiliane '.repeat(6).trim(), email: `${'m'.repeat(120)}@example.org` };
  await home.portal.db.updateTable('person').set(values).where('id', '=', id).execute();
  const [one, other] = [await inForce(), await propose(manager)];
  expect((await act(long, one.id, 'revoke')).status).toBe(200);
  expect((await act(long, other.id, 'approve')).status).toBe(200);
  await reaches(home, owner, one.id, 'revoked');
  await reaches(home, owner, other.id, 'active');
  const revoke = home.box.heard.find(({ kind }) => kind === 'revoke');
  expect(revoke?.issuer.length).toBeLessThanOrEqual(120);
  expect(revoke?.issuer).toContain('Maximil');
});

test('what cannot be signed is set aside, told once and written down; the others of the site go on', async () => {
  const [broken, fine] = [await inForce(), await inForce()];
  home.box.judge = deafToRevokes;
  expect((await act(manager, broken.id, 'revoke')).status).toBe(200);
  await until(isRevoke(broken.id), 'revoke');
  await home.portal.db
    .updateTable('proposal')
    .set({ revoked_proof: 'damaged' })
    .where('id', '=', broken.id)
    .execute();
  home.box.challenge = 'challenge-after-restart';
  home.box.judge = careful;
  await home.box.describe();
  expect((await act(manager, fine.id, 'revoke')).status).toBe(200);
  await reaches(home, owner, fine.id, 'revoked');
  await until(async () => {
    await home.box.live();
    return (await find(owner, broken.id))?.params.trouble === 'unsendable';
  }, 'told');
  expect((await find(owner, broken.id))?.status).toBe('revoking');
  const stuck = (await audit(owner)).filter(({ action }) => action === 'setpoint-stuck');
  expect(stuck).toHaveLength(1);
  expect(stuck[0]?.detail.problem).toContain('bad-proof');
});

test('a revoke that the box refuses goes on being asked, and the refusal is shown', async () => {
  home.box.judge = (message, box) =>
    message.kind === 'revoke'
      ? [{ status: 'refused', why: 'bad-signature', params: {} }]
      : careful(message, box);
  const made = await inForce();
  await act(manager, made.id, 'revoke');
  await until(async () => (await find(owner, made.id))?.params.trouble === 'bad-signature', 'told');
  expect((await find(owner, made.id))?.status).toBe('revoking');
  home.box.judge = careful;
  await reaches(home, owner, made.id, 'revoked');
});

test('what the box does not hold any more is revoked by its word', async () => {
  home.box.judge = (message, box) =>
    message.kind === 'revoke'
      ? [{ status: 'refused', why: 'unknown-id', params: {} }]
      : careful(message, box);
  const made = await inForce();
  await act(manager, made.id, 'revoke');
  await reaches(home, owner, made.id, 'revoked');
});

test('a revoke lives through a restart of the portal, a broker that is away and a box that is offline', async () => {
  const made = await inForce();
  await home.boxLeaves();
  expect((await act(manager, made.id, 'revoke')).status).toBe(200);
  await home.brokerLeaves();
  await home.portal.restart();
  expect((await find(owner, made.id))?.status).toBe('revoking');
  await home.brokerReturns();
  await home.boxReturns();
  await until(async () => {
    await home.box.describe();
    await home.box.live();
    return (await find(owner, made.id))?.status === 'revoked';
  }, 'revoked');
  expect(isRevoke(made.id)()).toBe(true);
});

test('what was approved and never left is revoked without the box', async () => {
  await home.boxLeaves();
  await until(async () => {
    const page = (await (await owner.get(SITE)).json()) as SitePage;
    return page.connection === 'offline';
  }, 'offline');
  const made = await propose(manager);
  await act(owner, made.id, 'approve');
  await act(manager, made.id, 'revoke');
  await until(async () => (await find(owner, made.id))?.status === 'revoked', 'revoked');
  await home.boxReturns();
  await reaches(home, owner, (await inForce()).id, 'active');
  expect(home.box.heard.map(({ id }) => id)).not.toContain(made.id);
});
