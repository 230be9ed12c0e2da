import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BoardAck, BoardState } from '@wattward/broker/wire/board';
import { parseMessage } from '@wattward/broker/wire/message';
import { parseTopic, topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import { boardIds, meterIds } from '../src/home/identity.ts';
import { SiteClock } from '../src/home/site-clock.ts';
import { Simulator } from '../src/simulator.ts';
import { type HomeBus, openHomeBus } from './faces/home-bus.ts';
import { defaultHome, JUNE_MORNING_MS } from './home/homes.ts';

const home = defaultHome();
const [boardId = ''] = boardIds(home, 'home-1');
const [meterId = ''] = meterIds(home, 'home-1');
const SPEED = 20;

let bus: HomeBus;
let simulator: Simulator;
let box: MqttClient;
const heard: { name: string; message: unknown; retained: boolean }[] = [];

async function start(): Promise<Simulator> {
  return Simulator.start({
    home,
    siteId: 'home-1',
    dataDir: bus.dataDir,
    clock: new SiteClock({ realMs: Date.now(), siteMs: JUNE_MORNING_MS, speed: SPEED }),
    host: '127.0.0.1',
    httpPort: 0,
    meterPort: 0,
    inverterPort: 0,
    brokerUrl: bus.url,
    secretsDir: bus.secretsDir,
    measured: null,
    log: () => {},
  });
}

beforeEach(async () => {
  heard.length = 0;
  bus = await openHomeBus([boardId], [meterId]);
  box = await bus.connectBox();
  box.on('message', (path, payload, packet) => {
    const found = parseTopic(path);
    if (!found) return;
    const parsed = parseMessage(found.name, payload.toString());
    if (!parsed.ok) throw new Error(`${path}: ${parsed.problem}`);
    heard.push({ name: found.name, message: parsed.message, retained: packet.retain });
  });
  await box.subscribeAsync([
    topic('boardState', { boardId }),
    topic('boardHello', { boardId }),
    topic('boardAvailability', { boardId }),
    topic('boardAck', { boardId }),
    topic('meterReading', { meterId }),
  ]);
  simulator = await start();
});

afterEach(async () => {
  await simulator.close();
  await bus.close();
});

/** The first thing heard, now or within ten seconds, that `pick` takes. */
async function hear<T>(name: string, pick: (message: T) => boolean = () => true): Promise<T> {
  const deadlineMs = performance.now() + 10_000;
  while (performance.now() < deadlineMs) {
    const found = heard.find((entry) => entry.name === name && pick(entry.message as T));
    if (found) return found.message as T;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no ${name} as wanted among ${JSON.stringify(heard.slice(-5))}`);
}

async function api(method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${simulator.ports.httpPort}/api/v1/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function command(state: BoardState, change: Record<string, unknown>): string {
  return JSON.stringify({
    v: 1,
    board: boardId,
    boot: state.boot,
    seq: 1,
    channel: 1,
    on: true,
    leaseS: 30,
    expUptimeMs: state.uptimeMs + 60_000,
    reason: 'test',
    ...change,
  });
}

describe('a home on the bus', () => {
  test('has a board that obeys leases and comes back to its safe state alone', async () => {
    const state = await hear<BoardState>('boardState');
    await box.publishAsync(topic('boardCommand', { boardId }), command(state, {}), { qos: 1 });
    expect(await hear<BoardAck>('boardAck')).toMatchObject({ seq: 1, result: 'done' });
    await hear<BoardState>('boardState', ({ channels }) => channels[0]?.on === true);
    await hear<{ signals: Record<string, number> }>(
      'meterReading',
      ({ signals }) => signals.poolHeaterPowerW === 2100,
    );
    // Nobody renews: after 30 s of the home the relay falls.
    const fallen = await hear<BoardState>('boardState', ({ channels }) => channels[0]?.cause === 'lease-end');
    expect(fallen.channels[0]?.on).toBe(false);
    await hear<{ signals: Record<string, number> }>(
      'meterReading',
      ({ signals }) => signals.poolHeaterPowerW === 0,
    );
  });

  test('has a board that refuses what is not meant for it and now', async () => {
    const state = await hear<BoardState>('boardState');
    for (const [i, change] of [{ boot: 'ffffffff' }, { expUptimeMs: 1 }, { channel: 9 }].entries()) {
      await box.publishAsync(topic('boardCommand', { boardId }), command(state, { seq: i + 1, ...change }), {
        qos: 1,
      });
    }
    const why = async (seq: number) => (await hear<BoardAck>('boardAck', (ack) => ack.seq === seq)).why;
    expect([await why(1), await why(2), await why(3)]).toEqual(['foreign-boot', 'expired', 'bad-channel']);
  });

  test('leaves its last will when it is gone, and says hello again when it is back', async () => {
    await hear('boardAvailability', (message) => message === 'online');
    const first = await hear<{ boot: string }>('boardHello');
    await simulator.close();
    await hear('boardAvailability', (message) => message === 'offline');
    simulator = await start();
    const second = await hear<{ boot: string }>('boardHello', ({ boot }) => boot !== first.boot);
    expect(second.boot).not.toBe(first.boot);
  });

  test('goes on after a restart where it was', async () => {
    await api('PATCH', 'objects/home-battery', { socPct: 71.5 });
    await api('PATCH', 'objects/oven', { powerW: 2750 });
    await simulator.close();
    simulator = await start();
    const battery = (await api('GET', 'objects/home-battery')).body as { state: { socPct: number } };
    expect(Math.abs(battery.state.socPct - 71.5)).toBeLessThan(0.5);
    expect((await api('GET', 'objects/oven')).body).toMatchObject({ properties: { powerW: 2750 } });
  });
});

describe('the HTTP interface', () => {
  test('switches an appliance, and the meter sees it', async () => {
    const { status, body } = await api('POST', 'objects/oven/switch', { on: true });
    expect([status, (body as { state: { on: boolean } }).state.on]).toEqual([200, true]);
    const deadlineMs = performance.now() + 5_000;
    let loads: Record<string, number> = {};
    while (loads.oven !== 3000 && performance.now() < deadlineMs) {
      loads = (await api('GET', 'flows')).body.loads as Record<string, number>;
    }
    expect(loads.oven).toBe(3000);
  });

  test('lists objects with properties and state, relays included', async () => {
    const { body } = await api('GET', 'objects');
    const objects = body.objects as { id: string; state: Record<string, unknown> }[];
    expect(objects).toHaveLength(home.objects.length);
    const board = objects.find(({ id }) => id === 'cellar-board');
    expect(board?.state.board).toBe(boardId);
    expect(board?.state.channels).toHaveLength(4);
  });

  test('tells the time of the home', async () => {
    const { body } = await api('GET', 'clock');
    expect(body).toMatchObject({ speed: SPEED, zone: 'Europe/Berlin' });
    expect(Date.parse(String(body.at))).toBeGreaterThanOrEqual(JUNE_MORNING_MS);
  });

  test('presses the button of a board', async () => {
    await hear('boardState');
    const { body } = await api('POST', 'objects/cellar-board/button', { channel: 2 });
    const { channels } = (body as { state: { channels: { on: boolean; cause: string }[] } }).state;
    expect(channels[1]).toMatchObject({ on: true, cause: 'button' });
  });

  test.each([
    ['POST', 'objects/sauna/switch', { on: true }, 404, 'no-object'],
    ['POST', 'objects/pool-heater/switch', { on: true }, 409, 'relay-switched'],
    ['POST', 'objects/home-battery/switch', { on: true }, 409, 'no-switch'],
    ['POST', 'objects/oven/switch', { state: 'on' }, 400, 'bad-body'],
    ['POST', 'objects/oven/button', { channel: 1 }, 409, 'no-button'],
    ['PATCH', 'objects/oven', { powerW: -5 }, 400, 'bad-property'],
    ['PATCH', 'objects/oven', { kind: 'pv' }, 400, 'fixed-property'],
    ['PATCH', 'objects/home-battery', { socPct: 130 }, 400, 'bad-property'],
    ['GET', 'moon', undefined, 404, 'no-route'],
  ])('refuses %s %s %j with %s', async (method, path, body, status, code) => {
    const answer = await api(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code, message: expect.any(String), remedy: expect.any(String) });
  });
});

test('a start without a credential says whose is missing and leaves no port open', async () => {
  const lost = {
    ...home,
    objects: home.objects.map((o) => (o.kind === 'board' ? { ...o, id: 'attic' } : o)),
  };
  const options = { home: lost, siteId: 'home-9', dataDir: bus.dataDir, host: '127.0.0.1' };
  await expect(
    Simulator.start({
      ...options,
      clock: new SiteClock({ realMs: 0, siteMs: 0, speed: 1 }),
      httpPort: 0,
      meterPort: 0,
      inverterPort: 0,
      brokerUrl: bus.url,
      secretsDir: bus.secretsDir,
      measured: null,
      log: () => {},
    }),
  ).rejects.toMatchObject({ code: 'no-credential' });
});
