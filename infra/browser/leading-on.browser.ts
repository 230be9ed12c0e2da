/** Where sign-in leads: the built portal in a real browser, which reads addresses in its own way. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BuiltPortal,
  PASSWORD,
  setupToken,
  startBuiltPortal,
} from '@wattward/portal/testing/built-portal';
import { buildPortal } from '@wattward/portal/testing/built-server';
import type { Browser } from 'playwright-core';
import { launch, PortalUser } from './portal-user.ts';

const PERSON = { name: 'Olga Owner', email: 'olga@example.org', password: PASSWORD };
let at: BuiltPortal;
let browser: Browser;
let owner: PortalUser;

beforeAll(async () => {
  await buildPortal();
  at = await startBuiltPortal();
  browser = await launch();
  owner = await PortalUser.open(browser, PERSON);
  await owner.createAccount(`${at.url}/setup?token=${setupToken(at.dataDir)}`);
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await at?.stop();
});

/** As `?next=` would carry it; HOST is a server that is none of ours. */
const AWAY = [
  '//HOST/away',
  '/%09/HOST/away',
  '/%0a/HOST/away',
  '/%0d%0a/HOST/away',
  '%09//HOST/away',
  '/%5cHOST/away',
  '%5c%5cHOST/away',
  '/%2fHOST/away',
  '/.//HOST/away',
  '/%2e//HOST/away',
  '/x/..//HOST/away',
  '/%09/%09/HOST/away',
  'http://HOST/away',
  'http:HOST/away',
  'javascript:location=`http://HOST/away`',
];

test('whatever stands behind ?next=, sign-in leads on within the portal', async () => {
  const heard: string[] = [];
  const elsewhere = createServer((request, response) => {
    heard.push(request.url ?? '');
    response.end('elsewhere');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  const isHome = (url: URL) => url.origin === at.url && url.pathname === '/north';
  // Somebody who is signed in goes on at once.
  for (const next of AWAY) {
    await owner.page.goto(`${at.url}/sign-in?next=${next.replace('HOST', host)}`);
    await owner.page.waitForURL(isHome);
  }
  const guest = await PortalUser.open(browser, PERSON);
  for (const next of AWAY.slice(0, 2)) {
    await guest.signIn(at.url, { next: next.replace('HOST', host) });
    await guest.page.waitForURL(isHome);
    await guest.context.clearCookies({ name: 'wattward' });
  }
  await guest.signIn(at.url, { next: '/north/home-2/history%3Fday=2026-01-01' });
  await guest.page.waitForURL(
    ({ pathname, search }) => pathname + search === '/north/home-2/history?day=2026-01-01',
  );
  // The server itself leads nowhere else either.
  for (const path of [`//${host}/`, `/\\${host}/`, `/%5c${host}/`, `/.//${host}/`, `//${host}/..`]) {
    const answer = await fetch(`${at.url}${path}`, { redirect: 'manual' });
    const to = answer.headers.get('location');
    if (to !== null) expect(new URL(to, at.url).origin).toBe(at.url);
  }
  expect(heard).toEqual([]);
  await guest.context.close();
  elsewhere.close();
});
