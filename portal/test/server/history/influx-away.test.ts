/** The history lies in an InfluxDB that cannot be reached: what needs it says so, everything else works. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Problem } from '../../../contract/api.ts';
import { type Browser, type BuiltPortal, startBuiltPortal } from '../../built-portal.ts';

/** Where nobody listens, and where somebody takes every question and answers none. */
const places = ['a port that is closed', 'a server that never answers'] as const;

describe.each(places)('%s', (place) => {
  let at: BuiltPortal;
  let owner: Browser;
  const mute = createServer((socket) => socket.on('error', () => undefined));
  const site = '/orgs/north/sites/home-1';
  beforeAll(async () => {
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    if (place === 'a port that is closed') await new Promise((resolve) => mute.close(resolve));
    at = await startBuiltPortal({
      env: { INFLUX_URL: `http://127.0.0.1:${port}`, INFLUX_TOKEN: 't', INFLUX_ORG: 'o', INFLUX_BUCKET: 'b' },
    });
    owner = await at.person('owner');
  });
  afterAll(async () => {
    await at.stop();
    mute.close();
  });

  const range = 'from=2026-06-10T00:00:00Z&to=2026-06-11T00:00:00Z';
  test('all that asks the history says that it does not answer', async () => {
    const asked = ['history', `series?${range}`, `export?${range}`, 'decisions', 'decisions.csv'];
    const answers = await Promise.all(asked.map((path) => owner.get(`${site}/${path}`)));
    for (const [i, response] of answers.entries()) {
      expect([asked[i], response.status]).toEqual([asked[i], 503]);
      expect((await response.json()) as Problem).toMatchObject({
        code: 'history-unavailable',
        remedy: expect.stringContaining('INFLUX_URL'),
      });
    }
  });

  test('what does not need it works', async () => {
    expect((await owner.get(site)).status).toBe(200);
    expect((await owner.get(`${site}/audit`)).status).toBe(200);
  });

  test('a box that writes here is told that it is the wrong place', async () => {
    expect((await at.write('home-1', 'site,site=home-1 gridPowerW=1 1')).status).toBe(404);
  });
});
