import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Problem } from '../../../contract/api.ts';
import { IDLE_MS } from '../../../server/accounts/sessions.ts';
import { blockMs } from '../../../server/accounts/throttle.ts';
import { PASSWORD, type RunningPortal, runPortal, setupToken } from '../running-portal.ts';

let at: RunningPortal;
let clockMs = Date.now();
beforeAll(async () => {
  at = await runPortal({ nowMs: () => clockMs });
});
afterAll(() => at.stop());

const problem = async (response: Response) => (await response.json()) as Problem;

test('the first start leaves a link that makes one admin and owner, once, and then is gone', async () => {
  const file = join(at.dataDir, 'setup-link.txt');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const token = setupToken(at.dataDir);
  const browser = at.browser();
  const input = { token, name: 'Ann', email: 'Ann@Example.org', password: PASSWORD };
  const response = await browser.post('/setup', input);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    email: 'ann@example.org',
    organisations: [{ id: 'north', roles: expect.arrayContaining(['admin', 'owner']) }],
  });
  expect(existsSync(file)).toBe(false);
  expect((await browser.get('/session')).status).toBe(200);
  const again = await at.browser().post('/setup', { ...input, email: 'eve@example.org' });
  expect(again.status).toBe(410);
  expect(await problem(again)).toMatchObject({ code: 'link-invalid' });
});

test('the cookie is out of reach of scripts and other sites', async () => {
  await at.person('owner');
  const response = await at.browser().post('/session', { email: 'owner-1@example.org', password: PASSWORD });
  expect(response.headers.get('set-cookie')).toMatch(
    /^wattward=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; /,
  );
  const behindProxy = await at
    .browser()
    .send(
      'POST',
      '/session',
      { email: 'owner-1@example.org', password: PASSWORD },
      { 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': 'https' },
    );
  expect(behindProxy.headers.get('set-cookie')).toMatch(/^__Host-wattward=.*; Secure$/);
});

test('a wrong password and an unknown e-mail get the same answer', async () => {
  const person = await at.person('owner');
  const { email } = (await (await person.get('/session')).json()) as { email: string };
  const known = await problem(await at.browser().post('/session', { email, password: 'wrong' }));
  const unknown = await problem(
    await at.browser().post('/session', { email: 'no@example.org', password: 'wrong' }),
  );
  expect(known).toEqual(unknown);
  expect(known.code).toBe('wrong-credentials');
});

test.each(['known', 'unknown'])(
  'from the fifth failure on, a %s e-mail has to wait longer each time',
  async (kind) => {
    const person = await at.person('auditor');
    const { email } =
      kind === 'known'
        ? ((await (await person.get('/session')).json()) as { email: string })
        : { email: 'nobody@example.org' };
    const attempt = (password: string) => at.browser().post('/session', { email, password });
    for (let i = 0; i < 5; i += 1) expect((await attempt('wrong')).status).toBe(401);
    const refused = await attempt(PASSWORD);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problem(refused)).toMatchObject({ code: 'too-many-attempts', retryAfterS: 1 });
    clockMs += 1000;
    expect((await attempt('wrong')).status).toBe(401);
    expect(await problem(await attempt(PASSWORD))).toMatchObject({ retryAfterS: 2 });
    clockMs += 2000;
    expect((await attempt(PASSWORD)).status).toBe(kind === 'known' ? 200 : 401);
  },
);

test('many attempts at the same time are counted like one after the other', async () => {
  const attempts = Array.from({ length: 20 }, () =>
    at.browser().post('/session', { email: 'crowd@example.org', password: 'wrong' }),
  );
  const statuses = (await Promise.all(attempts)).map((response) => response.status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(15);
});

test('the wait doubles up to a quarter of an hour', () => {
  expect([1, 4, 5, 6, 7, 14, 15, 100].map(blockMs)).toEqual([
    0, 0, 1000, 2000, 4000, 512_000, 900_000, 900_000,
  ]);
});

test('signing out ends the session everywhere', async () => {
  const browser = await at.person('owner');
  const copy = at.browser();
  copy.cookie = browser.cookie;
  expect((await copy.get('/session')).status).toBe(200);
  expect((await browser.send('DELETE', '/session')).status).toBe(204);
  expect((await copy.get('/session')).status).toBe(401);
});

test('an idle session is over', async () => {
  const browser = await at.person('owner');
  clockMs += IDLE_MS + 1;
  const response = await browser.get('/session');
  expect(await problem(response)).toMatchObject({ status: 401, code: 'signed-out' });
});

test.each([
  ['short', 'shorter than 12'],
  ['aaaaaaaaaaaaaaaa', 'repeats'],
  ['PASSWORD1234', 'most common'],
  ['new@example.org', 'your name or e-mail'],
  ['x'.repeat(129), 'longer than 128'],
])('the password %s is refused with its reason', async (password, why) => {
  const admin = await at.person('admin');
  const { link } = (await (
    await admin.post('/orgs/north/people', { email: 'new@example.org', roles: ['manager'] })
  ).json()) as { link: string };
  const token = link.split('token=')[1];
  const input = { token, name: 'New', email: 'new@example.org', password };
  const answer = await problem(await at.browser().post('/invitations/accept', input));
  expect(answer.code).toBe('weak-password');
  expect(answer.detail).toContain(why);
});

test('an invitation is for its e-mail, works once, and gives its roles', async () => {
  const admin = await at.person('admin');
  const made = await admin.post('/orgs/north/people', { email: 'max@example.org', roles: ['manager'] });
  expect(made.status).toBe(201);
  const { link } = (await made.json()) as { link: string };
  const token = link.split('token=')[1];
  const input = { token, name: 'Max', email: 'other@example.org', password: PASSWORD };
  expect((await at.browser().post('/invitations/accept', input)).status).toBe(400);
  const accepted = await at.browser().post('/invitations/accept', { ...input, email: 'max@example.org' });
  expect(await accepted.json()).toMatchObject({ organisations: [{ roles: ['manager'] }] });
  const again = await at.browser().post('/invitations/accept', { ...input, email: 'max@example.org' });
  expect(again.status).toBe(410);
  const people = (await (await admin.get('/orgs/north/people')).json()) as {
    email: string;
    status: string;
  }[];
  expect(people).toContainEqual(expect.objectContaining({ email: 'max@example.org', status: 'active' }));
});

test('a change asked for by another site is refused before anything is read', async () => {
  const browser = await at.person('admin');
  const input = { email: 'x@example.org', roles: ['admin'] };
  const refused: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    {},
  ];
  for (const headers of refused) {
    const response = await browser.send('POST', '/orgs/north/people', input, headers);
    expect(await problem(response)).toMatchObject({ status: 403, code: 'cross-site' });
  }
  const own = await browser.send('POST', '/orgs/north/people', input, { origin: at.url });
  expect(own.status).toBe(201);
});
