import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { PortalRole } from '../../contract/api.ts';
import { applyProvision } from '../../server/accounts/provision.ts';
import { openSession } from '../../server/accounts/sessions.ts';
import { openDatabase } from '../../server/database/open.ts';
import type { PortalDatabase } from '../../server/database/schema.ts';
import { signerAt } from '../../server/setpoints/signer-client.ts';
import { loadKey } from '../../signer/key-file.ts';
import type { SigningAnswer, SigningRequest } from '../../signer/requests.ts';
import { type SignerProcess, startSigner } from '../signer-process.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

let dataDir: string;
let db: PortalDatabase;
let signer: SignerProcess;
let [ann, max]: { id: string; session: string }[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'wattward-signer-'));
  db = await openDatabase(dataDir);
  const site = { name: 'Home', zone: 'Europe/Berlin', writeTokenSha256: '0'.repeat(64) };
  await applyProvision(db, {
    organisation: { id: 'north', name: 'North' },
    sites: [{ id: 'home-1', ...site }],
  });
  signer = await startSigner(dataDir);
});
afterAll(async () => {
  await signer.stop();
  await db.destroy();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  [max, ann] = [await person('manager', { name: 'Max' }), await person('owner', { name: 'Ann' })];
});

interface Wish {
  readonly name?: string;
  readonly email?: string;
  readonly invitedBy?: string | null;
  readonly createdMs?: number;
}

async function person(role: PortalRole, wish: Wish = {}): Promise<{ id: string; session: string }> {
  const id = randomUUID();
  const { name = 'Somebody', invitedBy = null, createdMs = Date.now() } = wish;
  const email = wish.email ?? `${id.slice(0, 8)}@example.org`;
  await db
    .insertInto('person')
    .values({
      ...{ id, name, email, password_hash: 'none', invited_by: invitedBy },
      ...{ created_ms: createdMs, last_seen_ms: null },
    })
    .execute();
  await db.insertInto('membership').values({ org_id: 'north', site_id: '*', person_id: id, role }).execute();
  return { id, session: await openSession(db, id, Date.now()) };
}

/** As anybody could who reaches the socket, also without our client. */
async function ask(request: SigningRequest | string): Promise<SigningAnswer> {
  const socket = connect(signer.socket);
  socket.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
  return JSON.parse(await text(socket)) as SigningAnswer;
}

const matterOf = (id: string) => ({
  id,
  site: 'home-1',
  kind: 'peak-threshold',
  value: { watts: 7000 },
  durationMs: HOUR_MS,
});
const draftOf = (id: string) => ({
  v: 1 as const,
  id,
  site: 'home-1',
  kind: 'peak-threshold' as const,
  value: { watts: 7000 },
  notBefore: new Date(Date.now() - 60_000).toISOString(),
  expires: new Date(Date.now() + HOUR_MS - 1000).toISOString(),
  expectedSaving: null,
  key: 'portal',
  seq: 1,
  challenge: 'c',
});
const proofIn = (answer: SigningAnswer) => ('proof' in answer ? answer.proof : JSON.stringify(answer));
const codeIn = (answer: SigningAnswer) => ('error' in answer ? answer.error.code : 'none');

async function proposed(by = max, id: string = randomUUID()) {
  const matter = matterOf(id);
  const proof = proofIn(await ask({ ask: 'propose', session: by?.session ?? '', matter }));
  return { id, matter, proof };
}

async function approved() {
  const { id, matter, proof } = await proposed();
  const answer = await ask({ ask: 'approve', session: ann?.session ?? '', matter, proposed: proof });
  return { id, matter, proof: proofIn(answer) };
}

test('what one person proposed and another approved is signed, under the names the signer knows', async () => {
  const { id, proof } = await approved();
  const { signature, ...signed } = await signerAt(signer.socket).sign(draftOf(id), proof);
  expect(signed).toMatchObject({ id, value: { watts: 7000 } });
  expect([signed.issuer, signed.approver]).toEqual([
    expect.stringMatching(/^Max <.+@example.org>$/),
    expect.stringMatching(/^Ann </),
  ]);
  const key = createPublicKey(readFileSync(join(dataDir, 'setpoint-key.pub')));
  const isRight = (what: object) =>
    verify(null, Buffer.from(canonicalJson(what)), key, Buffer.from(signature, 'base64url'));
  expect(isRight(signed)).toBe(true);
  expect(isRight({ ...signed, value: { watts: 7001 } })).toBe(false);
});

test('names that come with the set-point count for nothing', async () => {
  const { id, proof } = await approved();
  const names = { issuer: 'Eve <eve@example.org>', approver: '' };
  const answer = await ask({ ask: 'sign', draft: { ...draftOf(id), ...names }, proof });
  expect(answer).toMatchObject({ setpoint: { issuer: expect.stringMatching(/^Max /) } });
});

test.each(['', 'Max <max@example.org>', 'x.y', 'e30.e30'])(
  'without a proof of its own (%j) nothing is signed, whatever the web process says',
  async (proof) => {
    const draft = { ...draftOf(randomUUID()), issuer: 'ada <a>', approver: 'Ada <a>' };
    expect(codeIn(await ask({ ask: 'sign', draft, proof }))).toBe('bad-proof');
  },
);

test('a proposal alone is no approval', async () => {
  const { id, proof } = await proposed();
  expect(codeIn(await ask({ ask: 'sign', draft: draftOf(id), proof }))).toBe('bad-proof');
});

test('nobody approves what they proposed themselves, in this session or another one', async () => {
  const { matter, proof } = await proposed(ann);
  const again = await openSession(db, ann?.id ?? '', Date.now());
  for (const session of [ann?.session ?? '', again])
    expect(codeIn(await ask({ ask: 'approve', session, matter, proposed: proof }))).toBe('own-proposal');
});

test('an account that the proposer made does not approve for him, nor one that such an account made', async () => {
  const made = await person('owner', { invitedBy: max?.id ?? '' });
  const grandchild = await person('owner', { invitedBy: made.id });
  const old = await person('owner', { invitedBy: max?.id ?? '', createdMs: Date.now() - 8 * DAY_MS });
  const { matter, proof } = await proposed(max);
  const approvalOf = (by: { session: string }): Promise<SigningAnswer> =>
    ask({ ask: 'approve', session: by.session, matter, proposed: proof });
  expect(codeIn(await approvalOf(made))).toBe('linked-approver');
  expect(codeIn(await approvalOf(grandchild))).toBe('linked-approver');
  expect(codeIn(await approvalOf(old))).toBe('none');
});

test.each<[string, () => Promise<string>, string]>([
  ['a session that never was', async () => 'A'.repeat(43), 'no-session'],
  ['no session', async () => '', 'no-session'],
  [
    'a session that is over',
    async () => openSession(db, (await person('owner')).id, Date.now() - DAY_MS),
    'no-session',
  ],
  ['somebody without the right', async () => (await person('installer')).session, 'no-right'],
])('%s approves nothing', async (_, session, code) => {
  const { matter, proof } = await proposed();
  const answer = await ask({ ask: 'approve', session: await session(), matter, proposed: proof });
  expect(codeIn(answer)).toBe(code);
});

test.each([
  ['another value', { value: { watts: 11_000 } }],
  ['another site', { site: 'home-2' }],
  ['another kind', { kind: 'import-limit' }],
  ['another proposal', { id: 'another-proposal' }],
])('an approval holds for what was approved, not for %s', async (_, change) => {
  const { id, matter, proof } = await approved();
  expect(codeIn(await ask({ ask: 'sign', draft: { ...draftOf(id), ...change }, proof }))).toBe('bad-proof');
  const proposal = await proposed(max, matter.id);
  const session = ann?.session ?? '';
  const changed = { ...matter, ...change };
  const answer = await ask({ ask: 'approve', session, matter: changed, proposed: proposal.proof });
  expect(['bad-proof', 'no-right']).toContain(codeIn(answer));
});

test.each([
  ['longer than was approved', { expires: new Date(Date.now() + 2 * HOUR_MS).toISOString() }, 'too-long'],
  ['an end before the beginning', { expires: '2026-01-01T00:00:00.000Z' }, 'too-long'],
  ['a kind that does not exist', { kind: 'relay-on' }, 'malformed'],
  ['a value of another kind', { value: { pct: 5 } }, 'malformed'],
  ['a value that is no number', { value: { watts: null } }, 'malformed'],
])('%s is not signed', async (_, change, code) => {
  const { id, proof } = await approved();
  expect(codeIn(await ask({ ask: 'sign', draft: { ...draftOf(id), ...change }, proof }))).toBe(code);
});

test('a revoke is signed for whoever may revoke, and for that set-point only', async () => {
  const [id, other] = [randomUUID(), randomUUID()];
  const request = { ask: 'revoke', site: 'home-1', id } as const;
  const proof = proofIn(await ask({ ...request, session: max?.session ?? '' }));
  const revoke = (what: string) => ({ ...draftOf(randomUUID()), kind: 'revoke', value: { id: what } });
  expect(await ask({ ask: 'sign', draft: revoke(id), proof })).toMatchObject({
    setpoint: { kind: 'revoke', issuer: expect.stringMatching(/^Max </) },
  });
  expect(codeIn(await ask({ ask: 'sign', draft: revoke(other), proof }))).toBe('bad-proof');
  const { session } = await person('installer');
  expect(codeIn(await ask({ ...request, session }))).toBe('no-right');
});

test('two people whose names would look the same are one too few', async () => {
  const [one, other] = [
    await person('manager', { name: 'ada', email: 'a@twin.example' }),
    await person('owner', { name: 'Ada ', email: 'A@twin.example' }),
  ];
  const { matter, proof } = await proposed(one);
  expect(codeIn(await ask({ ask: 'approve', session: other.session, matter, proposed: proof }))).toBe(
    'own-proposal',
  );
});

test.each(['hello', '{}', '{"ask":"everything"}', '[]'])('a request it cannot read: %s', async (line) => {
  expect(codeIn(await ask(line))).toBe('malformed');
});

test('the process keeps its key to itself, from start to start, and ends with its parent', async () => {
  const own = await startSigner(mkdtempSync(join(tmpdir(), 'wattward-signer-')));
  const at = (name: string) => join(own.socket, '..', name);
  expect(statSync(at('setpoint-key.pem')).mode & 0o777).toBe(0o600);
  expect(statSync(own.socket).mode & 0o777).toBe(0o600);
  const pem = readFileSync(at('setpoint-key.pub'), 'utf8');
  loadKey(at('.'));
  expect(readFileSync(at('setpoint-key.pub'), 'utf8')).toBe(pem);
  // Without people it notes nothing.
  const client = signerAt(own.socket);
  const note = { ask: 'propose', session: 'x', matter: matterOf(randomUUID()) } as const;
  await expect(client.note(note)).rejects.toMatchObject({ code: 'signer-unavailable' });
  const ended = once(own.child, 'exit');
  own.child.disconnect();
  expect((await ended)[0]).toBe(0);
  expect(existsSync(own.socket)).toBe(false);
  await expect(client.note(note)).rejects.toMatchObject({ code: 'signer-unavailable' });
  rmSync(at('.'), { recursive: true, force: true });
});

test('a wait that is no number of days ends the start with its remedy', async () => {
  await expect(startSigner(dataDir, { WATTWARD_APPROVER_WAIT_DAYS: 'soon' })).rejects.toThrow(
    'WATTWARD_APPROVER_WAIT_DAYS',
  );
});
