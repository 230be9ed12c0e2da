/** What a client may count on in a session: QoS, what is kept for it, keep-alive. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Aedes } from 'aedes';
import { publishPacket, subscribePacket } from '../../bench/packets.ts';
import type { ClearCredential } from '../../src/access/credential-store.ts';
import { storeOf } from '../../src/server/engine-store.ts';
import type { BrokerLimits } from '../../src/server/limits.ts';
import { keepSessions } from '../../src/server/session-store.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { connectOf } from './forbidden-packets.ts';
import { RawClient, TestClient } from './mqtt-clients.ts';

const board: ClearCredential = { id: 'board-1', secret: 'secret-of-board-1-22ch', role: 'board' };
const edge: ClearCredential = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' };
const site: ClearCredential = { id: 'home-1', secret: 'secret-of-home-1-22cha', role: 'site' };
const portal: ClearCredential = { id: 'portal', secret: 'secret-of-the-portal-2', role: 'portal' };
const STATE = 'wattward/v1/board/board-1/state';
const BUTTON = 'wattward/v1/board/board-1/button';
const ALL = 'wattward/v1/board/+/#';
const PLUS = 'wattward/v1/board/+/state';
const OWN = 'wattward/v1/board/board-1/#';

const running: Broker[] = [];
const clients: TestClient[] = [];
const sockets: RawClient[] = [];

async function start(limits: Partial<BrokerLimits> = {}): Promise<Broker> {
  const credentials = [board, edge, site, portal];
  const broker = await startBroker({ credentials, host: '127.0.0.1', port: 0, metricsPort: 0, limits });
  running.push(broker);
  return broker;
}

async function open(broker: Broker, login: ClearCredential, options = {}): Promise<TestClient> {
  const client = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, login, options);
  clients.push(client);
  return client;
}

async function raw(broker: Broker): Promise<RawClient> {
  const client = await RawClient.open(broker.port);
  sockets.push(client);
  return client;
}

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.destroy();
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await Promise.all(running.splice(0).map((broker) => broker.close()));
});

/** What `reader` has got, once a message sent after all others has come. */
async function receivedBy(reader: TestClient, broker: Broker): Promise<string[]> {
  const sender = await open(broker, board);
  await sender.publish(BUTTON, 'mark', false, 2);
  await reader.waitFor(({ text }) => text === 'mark');
  return reader.received.filter(({ text }) => text !== 'mark').map(({ text, qos }) => `${text} at ${qos}`);
}

describe('overlapping subscriptions', () => {
  const orders: readonly (readonly (readonly [string, 0 | 1 | 2])[])[] = [
    [
      [PLUS, 2],
      [OWN, 1],
    ],
    [
      [OWN, 1],
      [PLUS, 2],
    ],
    [
      [STATE, 1],
      [ALL, 2],
    ],
    [
      [ALL, 0],
      [PLUS, 1],
      [STATE, 2],
    ],
  ];
  test.each(orders.flatMap((order) => [true, false].map((clean) => ({ order, clean }))))(
    'deliver once, at the highest QoS granted (%j)',
    async ({ order, clean }) => {
      const broker = await start();
      const box = await open(broker, edge, { clean });
      for (const [filter, qos] of order) expect(await box.subscribe(filter, qos)).toBe(qos);
      await box.subscribe(BUTTON, 1);
      const relay = await open(broker, board);
      await relay.publish(STATE, 'two', false, 2);
      await relay.publish(STATE, 'one', false, 1);
      expect(await receivedBy(box, broker)).toEqual(['two at 2', 'one at 1']);
    },
  );

  test('lose nothing of what many send at once into a kept session', async () => {
    const broker = await start();
    const box = await open(broker, edge, { clean: false });
    for (const filter of [ALL, PLUS, OWN, STATE]) await box.subscribe(filter, 1);
    const relay = await open(broker, board);
    const texts = Array.from({ length: 50 }, (_, i) => `message ${i}`);
    await Promise.all(texts.map((text) => relay.publish(STATE, text)));
    expect(await receivedBy(box, broker)).toEqual(texts.map((text) => `${text} at 1`));
    expect(box.mqtt.connected).toBe(true);
  });

  test('leave one copy of a message for an absent client', async () => {
    const broker = await start();
    const box = await open(broker, edge, { clean: false });
    for (const filter of [ALL, PLUS, STATE]) await box.subscribe(filter, 2);
    await box.end();
    await (await open(broker, board)).publish(STATE, 'while away', false, 2);
    const back = await open(broker, edge, { clean: false });
    expect(await receivedBy(back, broker)).toEqual(['while away at 2']);
  });
});

describe('a message goes out at the QoS that was granted', () => {
  test.each([0, 1, 2] as const)('live, retained and queued, by a wildcard of QoS %i', async (granted) => {
    const broker = await start();
    const box = await open(broker, edge, { clean: false });
    const relay = await open(broker, board);
    await relay.publish(STATE, 'retained', true, 2);
    await box.subscribe(ALL, granted);
    await box.waitFor(({ text }) => text === 'retained');
    await relay.publish(BUTTON, 'live', false, 2);
    await box.waitFor(({ text }) => text === 'live');
    await box.end();
    await relay.publish(BUTTON, 'queued', false, 2);
    const back = await open(broker, edge, { clean: false });
    const queued = granted === 0 ? [] : [`queued at ${granted}`];
    expect(await receivedBy(back, broker)).toEqual(queued);
    expect(box.received.map(({ text, qos }) => `${text} at ${qos}`)).toEqual([
      `retained at ${granted}`,
      `live at ${granted}`,
    ]);
  });

  test('a filter subscribed again at another QoS takes it over', async () => {
    const broker = await start();
    const box = await open(broker, edge);
    const relay = await open(broker, board);
    for (const qos of [2, 0, 1] as const) {
      await box.subscribe(ALL, qos);
      await relay.publish(STATE, `for ${qos}`, false, 2);
    }
    expect(await receivedBy(box, broker)).toEqual(['for 2 at 2', 'for 0 at 0', 'for 1 at 1']);
  });
});

describe('a kept session', () => {
  const sessionPresent = async (broker: Broker, login: ClearCredential, clean: boolean) => {
    const client = await raw(broker);
    const answer = client.bytes(4);
    client.send(connectOf(login, { flags: clean ? 0xc2 : 0xc0 }));
    const [, , present, code] = await answer;
    expect(code).toBe(0);
    client.socket.end(Buffer.from([0xe0, 0]));
    await client.ended;
    return present === 1;
  };

  test('is told as present, also without a subscription, until a clean one ends it', async () => {
    const broker = await start();
    const told: boolean[] = [];
    for (const clean of [false, false, true, false, false])
      told.push(await sessionPresent(broker, edge, clean));
    expect(told).toEqual([false, true, false, false, true]);
    // A device starts every session clean.
    for (const clean of [false, false]) expect(await sessionPresent(broker, board, clean)).toBe(false);
  });

  test('outlives more messages at once than are kept for it', async () => {
    const broker = await start();
    const reader = await raw(broker);
    const connected = reader.bytes(4);
    reader.send(connectOf(portal, { flags: 0xc0 }));
    await connected;
    const subscribed = reader.bytes(5);
    reader.send(subscribePacket(1, ['wattward/v1/site/+/+'], 1));
    expect(await subscribed).toEqual(Buffer.from([0x90, 3, 0, 1, 1]));
    const sender = await open(broker, site);
    const count = broker.monitor.refusals.size;
    for (let i = 0; i < 300; i += 1) await sender.publish('wattward/v1/site/home-1/event', 'x');
    // It has acknowledged none of them and is still there.
    const pong = reader.bytes(2);
    reader.send([0xc0, 0]);
    await pong;
    expect(reader.socket.destroyed).toBe(false);
    expect(broker.monitor.refusals.size).toBe(count);
  });

  test('of QoS 2 takes a retained message of QoS 2', async () => {
    const broker = await start();
    await (await open(broker, board)).publish(STATE, 'retained', true, 2);
    const box = await open(broker, edge, { clean: false });
    await box.subscribe(ALL, 2);
    await box.waitFor(({ text }) => text === 'retained');
    expect(await receivedBy(box, broker)).toEqual(['retained at 2']);
    expect(box.mqtt.connected).toBe(true);
  });

  test('gets what it has not acknowledged again, marked as repeated', async () => {
    const broker = await start();
    const box = await raw(broker);
    const connected = box.bytes(4);
    box.send(connectOf(edge, { flags: 0xc0 }));
    await connected;
    const subscribed = box.bytes(5);
    box.send(subscribePacket(1, [ALL], 1));
    await subscribed;
    const message = once(box.socket, 'data');
    await (await open(broker, board)).publish(STATE, 'once more', false, 1);
    await message;
    box.socket.destroy();
    const back = await open(broker, edge, { clean: false });
    const again = await back.waitFor(({ text }) => text === 'once more');
    expect(again).toMatchObject({ qos: 1, dup: true });
  });

  test('gets it again at a QoS that it can acknowledge, though its filter is granted 0 by now', async () => {
    const broker = await start();
    const box = await raw(broker);
    const connected = box.bytes(4);
    box.send(connectOf(edge, { flags: 0xc0 }));
    await connected;
    const subscribed = box.bytes(5);
    box.send(subscribePacket(1, [ALL], 1));
    await subscribed;
    const message = once(box.socket, 'data');
    await (await open(broker, board)).publish(STATE, 'once more', false, 1);
    await message;
    const lowered = box.bytes(5);
    box.send(subscribePacket(2, [ALL], 0));
    await lowered;
    box.socket.destroy();
    const back = await open(broker, edge, { clean: false });
    expect(await back.waitFor(({ text }) => text === 'once more')).toMatchObject({ qos: 1 });
    await back.mqtt.endAsync();
    const later = await open(broker, edge, { clean: false });
    expect(await receivedBy(later, broker)).toEqual([]);
  });

  test('keeps only what was granted to it', async () => {
    const broker = await start();
    const away = await open(broker, site, { clean: false });
    const granted = await away.mqtt
      .subscribeAsync(
        { 'wattward/v1/site/home-2/event/ack': { qos: 1 }, 'wattward/v1/site/home-1/event/ack': { qos: 1 } },
        {},
      )
      .catch((error: unknown) => error);
    expect(granted).toBeDefined();
    await away.end();
    const sender = await open(broker, portal);
    await sender.publish('wattward/v1/site/home-2/event/ack', 'x'.repeat(1_000));
    const metrics = await (await fetch(`http://127.0.0.1:${broker.metricsPort}/metrics`)).text();
    expect(metrics).toContain('ems_mqtt_queued_bytes 0');
  });
});

test('a message marked as repeated by its sender goes to others unmarked', async () => {
  const broker = await start();
  const box = await open(broker, edge);
  await box.subscribe(ALL, 1);
  const relay = await raw(broker);
  const connected = relay.bytes(4);
  relay.send(connectOf(board));
  await connected;
  relay.send(Buffer.concat([Buffer.from([0x3a]), publishPacket(STATE, Buffer.from('x'), 1).subarray(1)]));
  expect(await box.waitFor(({ text }) => text === 'x')).toMatchObject({ dup: false });
});

describe('keep-alive', () => {
  const kept = (keepAliveS: number) => {
    const bytes = connectOf(board);
    bytes.writeUInt16BE(keepAliveS, bytes.indexOf('MQTT') + 6);
    return bytes;
  };

  test.each([0, 301, 2_400, 65_535])('of %i s is accepted', async (keepAliveS) => {
    const client = await raw(await start());
    const answer = client.bytes(4);
    client.send(kept(keepAliveS));
    expect([...(await answer)]).toEqual([0x20, 2, 0, 0]);
  });

  test.each([
    ['its own one and a half times over', 1, 3_600],
    ['the longest silence allowed, when its own is longer', 65_535, 1.5],
  ])('ends a silent connection after %s', async (_, keepAliveS, maxSilenceS) => {
    const client = await raw(await start({ maxSilenceS }));
    const startedMs = performance.now();
    client.send(kept(keepAliveS));
    expect([...(await client.ended)]).toEqual([0x20, 2, 0, 0]);
    expect(performance.now() - startedMs).toBeGreaterThan(1_400);
  });

  test('of TCP watches every connection from the first minute on', async () => {
    const broker = await start();
    const client = await raw(broker);
    const answer = client.bytes(4);
    client.send(kept(0));
    await answer;
    // Columns of /proc/net/tcp: local and remote address, state, queues, and "which timer:when", in hundredths.
    const local = (client.socket as Socket).localPort ?? 0;
    const port = (number: number) => `:${number.toString(16).toUpperCase().padStart(4, '0')}`;
    const lines = (await readFile('/proc/net/tcp', 'utf8'))
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const line = lines.find(
      ([, own, peer]) => own?.endsWith(port(broker.port)) && peer?.endsWith(port(local)),
    );
    const [timer, when] = line?.[5]?.split(':') ?? [];
    expect(timer).toBe('02');
    expect(Number.parseInt(when ?? '', 16)).toBeLessThanOrEqual(60 * 100);
  });
});

test('what an earlier door let into the store ends nobody who subscribes to it', async () => {
  const engine = await Aedes.createBroker();
  const server = createServer((socket) => engine.handle(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const store = storeOf(engine);
  const message = { cmd: 'publish', payload: Buffer.from('x'), retain: true };
  for (const [topic, qos] of [
    ['a/poisoned', 3],
    ['a/poisoned/+', 1],
    ['', 1],
    ['a/good', 1],
  ] as const) {
    await store.storeRetained({ ...message, topic, qos });
    await store.outgoingEnqueue({ clientId: 'reader' }, { ...message, topic, qos, retain: false });
  }
  keepSessions(engine, () => true);
  const login = { id: 'reader', secret: '' };
  const reader = await TestClient.open(`mqtt://127.0.0.1:${port}`, login, { clean: false });
  await reader.subscribe('#', 1);
  await reader.waitFor(({ topic, retain }) => topic === 'a/good' && retain);
  await reader.waitFor(({ topic, retain }) => topic === 'a/good' && !retain);
  await reader.publish('a/mark', 'mark');
  await reader.waitFor(({ text }) => text === 'mark');
  expect(reader.received.map(({ topic }) => topic).toSorted()).toEqual(['a/good', 'a/good', 'a/mark']);
  await reader.end();
  await new Promise<void>((resolve) => {
    engine.close(resolve);
  });
  server.close();
});
