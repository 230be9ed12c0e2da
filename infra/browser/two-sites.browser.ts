/** Two homes in one portal, looked at by anybody: list, accessibility, both schemes, a phone's width, wrong passwords. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { eventually } from '../test/home-rig.ts';
import { forget, type StartedHome, startHome } from '../test/started-home.ts';
import { launch, PortalUser } from './portal-user.ts';

const PERSON = { name: 'Olga Owner', email: 'olga@example.org', password: 'seven green kettles sing' };
const PAGES = [
  '/home',
  '/home/home-1',
  '/home/home-1/history',
  '/home/home-1/decisions',
  '/home/home-1/approvals',
  '/home/home-1/audit',
  '/home/people',
];

let home: StartedHome;
let browser: Browser;
let owner: PortalUser;

beforeAll(async () => {
  home = await startHome(['--sites', '2', '--speed', '20']);
  browser = await launch();
  owner = await PortalUser.open(browser, PERSON);
  await owner.createAccount(home.setupLink ?? '');
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await home?.stop();
  if (home) forget(home);
});

test('the list shows both homes, and each has its own cockpit', async () => {
  await owner.page.goto(`${home.portal}/home`);
  for (const site of ['home-1', 'home-2']) {
    await owner.sees(`site-${site}`, /kW/);
  }
  await owner.page.getByTestId('site-home-2').getByRole('link').first().click();
  await owner.page.waitForURL(/\/home\/home-2/);
  await owner.sees('sentence', /\w+/);
});

test('points of both homes arrive in the history', async () => {
  for (const site of ['home-1', 'home-2']) {
    await owner.page.goto(`${home.portal}/home/${site}/history`);
    await eventually(`${site} has a chart`, async () => {
      if (await owner.page.getByTestId('chart-power').count()) return true;
      await owner.page.reload();
      await owner.page.waitForTimeout(1_000);
      return false;
    });
  }
});

test.each(['light', 'dark'] as const)(
  'no page breaks the accessibility rules in the %s scheme',
  async (colorScheme) => {
    await owner.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const where of PAGES) {
      await owner.page.goto(`${home.portal}${where}`);
      await owner.page.locator('h1').first().waitFor();
      const { violations } = await new AxeBuilder({ page: owner.page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
        .analyze();
      expect({ where, found: violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`) }).toEqual({
        where,
        found: [],
      });
    }
  },
);

test('on a phone nothing stands beside the screen', async () => {
  await owner.page.setViewportSize({ width: 390, height: 844 });
  for (const where of PAGES) {
    await owner.page.goto(`${home.portal}${where}`);
    await owner.page.locator('h1').first().waitFor();
    const beyondPx = await owner.page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect({ where, beyondPx }).toEqual({ where, beyondPx: 0 });
  }
});

test('a stranger sees nothing, and wrong passwords are told apart from too many of them', async () => {
  const stranger = await PortalUser.open(browser, PERSON);
  await stranger.page.goto(`${home.portal}/home/home-1`);
  await stranger.page.waitForURL(/sign-in/);
  for (const path of ['', '/history?day=2026-01-01', '/audit', '/decisions']) {
    const answer = await fetch(`${home.portal}/api/v1/orgs/home/sites/home-1${path}`);
    expect({ path, status: answer.status }).toEqual({ path, status: 401 });
  }
  await stranger.signIn(home.portal, { password: 'not the password' });
  await stranger.page.getByText('Wrong e-mail or password').waitFor();
  for (let attempt = 0; attempt < 8; attempt++) {
    if (await stranger.page.getByTestId('sign-in-too-many-attempts').count()) break;
    await stranger.page.getByLabel('Password', { exact: true }).fill(`not the password ${attempt}`);
    const answered = stranger.page.waitForResponse(/\/api\/v1\/session/);
    await stranger.page.getByRole('button', { name: 'Sign in' }).click();
    await answered;
  }
  await stranger.page.getByTestId('sign-in-too-many-attempts').waitFor();
  await stranger.context.close();
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
  const isHome = (url: URL) => url.origin === home.portal && url.pathname === '/home';
  // Somebody who is signed in goes on at once.
  for (const next of AWAY) {
    await owner.page.goto(`${home.portal}/sign-in?next=${next.replace('HOST', host)}`);
    await owner.page.waitForURL(isHome);
  }
  const guest = await PortalUser.open(browser, PERSON);
  for (const next of AWAY.slice(0, 2)) {
    await guest.signIn(home.portal, { next: next.replace('HOST', host) });
    await guest.page.waitForURL(isHome);
    await guest.context.clearCookies({ name: 'wattward' });
  }
  await guest.signIn(home.portal, { next: '/home/home-2/history%3Fday=2026-01-01' });
  await guest.page.waitForURL(
    ({ pathname, search }) => pathname + search === '/home/home-2/history?day=2026-01-01',
  );
  // The server itself leads nowhere else either.
  for (const path of [`//${host}/`, `/\\${host}/`, `/%5c${host}/`, `/.//${host}/`, `//${host}/..`]) {
    const answer = await fetch(`${home.portal}${path}`, { redirect: 'manual' });
    const to = answer.headers.get('location');
    if (to !== null) expect(new URL(to, home.portal).origin).toBe(home.portal);
  }
  expect(heard).toEqual([]);
  await guest.context.close();
  elsewhere.close();
});
