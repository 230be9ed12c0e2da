/** Sign-in while others guess. Against the built server, bounded: some 90 clients at a time, on loopback. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Me, Problem } from '../../../contract/api.ts';
import { FORGET_MS, MOST_ROWS } from '../../../server/accounts/throttle.ts';
import { type Browser, type BuiltPortal, PASSWORD, startBuiltPortal, until } from '../../built-portal.ts';

let at: BuiltPortal;
beforeAll(async () => {
  at = await startBuiltPortal();
});
afterAll(() => at.stop());

const GUESSERS = 90;

/** A client of its own at an address of its own, as the proxy in front tells it. */
function guess(
  email: string,
  password: string,
  address: string,
  { cookie = '', signal }: { cookie?: string; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${at.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin', 'x-forwarded-for': address, cookie },
    body: JSON.stringify({ email, password }),
    ...(signal ? { signal } : {}),
  });
}

/** Whatever is closed for a second or two, for longer: a slow machine may need that to ask again. */
const closeForAMinute = () =>
  at.db
    .updateTable('sign_in_failure')
    .set({ blocked_until_ms: Date.now() + 60_000 })
    .where('failures', '>=', 5)
    .execute();
const emailOf = async (person: Browser) => ((await (await person.get('/session')).json()) as Me).email;
const codeOf = async (response: Response) => ((await response.json()) as Problem).code;

/** Everything a browser keeps after the person has signed out. */
async function knownBrowser(email: string): Promise<string> {
  const response = await guess(email, PASSWORD, '198.51.100.1');
  const cookies = response.headers.getSetCookie().map((text) => text.split(';')[0] ?? '');
  return cookies.filter((pair) => !pair.startsWith('wattward=')).join('; ');
}

test('beside 90 clients that guess, the right password gets in, and only refusals with a reason come back', async () => {
  const email = await emailOf(await at.person('owner'));
  const place = await knownBrowser(email);
  const end = new AbortController();
  const statuses = new Set<number>();
  const guessers = Array.from({ length: GUESSERS }, async (_, n) => {
    for (let i = 0; !end.signal.aborted; i += 1) {
      const from = `203.0.113.${n % 3}`;
      const answer = guess(`guess-${n}-${i}@example.org`, 'wrong', from, { signal: end.signal });
      await answer.then(
        ({ status }) => statuses.add(status),
        () => undefined,
      );
    }
  });
  const entries = [];
  for (let n = 0; n < 3; n += 1) entries.push((await guess(email, PASSWORD, `198.51.100.${n}`)).status);
  entries.push((await guess(email, PASSWORD, '203.0.113.0', { cookie: place })).status);
  end.abort();
  await Promise.all(guessers);
  expect(entries).toEqual([200, 200, 200, 200]);
  for (const status of statuses) expect([401, 503]).toContain(status);
}, 180_000);

test('an attempt that was turned away as busy is no failure', async () => {
  await at.db.deleteFrom('sign_in_failure').execute();
  const end = new AbortController();
  // More than may wait, each e-mail less often than would close it.
  let [busy, looked] = [0, 0];
  const flood = Array.from({ length: 240 }, (_, n) =>
    guess(`flood-${n % 80}@example.org`, 'wrong', '203.0.113.9', { signal: end.signal }).then(
      ({ status }) => {
        if (status === 503) busy += 1;
        else looked += 1;
      },
      () => undefined,
    ),
  );
  await until(() => busy >= 50, 'busy');
  end.abort();
  await Promise.all(flood);
  // Their turn comes after that of all who wait: when it is answered, nobody waits any more.
  await guess('last@example.org', 'wrong', '203.0.113.9');
  const { failures } = await at.db
    .selectFrom('sign_in_failure')
    .select(({ fn }) => fn.sum<number>('failures').as('failures'))
    .executeTakeFirstOrThrow();
  // Those few that were looked at before it was noticed that their clients hung up are counted too.
  expect(Number(failures)).toBeLessThan(looked + 20);
}, 90_000);

test('nine wrong guesses from elsewhere shut nobody out who has signed in before', async () => {
  const person = await at.person('manager');
  const email = await emailOf(person);
  const place = await knownBrowser(email);
  for (let n = 0; n < 9; n += 1) await guess(email, 'wrong', '203.0.113.1');
  await closeForAMinute();
  expect(await codeOf(await guess(email, PASSWORD, '203.0.113.1'))).toBe('too-many-attempts');
  expect((await person.get('/session')).status).toBe(200);
  expect((await guess(email, PASSWORD, '198.51.100.7', { cookie: place })).status).toBe(200);
});

test('a known place is one person’s, has its own count, and is void once it was used again', async () => {
  const [one, other] = [await emailOf(await at.person('owner')), await emailOf(await at.person('owner'))];
  const place = await knownBrowser(one);
  for (let n = 0; n < 5; n += 1) await guess(other, 'wrong', '203.0.113.2', { cookie: place });
  await closeForAMinute();
  // Guesses at another e-mail count there.
  expect((await guess(other, PASSWORD, '203.0.113.2', { cookie: place })).status).toBe(429);
  for (let n = 0; n < 5; n += 1)
    expect((await guess(one, 'wrong', '203.0.113.2', { cookie: place })).status).toBe(401);
  await closeForAMinute();
  expect((await guess(one, PASSWORD, '203.0.113.2', { cookie: place })).status).toBe(429);
  expect((await guess(one, PASSWORD, '203.0.113.2')).status).toBe(200);
});

test('rows of failures end after a quiet day, and are bounded; an e-mail under attack stays closed', async () => {
  await at.db.deleteFrom('sign_in_failure').execute();
  const row = (n: number, lastMs: number) => ({
    key: `key-${n}`,
    failures: 1,
    last_ms: lastMs,
    blocked_until_ms: 0,
  });
  const old = Array.from({ length: 50 }, (_, n) => row(n, Date.now() - FORGET_MS - 1));
  await at.db.insertInto('sign_in_failure').values(old).execute();
  const attacked = 'attacked@example.org';
  for (let n = 0; n < 5; n += 1) await guess(attacked, 'wrong', '203.0.113.3');
  const count = async () =>
    Number(
      (
        await at.db
          .selectFrom('sign_in_failure')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );
  expect(await count()).toBe(1);
  for (let from = 0; from < MOST_ROWS; from += 1000) {
    const fresh = Array.from({ length: 1000 }, (_, n) => row(from + n, Date.now()));
    await at.db.insertInto('sign_in_failure').values(fresh).execute();
  }
  expect((await guess('one-more@example.org', 'wrong', '203.0.113.3')).status).toBe(401);
  expect(await count()).toBe(MOST_ROWS);
  await closeForAMinute();
  expect((await guess(attacked, 'wrong', '203.0.113.3')).status).toBe(429);
});
