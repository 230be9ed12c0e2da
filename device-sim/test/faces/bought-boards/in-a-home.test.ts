import { afterEach, expect, test } from '@jest/globals';
import type { MqttClient } from 'mqtt';
import { until } from '../../../../edge/test/devices/modbus-server.ts';
import { parseHome } from '../../../src/home/home-file.ts';
import { boardIds } from '../../../src/home/identity.ts';
import { SiteClock } from '../../../src/home/site-clock.ts';
import { Simulator } from '../../../src/simulator.ts';
import { JUNE_MORNING_MS } from '../../home/homes.ts';
import { openHomeBus } from '../home-bus.ts';

const HOME = `
name: Practice
zone: Europe/Berlin
place: { latitudeDeg: 52.5, longitudeDeg: 13.4, altitudeM: 40 }
objects:
  - { id: grid, kind: grid }
  - { id: hybrid, kind: inverter, ratedW: 8000 }
  - { id: roof, kind: pv, inverter: hybrid, peakW: 1000 }
  - { id: heater, kind: heater, phase: L3, powerW: 2100, relay: { board: cellar, channel: 1 } }
  - { id: fan, kind: heater, phase: L2, powerW: 500, relay: { board: cellar, channel: 2 } }
  - { id: grid-meter, kind: grid-meter }
  - { id: cellar, kind: board, protocol: tasmota, channels: 2, contacts: { swapped: [[1, 2]] } }
`;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function practice() {
  const home = parseHome(HOME);
  const [boardId = ''] = boardIds(home, 'home-1');
  const bus = await openHomeBus([boardId], []);
  open.push(() => bus.close());
  const box: MqttClient = await bus.connectBox();
  const simulator = await Simulator.start({
    home,
    siteId: 'home-1',
    dataDir: bus.dataDir,
    clock: new SiteClock({ realMs: Date.now(), siteMs: JUNE_MORNING_MS, speed: 20 }),
    host: '127.0.0.1',
    httpPort: 0,
    meterPort: 0,
    inverterPort: 0,
    brokerUrl: bus.url,
    secretsDir: bus.secretsDir,
    measured: null,
    log: () => {},
  });
  open.push(() => simulator.close());
  const call = async (method: string, path: string, body: object) => {
    const response = await fetch(`http://127.0.0.1:${simulator.ports.httpPort}/api/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const presence: string[] = [];
  box.on('message', (path, payload) => {
    if (path.endsWith('LWT')) presence.push(payload.toString());
  });
  await box.subscribeAsync(`tele/${boardId}/LWT`);
  await until('the board', () => presence.includes('Online'));
  const order = (channel: number, word: string) => box.publishAsync(`cmnd/${boardId}/Power${channel}`, word);
  return { simulator, boardId, call, order, presence };
}

test('a bought board of the home file switches its loads, swapped as the file says', async () => {
  const { simulator, boardId, order } = await practice();
  expect(boardId).toMatch(/^tasmota-[0-9a-f]{12}$/);
  await order(1, 'ON');
  await until('the fan', () => simulator.running.loadPowerW('fan') > 400);
  expect(simulator.running.loadPowerW('heater')).toBe(0);
});

test('wires, contacts and the meter can be spoiled and mended while the home runs', async () => {
  const { simulator, call, order } = await practice();
  expect((await call('PATCH', 'objects/cellar', { contacts: { stuck: [2] } })).status).toBe(200);
  await order(1, 'ON');
  await until('the heater', () => simulator.running.loadPowerW('heater') > 2000);
  await call('PATCH', 'objects/cellar', { contacts: { welded: [1] } });
  await order(1, 'OFF');
  await call('PATCH', 'objects/grid-meter', { reversed: ['L3'] });
  await until('the heater to go on', () => simulator.running.loadPowerW('heater') > 2000);
  await call('PATCH', 'objects/cellar', { contacts: {} });
  await until('the contact to open', () => simulator.running.loadPowerW('heater') === 0);
  const wrong = await call('PATCH', 'objects/cellar', { contacts: { stuck: [9] } });
  expect(wrong).toMatchObject({ status: 400, body: { code: 'bad-property' } });
});

test('its link and its supply can be cut by the name an installer sees; the broker tells its last will', async () => {
  const { simulator, boardId, call, order, presence } = await practice();
  await order(2, 'ON');
  await until('the heater', () => simulator.running.loadPowerW('heater') > 2000);
  await call('POST', `boards/${boardId}/link`, { on: false });
  await until('the last will', () => presence.at(-1) === 'Offline');
  expect(simulator.running.isClosed('heater')).toBe(true);
  await call('POST', `boards/${boardId}/power`, { on: false });
  expect(simulator.running.isClosed('heater')).toBe(false);
  await call('POST', `boards/${boardId}/link`, { on: true });
  const back = await call('POST', `boards/${boardId}/power`, { on: true });
  expect(back.body).toMatchObject({ powered: true });
  await until('its return', () => presence.at(-1) === 'Online');
});
