/** Two homes in one portal, looked at by anybody: list, accessibility, both schemes, a phone's width, wrong passwords. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
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
      expect({ where, found: await breaches(owner.page) }).toEqual({ where, found: [] });
    }
  },
);

test('no page breaks them while it waits for its data', async () => {
  await owner.page.route('**/api/v1/**', () => undefined);
  for (const where of PAGES) {
    await owner.page.goto(`${home.portal}${where}`, { waitUntil: 'commit' });
    await owner.page.locator('h1').first().waitFor();
    expect({ where, found: await breaches(owner.page) }).toEqual({ where, found: [] });
  }
  await owner.page.unrouteAll({ behavior: 'ignoreErrors' });
});

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

async function breaches(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
