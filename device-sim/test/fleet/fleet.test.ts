/** Two homes with their boxes in one process, on a real broker, over real Modbus and MQTT. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Fleet } from '../../src/fleet/fleet.ts';
import { HOMES_DIR } from '../home/homes.ts';
import { type FleetBus, openFleetBus } from './fleet-bus.ts';

const HOME_FILE = path.join(HOMES_DIR, 'default.yaml');

let bus: FleetBus;

beforeEach(async () => {
  bus = await openFleetBus(HOME_FILE, 2);
});

afterEach(() => bus.close());

const options = (sites: number) => ({
  ...{ homeFile: HOME_FILE, sites, prefix: 'home', dataDir: path.join(bus.dir, 'data'), secretsDir: bus.dir },
  ...{ brokerUrl: bus.url, speed: 5, log: () => {} },
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

test('a box drives an SMA inverter as its site settings name it', async () => {
  const homeFile = path.join(bus.dir, 'sma.yaml');
  const text = readFileSync(HOME_FILE, 'utf8').replace(
    'kind: inverter,',
    'kind: inverter, protocol: sma-hybrid,',
  );
  writeFileSync(homeFile, text);
  const site = readFileSync(HOME_FILE.replace('.yaml', '.site.yaml'), 'utf8');
  writeFileSync(
    homeFile.replace('.yaml', '.site.yaml'),
    site.replace('profile: sunspec', 'profile: sma-hybrid'),
  );
  const fleet = await Fleet.start({ ...options(1), homeFile });
  try {
    const [member] = fleet.members;
    const order = () => member?.home.running.orders[0];
    const battery = () => member?.box.picture()?.snapshot.batteries[0];
    const deadlineMs = performance.now() + 20_000;
    const driven = () => battery()?.powerW.quality === 'good' && order()?.registers.controlBits === 3;
    while (!driven() && performance.now() < deadlineMs) await delay(50);
    expect(member?.home.running.model.plans[0]?.inverter.protocol).toBe('sma-hybrid');
    expect(battery()).toMatchObject({
      online: true,
      powerW: { quality: 'good' },
      socPct: { quality: 'good' },
    });
    expect(order()?.registers.controlBits).toBe(3);
    // Renewed in time: two minutes of the home later it has not lapsed once.
    await delay(24_000);
    expect(order()).toMatchObject({ reverts: 0, registers: { controlBits: 3 } });
  } finally {
    await fleet.close();
  }
}, 60_000);

test('a site without its credential is named, and nothing goes on running', async () => {
  await expect(Fleet.start(options(3))).rejects.toMatchObject({
    code: 'no-credential',
    message: expect.stringContaining('edge-home-3'),
  });
});
