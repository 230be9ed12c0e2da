import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type PortalRole, ROLES } from '../../../contract/api.ts';
import { ROUTES, type Route } from '../../../server/api/routes.ts';
import { RIGHTS } from '../../../server/rights/permissions.ts';
import { type Browser, type BuiltPortal, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
const people = new Map<PortalRole, Browser>();
beforeAll(async () => {
  at = await startBuiltPortal();
  for (const role of ROLES) people.set(role, await at.person(role));
});
afterAll(() => at.stop());

const PLACES = [
  { name: 'own site', org: 'north', site: 'home-1', own: true },
  { name: "another organisation's site", org: 'south', site: 'far-1', own: false },
  { name: "another organisation's site under the own name", org: 'north', site: 'far-1', own: false },
  { name: 'a site that does not exist', org: 'north', site: 'home-9', own: false },
  { name: 'an organisation that does not exist', org: 'east', site: 'home-1', own: false },
] as const;

type Guarded = Extract<Route, { readonly permission: unknown }>;
const guarded = ROUTES.filter((route): route is Guarded => 'permission' in route);

const cases = guarded.flatMap((route) =>
  ROLES.flatMap((role) =>
    PLACES.map((place) => ({ route, role, place, title: `${route.method} ${route.path}` })),
  ),
);

test.each(cases)('$role at $place.name: $title', async ({ route, role, place }) => {
  const path = route.path
    .replace('{org}', place.org)
    .replace('{site}', place.site)
    .replace('{id}', 'no-such-proposal')
    .replace('{action}', 'approve')
    .replace(/(series|export)$/, '$1?from=2026-06-10T00:00:00Z&to=2026-06-11T00:00:00Z');
  const browser = people.get(role);
  const response = await (route.method === 'GET' ? browser?.get(path) : browser?.post(path, {}));
  void response?.body?.cancel();
  const inside = route.needs === 'organisation' ? place.org === 'north' : place.own;
  const may = inside && RIGHTS[role].includes(route.permission);
  if (!may) expect(response?.status).toBe(404);
  // With the right, the request gets as far as its own fields: an empty body is refused there, a list is shown.
  else if (route.path.includes('{id}')) expect(response?.status).toBe(404);
  else expect(response?.status).toBe(route.method === 'GET' ? 200 : 400);
});

test.each(guarded.map((route) => ({ route, title: `${route.method} ${route.path}` })))(
  'nobody signed in: $title',
  async ({ route }) => {
    const path = route.path.replace('{org}', 'north').replace('{site}', 'home-1');
    const response = await at
      .browser()
      .send(route.method, path.replace('{id}', 'x').replace('{action}', 'approve'));
    expect(response.status).toBe(401);
  },
);

test('a role for one site opens that site only', async () => {
  const installer = await at.person('installer', { site: 'home-2' });
  expect((await installer.get('/orgs/north/sites/home-2')).status).toBe(200);
  expect((await installer.get('/orgs/north/sites/home-1')).status).toBe(404);
  const rows = (await (await installer.get('/orgs/north/sites')).json()) as { id: string }[];
  expect(rows.map(({ id }) => id)).toEqual(['home-2']);
});

test('paths that are none of the table are not found, other methods are named', async () => {
  const owner = people.get('owner');
  expect((await owner?.get('/orgs/north/sites/home-1/secrets'))?.status).toBe(404);
  expect((await owner?.get('/orgs/north/sites/..%2f..%2fhome-1'))?.status).toBe(404);
  expect((await owner?.send('DELETE', '/orgs/north/sites/home-1'))?.status).toBe(405);
});
