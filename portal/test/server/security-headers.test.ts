import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, type BuiltPortal, startBuiltPortal } from '../built-portal.ts';

let at: BuiltPortal;
let owner: Browser;
beforeAll(async () => {
  at = await startBuiltPortal();
  owner = await at.person('owner');
});
afterAll(() => at.stop());

const PAGES = [
  '/sign-in',
  '/north',
  '/north/home-1',
  '/north/home-1/history',
  '/nowhere/at/all',
  '/setup?token=x',
];
const page = (path: string, headers: Record<string, string> = {}) =>
  fetch(at.url + path, { headers: { cookie: owner.cookie, ...headers } });
const nonceOf = (response: Response) =>
  /'nonce-([A-Za-z0-9+/=]{22,})'/.exec(response.headers.get('content-security-policy') ?? '')?.[1];

test.each(PAGES)('every script of %s carries the nonce of this very answer', async (path) => {
  const [one, other] = [await page(path), await page(path)];
  const policy = one.headers.get('content-security-policy') ?? '';
  const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? '';
  expect(scripts).not.toContain('unsafe');
  const nonce = nonceOf(one);
  expect(nonce).toBeDefined();
  expect(nonceOf(other)).not.toBe(nonce);
  const tags = (await one.text()).match(/<script\b[^>]*>/g) ?? [];
  expect(tags.length).toBeGreaterThan(0);
  for (const tag of tags) expect(tag).toContain(`nonce="${nonce}"`);
});

test.each(['/api/v1/health', '/api/v1/nothing', '/api/v2/write'])(
  '%s is no page and may load nothing',
  async (path) => {
    expect((await page(path)).headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
  },
);

test.each([...PAGES, '/api/v1/health', '/icon.svg'])(
  '%s asks browsers for TLS where they came by it, only there',
  async (path) => {
    const behind = await page(path, { 'x-forwarded-proto': 'https' });
    expect(behind.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect((await page(path)).headers.get('strict-transport-security')).toBeNull();
  },
);

test('pages are looked at and not written to', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    expect((await fetch(`${at.url}/sign-in`, { method })).status).toBe(405);
  }
});
