/** Two homes with their boxes in one process, on a real broker, over real Modbus and MQTT. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startBroker } from '../../../broker/src/server/start-broker.ts';
import { Fleet, fleetIdentities } from '../../src/fleet/fleet.ts';
import { HOMES_DIR } from '../home/homes.ts';

const HOME_FILE = path.join(HOMES_DIR, 'default.yaml');
const SECRET = 'a-secret-of-22-characters';
const SITES = ['home-1', 'home-2'];

let dir = '';
let broker: Awaited<ReturnType<typeof startBroker>>;

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'fleet-'));
  const credentials = SITES.flatMap((site) => {
    const identities = fleetIdentities(HOME_FILE, site);
    const ids = (role: string) => identities.filter((one) => one.role === role).map(({ id }) => id);
    const bindings = { siteId: [site], boardId: ids('board'), meterId: ids('meter') };
    return identities.map(({ id, role }) => ({
      ...{ id, role, secret: SECRET },
      ...(role === 'edge' ? { bindings } : {}),
    }));
  });
  for (const { id, role } of credentials) {
    writeFileSync(path.join(dir, `${id}.json`), JSON.stringify({ id, role, secret: SECRET }), {
      mode: 0o600,
    });
  }
  broker = await startBroker({ credentials, host: '127.0.0.1', port: 0 });
});

afterEach(async () => {
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

const options = (sites: number) => ({
  ...{ homeFile: HOME_FILE, sites, prefix: 'home', dataDir: path.join(dir, 'data'), secretsDir: dir },
  ...{ brokerUrl: `mqtt://127.0.0.1:${broker.port}`, speed: 5, log: () => {} },
});

test('every box decides on the readings of its own home', async () => {
  const fleet = await Fleet.start(options(2));
  try {
    for (const { home, box } of fleet.members) {
      const deadlineMs = performance.now() + 20_000;
      const gridPowerW = () => box.picture()?.snapshot.grid.powerW;
      while (gridPowerW()?.quality !== 'good' && performance.now() < deadlineMs) await delay(50);
      expect(gridPowerW()?.quality).toBe('good');
      home.running.setGrid(false);
      while (box.picture()?.snapshot.grid.state !== 'lost' && performance.now() < deadlineMs) await delay(50);
      expect(box.picture()?.snapshot.grid.state).toBe('lost');
    }
  } finally {
    await fleet.close();
  }
});

test('a site without its credential is named, and nothing goes on running', async () => {
  await expect(Fleet.start(options(3))).rejects.toMatchObject({
    code: 'no-credential',
    message: expect.stringContaining('edge-home-3'),
  });
});
