/** The history lies in an InfluxDB that cannot be reached: what needs it says so, everything else works. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Problem } from '../../../contract/api.ts';
import { type Browser, type BuiltPortal, startBuiltPortal } from '../../built-portal.ts';

let at: BuiltPortal;
let owner: Browser;
const site = '/orgs/north/sites/home-1';
beforeAll(async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const address = closed.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await new Promise((resolve) => closed.close(resolve));
  at = await startBuiltPortal({
    env: { INFLUX_URL: `http://127.0.0.1:${port}`, INFLUX_TOKEN: 't', INFLUX_ORG: 'o', INFLUX_BUCKET: 'b' },
  });
  owner = await at.person('owner');
});
afterAll(() => at.stop());

const range = 'from=2026-06-10T00:00:00Z&to=2026-06-11T00:00:00Z';
test.each(['history', `series?${range}`, `export?${range}`, 'decisions', 'decisions.csv'])(
  '%s says that the store does not answer',
  async (path) => {
    const response = await owner.get(`${site}/${path}`);
    expect(response.status).toBe(503);
    const problem = (await response.json()) as Problem;
    expect(problem).toMatchObject({
      code: 'history-unavailable',
      remedy: expect.stringContaining('INFLUX_URL'),
    });
  },
);

test('what does not need it works', async () => {
  expect((await owner.get(site)).status).toBe(200);
  expect((await owner.get(`${site}/audit`)).status).toBe(200);
});

test('a box that writes here is told that it is the wrong place', async () => {
  expect((await at.write('home-1', 'site,site=home-1 gridPowerW=1 1')).status).toBe(404);
});
