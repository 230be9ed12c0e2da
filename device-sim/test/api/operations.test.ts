/** What can be done with a running home, over HTTP and over MQTT, on a real broker and real sockets. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseMessage } from '@wattward/broker/wire/message';
import { topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import { ask } from '../../src/api/ask.ts';
import { OPERATIONS } from '../../src/api/operations.ts';
import { boardIds, meterIds } from '../../src/home/identity.ts';
import { SiteClock } from '../../src/home/site-clock.ts';
import { Simulator } from '../../src/simulator.ts';
import { type HomeBus, openHomeBus } from '../faces/home-bus.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

const home = defaultHome();

let bus: HomeBus;
let simulator: Simulator;

async function start({ shared = false } = {}): Promise<void> {
  simulator = await Simulator.start({
    home,
    siteId: 'home-1',
    dataDir: bus.dataDir,
    clock: new SiteClock({ realMs: Date.now(), siteMs: JUNE_MORNING_MS, speed: 1 }, { shared }),
    host: '127.0.0.1',
    ...{ httpPort: 0, meterPort: 0, inverterPort: 0 },
    brokerUrl: bus.url,
    secretsDir: bus.secretsDir,
    controlIdentity: 'sim-home-1',
    measured: null,
    log: () => {},
  });
}

beforeEach(async () => {
  bus = await openHomeBus(boardIds(home, 'home-1'), meterIds(home, 'home-1'));
  await start();
});

afterEach(async () => {
  await simulator.close();
  await bus.close();
});

function url(path: string): string {
  return `http://127.0.0.1:${simulator.ports.httpPort}/${path}`;
}

async function api(method: string, path: string, body?: unknown) {
  const response = await fetch(url(`api/v1/${path}`), {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function until<T>(look: () => Promise<T>, fits: (seen: T) => boolean): Promise<T> {
  const deadlineMs = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (fits(seen) || performance.now() > deadlineMs) return seen;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test('the OpenAPI document holds every operation with its body', async () => {
  const document = (await api('GET', 'openapi.json')).body as {
    openapi: string;
    paths: Record<string, Record<string, { operationId?: string; requestBody?: unknown }>>;
  };
  expect(document.openapi).toBe('3.1.0');
  const told = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const { name, body } of OPERATIONS) {
    const found = told.find(({ operationId }) => operationId === name);
    expect([name, found?.requestBody !== undefined]).toEqual([name, body !== undefined]);
  }
});

describe('objects come and go', () => {
  test('one that is added draws power, keeps through a restart, and is gone when removed', async () => {
    const sauna = { id: 'sauna', kind: 'appliance', phase: 'all', powerW: 6000, on: true };
    expect((await api('POST', 'objects', sauna)).status).toBe(200);
    const flows = await until(
      async () => (await api('GET', 'flows')).body as { loads: Record<string, number> },
      ({ loads }) => loads.sauna === 6000,
    );
    expect(flows.loads.sauna).toBe(6000);
    await simulator.close();
    await start();
    expect((await api('GET', 'objects/sauna')).body).toMatchObject({ properties: { powerW: 6000 } });
    expect((await api('DELETE', 'objects/sauna')).body).toEqual({ removed: 'sauna' });
    expect((await api('GET', 'objects/sauna')).status).toBe(404);
    expect(Math.abs(simulator.running.flows.residualJ)).toBeLessThan(1e-3);
  });

  test('a tank keeps its temperature when another object goes', async () => {
    await api('PATCH', 'objects/water-heater', { temperatureC: 41 });
    await api('DELETE', 'objects/oven');
    const { state } = (await api('GET', 'objects/water-heater')).body as { state: { temperatureC: number } };
    expect(state.temperatureC).toBeCloseTo(41, 0);
  });

  test.each([
    ['DELETE', 'objects/grid', undefined, 'needs-restart'],
    ['POST', 'objects', { id: 'b2', kind: 'board' }, 'needs-restart'],
    ['POST', 'objects', { id: 'oven', kind: 'heater', powerW: 5 }, 'bad-home'],
    [
      'POST',
      'objects',
      { id: 'x', kind: 'heater', powerW: 5, relay: { board: 'attic', channel: 1 } },
      'bad-home',
    ],
    ['POST', 'objects', { id: 'x', kind: 'reactor' }, 'bad-body'],
    ['PATCH', 'clock', { speed: 50 }, 'bad-speed'],
    ['PATCH', 'clock', { stepS: 60 }, 'not-paused'],
    ['PATCH', 'clock', { jumpTo: '1969-07-20T20:17:00Z' }, 'bad-date'],
    ['PATCH', 'clock', { jumpTo: 'tomorrow' }, 'bad-body'],
    ['PATCH', 'weather', { cloudiness: 4 }, 'bad-body'],
    ['POST', 'objects/oven/faults', { kind: 'no-answer' }, 'no-face'],
    ['POST', 'objects/cellar-board/faults', { kind: 'wrong-crc' }, 'no-such-fault-here'],
    [
      'PUT',
      'snapshot',
      { v: 1, home: {}, state: { version: 1, state: { nowMs: 1 }, orders: [] } },
      'bad-home',
    ],
  ])('%s %s %j is refused: %s', async (method, path, body, code) => {
    const before = simulator.running.home;
    const answer = await api(method, path, body);
    expect(answer.body).toMatchObject({ code, message: expect.any(String), remedy: expect.any(String) });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(simulator.running.home).toBe(before);
  });
});

describe('the clock', () => {
  test('stops, steps, jumps and runs on at another speed', async () => {
    const paused = (await api('PATCH', 'clock', { paused: true })).body;
    expect(paused).toMatchObject({ paused: true });
    const at = async () => Date.parse(String((await api('GET', 'clock')).body.at));
    const [first] = [await until(at, () => true)];
    await new Promise((resolve) => setTimeout(resolve, 250));
    const still = await at();
    expect(still - first).toBeLessThan(200);
    await api('PATCH', 'clock', { stepS: 120 });
    expect(await until(at, (now) => now >= still + 119_000)).toBeLessThan(still + 121_000);
    const christmas = '2026-12-24T18:00:00.000Z';
    expect((await api('PATCH', 'clock', { jumpTo: christmas })).body).toMatchObject({ at: christmas });
    await api('PATCH', 'clock', { paused: false, speed: 20 });
    const beforeMs = performance.now();
    const began = await at();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const ratio = ((await at()) - began) / (performance.now() - beforeMs);
    expect(Math.abs(ratio - 20)).toBeLessThan(5);
  });

  test('does not change when a box shares it', async () => {
    await simulator.close();
    await start({ shared: true });
    const { status, body } = await api('PATCH', 'clock', { speed: 5 });
    expect([status, body.code]).toEqual([409, 'clock-shared']);
  });
});

test('the command line asks the same operations and passes refusals on', async () => {
  const fault = { url: url(''), operation: 'set-fault', id: 'grid-meter' };
  expect(await ask({ ...fault, body: '{"kind":"slow","delayMs":20}' })).toMatchObject({
    faults: [{ kind: 'slow', delayMs: 20 }],
  });
  await expect(ask({ ...fault, body: '{"kind":"tired"}' })).rejects.toMatchObject({ code: 'bad-body' });
  await expect(ask({ ...fault, operation: 'fly' })).rejects.toMatchObject({ code: 'no-operation' });
  await expect(ask({ url: 'http://127.0.0.1:1', operation: 'show-clock' })).rejects.toMatchObject({
    code: 'no-home',
  });
});

test('an outage begins, and the grid comes back by itself', async () => {
  await api('PATCH', 'clock', { speed: 20 });
  await api('POST', 'outages', { forS: 10 });
  const grid = async () => (await api('GET', 'objects/grid')).body as { state: { on: boolean } };
  expect((await until(grid, ({ state }) => !state.on)).state.on).toBe(false);
  expect((await until(grid, ({ state }) => state.on)).state.on).toBe(true);
  expect((await api('GET', 'outages')).body.outages).toEqual([]);
});

test('a snapshot brings objects, states and date back', async () => {
  await api('PATCH', 'objects/home-battery', { socPct: 33 });
  const snapshot = (await api('GET', 'snapshot')).body;
  await api('PATCH', 'objects/home-battery', { socPct: 90, capacityWh: 20_000 });
  await api('DELETE', 'objects/oven');
  await api('PATCH', 'clock', { jumpTo: '2026-01-01T00:00:00Z' });
  expect((await api('PUT', 'snapshot', snapshot)).status).toBe(200);
  const battery = (await api('GET', 'objects/home-battery')).body as {
    state: { socPct: number };
    properties: { capacityWh: number };
  };
  expect(battery.properties.capacityWh).toBe(10_000);
  expect(Math.abs(battery.state.socPct - 33)).toBeLessThan(0.5);
  expect((await api('GET', 'objects/oven')).status).toBe(200);
  expect(Date.parse(String((await api('GET', 'clock')).body.at))).toBeLessThan(JUNE_MORNING_MS + 60_000);
});

test('more clouds are seen in the climate', async () => {
  const { body } = await api('PATCH', 'weather', { cloudiness: 1 });
  expect(body.climate).toMatchObject({ cloudiness: 1, linkeTurbidity: home.climate.linkeTurbidity });
});

test('flows come as a stream of events', async () => {
  const response = await fetch(url('api/v1/flows/stream'));
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array);
    if (text.split('\n\n').length > 2) break;
  }
  const data = text.split('\n').find((line) => line.startsWith('data: ')) ?? '';
  expect(JSON.parse(data.slice(6))).toMatchObject({ gridPowerW: expect.any(Number) });
});

test('metrics name every object with its power', async () => {
  const text = await (await fetch(url('metrics'))).text();
  expect(text).toMatch(/wattward_sim_power_watts\{object="pool-heater",kind="heater",site="home-1"\} 0/);
  expect(text).toMatch(
    /wattward_sim_battery_state_of_charge_ratio\{object="home-battery",kind="battery",site="home-1"\} 0\.5/,
  );
});

test('a fault of a board takes it off the bus and gives it back', async () => {
  const linkUp = async () =>
    ((await api('GET', 'objects/cellar-board')).body as { state: { linkUp: boolean } }).state.linkUp;
  expect(await until(linkUp, (up) => up)).toBe(true);
  await api('POST', 'objects/cellar-board/faults', { kind: 'no-answer' });
  expect(await until(linkUp, (up) => !up)).toBe(false);
  await api('DELETE', 'objects/cellar-board/faults');
  expect(await until(linkUp, (up) => up)).toBe(true);
});

describe('over MQTT', () => {
  let portal: MqttClient;
  const answers: Record<string, unknown>[] = [];

  beforeEach(async () => {
    answers.length = 0;
    portal = await bus.connectPortal();
    portal.on('message', (path, payload) => {
      const name = path.includes('/clock') ? 'simClock' : 'simResponse';
      const parsed = parseMessage(name, payload.toString());
      if (parsed.ok) answers.push({ name, ...parsed.message });
    });
    await portal.subscribeAsync([
      topic('simResponse', { siteId: 'home-1' }),
      topic('simClock', { siteId: 'home-1' }),
    ]);
  });

  async function ask(verb: string, request: Record<string, unknown>) {
    const transaction = `t-${verb}`;
    const path = topic('simRequest', { siteId: 'home-1', verb });
    const send = () =>
      portal.publishAsync(path, JSON.stringify({ v: 1, transaction, ...request }), { qos: 1 });
    await send();
    return until(
      async () => answers.find((answer) => answer.transaction === transaction),
      (answer) => answer !== undefined,
    );
  }

  test('the same operations answer, refusals too, and the clock is told', async () => {
    await until(
      async () => answers.find(({ name }) => name === 'simClock'),
      (told) => told !== undefined,
    );
    expect(await ask('switch-object', { id: 'oven', body: { on: true } })).toMatchObject({
      status: 'ok',
      data: { id: 'oven', state: { on: true } },
    });
    expect(await ask('change-object', { id: 'oven', body: { powerW: -5 } })).toMatchObject({
      status: 'error',
      error: { code: 'bad-property' },
    });
    expect(await ask('fly', {})).toMatchObject({ status: 'error', error: { code: 'no-operation' } });
    expect(await ask('change-clock', { body: { speed: 4 } })).toMatchObject({ status: 'ok' });
    const told = await until(
      async () => answers.find(({ name, speed }) => name === 'simClock' && speed === 4),
      (found) => found !== undefined,
    );
    expect(told).toMatchObject({ speed: 4, paused: false });
  });
});
