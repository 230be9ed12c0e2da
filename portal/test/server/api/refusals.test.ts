/** Every way a request can be wrong, for every route of the table, on the built server: the right code, never `internal`. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PortalRole, Problem } from '../../../contract/api.ts';
import { ROUTES, type Route } from '../../../server/api/routes.ts';
import { PROBLEMS } from '../../../server/problems/problem.ts';
import { type Browser, type BuiltPortal, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
const people = new Map<PortalRole, Browser>();
beforeAll(async () => {
  at = await startBuiltPortal();
  for (const role of ['manager', 'admin'] as const) people.set(role, await at.person(role));
});
afterAll(() => at.stop());
afterAll(() => {
  expect(at.server.log().filter((line) => /request failed|Error/.test(line))).toEqual([]);
});

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const PATHS = [...new Set(ROUTES.map(({ path }) => path))];
const posts = ROUTES.filter(({ method }) => method === 'POST');

function address(path: string, ids: { org?: string; site?: string; id?: string; action?: string } = {}) {
  return path
    .replace('{org}', ids.org ?? 'north')
    .replace('{site}', ids.site ?? 'home-1')
    .replace('{id}', ids.id ?? 'no-such-proposal')
    .replace('{action}', ids.action ?? 'approve')
    .replace(/\{\w+\}/g, 'no-such-thing');
}

/** Somebody with the right to it. */
function rightful(route: Route): Browser {
  const role = 'permission' in route && route.permission === 'people' ? 'admin' : 'manager';
  return people.get(role) ?? at.browser();
}

async function refused(response: Response): Promise<string> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await response.json()) as Problem;
  expect(response.status).toBe(PROBLEMS[problem.code as keyof typeof PROBLEMS].status);
  expect(problem).toMatchObject({
    status: response.status,
    title: expect.any(String),
    remedy: expect.any(String),
  });
  return problem.code;
}

const wrongMethods = PATHS.flatMap((path) =>
  METHODS.filter((method) => !ROUTES.some((route) => route.path === path && route.method === method)).map(
    (method) => ({ method, path }),
  ),
);
test.each(wrongMethods)('$method $path is no method of that path', async ({ method, path }) => {
  const browser = people.get('manager') ?? at.browser();
  expect(await refused(await browser.send(method, address(path)))).toBe('method-not-allowed');
  expect(await refused(await at.browser().send(method, address(path)))).toBe('method-not-allowed');
});

test.each([...PATHS.map((path) => `/api/v1${address(path)}`), '/api/v2/write', '/sign-in', '/north/home-1'])(
  'TRACE %s is refused, not echoed and no failure',
  async (path) => {
    expect(await statusOf('TRACE', path)).toBe(405);
  },
);

test.each(posts.map(({ path }) => path))('a body from another site for %s is not read', async (path) => {
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    {},
  ];
  for (const headers of foreign) {
    const browser = people.get('manager') ?? at.browser();
    expect(await refused(await browser.send('POST', address(path), '{', headers))).toBe('cross-site');
  }
});

const depth = 30_000;
const BODIES: readonly (readonly [what: string, body: string | Uint8Array, code: string])[] = [
  ['none', '', 'bad-request'],
  ['no JSON', '{"token":', 'bad-request'],
  ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00, 0xc3]), 'bad-request'],
  ['a list', '[]', 'bad-request'],
  ['null', 'null', 'bad-request'],
  ['a number', '7', 'bad-request'],
  ['fields of other types', '{"token":1,"email":{},"name":[],"kind":true,"reason":5}', 'bad-request'],
  ['half a character', '{"reason":"\\ud800","name":"\\udc00","note":"\\ud800"}', 'bad-request'],
  ['half a character as a key', '{"\\ud800":1,"reason":7}', 'bad-request'],
  ['a prototype', '{"__proto__":{"reason":"x"},"constructor":1,"reason":0}', 'bad-request'],
  ['depth', '['.repeat(depth) + ']'.repeat(depth), 'bad-request'],
  ['70 kB', JSON.stringify({ reason: 'x'.repeat(70_000) }), 'too-large'],
];
test.each(
  posts.flatMap((route) =>
    BODIES.map(([what, body, code]) => ({ route, path: route.path, what, body, code })),
  ),
)('POST $path with a body that is $what says $code', async ({ route, body, what, code }) => {
  const answer = await refused(await rightful(route).send('POST', address(route.path), body));
  // An action without a body is complete: then it is the proposal that is missing.
  if (what === 'none' && route.path.includes('{action}')) expect(answer).toBe('not-found');
  else expect(answer).toBe(code);
});

const NONSENSE = [
  '%00',
  '..%2f..',
  '%ff',
  "x'--",
  'x'.repeat(65),
  '%F0%9F%99%82',
  '__proto__',
  '{site}',
  '~',
];
test.each(PATHS.filter((path) => path.includes('{')).flatMap((path) => NONSENSE.map((id) => ({ path, id }))))(
  '$path with $id in place of a name is not found',
  async ({ path, id }) => {
    const method = ROUTES.find((route) => route.path === path)?.method ?? 'GET';
    for (const name of ['org', 'site', 'id', 'action'].filter((one) => path.includes(`{${one}}`))) {
      const response = await people.get('manager')?.send(method, address(path, { [name]: id }));
      expect(response?.status).toBe(404);
    }
  },
);

test.each(ROUTES.filter(({ needs }) => needs !== 'nothing'))(
  '$method $path wants a session that is alive',
  async ({ method, path }) => {
    const gone = await at.person('manager');
    const { cookie } = gone;
    await gone.send('DELETE', '/session');
    for (const stale of [cookie, '', 'wattward=x', `wattward=${'A'.repeat(43)}`, `__Host-${cookie}`]) {
      const browser = at.browser();
      browser.cookie = stale;
      expect(await refused(await browser.send(method, address(path)))).toBe('signed-out');
    }
  },
  30_000,
);

const site = '/orgs/north/sites/home-1';
test.each([
  `${site}/history?day=2026-02-30`,
  `${site}/history?day=9999-12-31`,
  `${site}/history?day=0000-01-01`,
  `${site}/series`,
  `${site}/series?from=2026-06-10T00:00:00Z&to=2026-06-09T00:00:00Z`,
  `${site}/series?from=2026-06-10T00:00:00Z&to=2126-06-09T00:00:00Z`,
  `${site}/series?from=%2B275760-09-12T00:00:00Z&to=%2B275760-09-13T00:00:00Z`,
  `${site}/series?from=-271821-04-20T00:00:00Z&to=-271821-04-21T00:00:00Z`,
  `${site}/series?from=2026-06-10T00:00:00Z&to=2026-06-11T00:00:00Z&fields=a%22b`,
  `${site}/series?from=2026-06-10T00:00:00Z&to=2026-06-11T00:00:00Z&fields=${Array(25).fill('a').join(',')}`,
  `${site}/export?from=x&to=y`,
  `${site}/export?from=2026-06-10T00:00:00Z&to=2026-06-11T00:00:00Z&format=xlsx`,
  `${site}/decisions?before=nonsense`,
  `${site}/decisions.csv?month=2026-13`,
  `${site}/decisions.csv?month=9999-12`,
  `${site}/decisions.csv?month=%00`,
])('GET %s says what is wrong with the question', async (path) => {
  expect(await refused((await people.get('manager')?.get(path)) ?? new Response())).toBe('bad-request');
});

test('a head is the answer without a body, and leaves nothing running', async () => {
  const manager = people.get('manager');
  for (const path of [site, `${site}/live`, `${site}/decisions.csv`]) {
    const response = await manager?.send('HEAD', path);
    expect(response?.status).toBe(200);
    expect(await response?.text()).toBe('');
  }
});

function statusOf(method: string, path: string): Promise<number> {
  const { hostname, port } = new URL(at.url);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, method, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
