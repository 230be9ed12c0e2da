/** The content security policy of the built portal, in a browser that obeys it: every page works, and nothing foreign runs. */
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

let at: BuiltPortal;
let browser: Browser;
let user: PortalUser;
const PERSON = { name: 'Olga Owner', email: 'olga@example.org', password: PASSWORD };
const PAGES = [
  '/',
  '/north',
  '/north/home-1',
  '/north/home-1/history',
  '/north/home-1/decisions',
  '/north/home-1/approvals',
  '/north/home-1/audit',
  '/north/people',
  '/north/home-1/nowhere',
  '/sign-in',
  '/setup?token=none',
  '/invite?token=none',
];

/** In the browser: one script as text, one as an attribute; whether either has run once the second should have. */
const FOREIGN_SCRIPTS = `new Promise((resolve) => {
  const script = document.createElement('script');
  script.textContent = 'window.foreign = true';
  document.body.append(script);
  const box = document.createElement('div');
  box.innerHTML = '<img src="x" onerror="window.foreign = true">';
  document.body.append(box);
  box.firstElementChild.addEventListener('error', () => resolve('foreign' in window));
})`;

beforeAll(async () => {
  await buildPortal();
  at = await startBuiltPortal();
  const startMs = Date.now() - 3_600_000;
  const values = Array.from(
    { length: 360 },
    (_, i) =>
      `site,site=home-1 gridPowerW=${i},pvPowerW=${i},houseLoadW=${2 * i},batterySocPct=50 ${startMs + i * 10_000}`,
  );
  const decision = `decision,actuator=home,site=home-1 seq=1i,outcome="normal",code="x",reasonJson="{}" ${startMs}`;
  expect((await at.write('home-1', [...values, decision])).status).toBe(204);
  browser = await launch();
  user = await PortalUser.open(browser, PERSON);
  await user.createAccount(`${at.url}/setup?token=${setupToken(at.dataDir)}`);
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await at?.stop();
});

test.each(PAGES)('%s breaks no rule of its policy and its scripts run', async (path) => {
  await user.page.goto(at.url + path);
  await user.page.waitForLoadState('load');
  // Only a script of ours can have filled this in.
  await user.page.waitForFunction("document.documentElement.hasAttribute('data-mantine-color-scheme')");
  await user.page.locator('h1, h2').first().waitFor();
  expect(user.complaints).toEqual([]);
});

test('a chart is drawn', async () => {
  await user.page.goto(`${at.url}/north/home-1/history`);
  await user.page.getByTestId('chart-power').first().waitFor();
  expect(user.complaints).toEqual([]);
});

test('a script that stands in the page without the nonce of the answer does not run', async () => {
  await user.page.goto(`${at.url}/north/home-1`);
  const ran = await user.page.evaluate(FOREIGN_SCRIPTS);
  expect(ran).toBe(false);
  expect(user.complaints.length).toBeGreaterThan(0);
});
