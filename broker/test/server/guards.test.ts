/** One test for each trap measured in the engine: what one client can cost the broker and the others. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  connectPacket,
  halfPublishPacket,
  packet,
  publishPacket,
  subscribePacket,
} from '../../bench/packets.ts';
import type { ClearCredential } from '../../src/access/credential-store.ts';
import { type BrokerLimits, CLIENT_LIMITS } from '../../src/server/limits.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { RawClient, refusalOf, TestClient } from './mqtt-clients.ts';

const board: ClearCredential = { id: 'board-1', secret: 'secret-of-board-1-22ch', role: 'board' };
const edge: ClearCredential = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' };
const site: ClearCredential = { id: 'home-1', secret: 'secret-of-home-1-22cha', role: 'site' };
const portal: ClearCredential = { id: 'portal', secret: 'secret-of-the-portal-2', role: 'portal' };
const STATE = 'wattward/v1/board/board-1/state';

const running: Broker[] = [];
const clients: TestClient[] = [];
const sockets: RawClient[] = [];

async function start(limits: Partial<BrokerLimits> = {}): Promise<Broker> {
  const broker = await startBroker({
    credentials: [board, edge, site, portal],
    host: '127.0.0.1',
    port: 0,
    limits,
  });
  running.push(broker);
  return broker;
}

async function open(broker: Broker, login: ClearCredential, options = {}): Promise<TestClient> {
  const client = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, login, options);
  clients.push(client);
  return client;
}

async function raw(broker: Broker, from?: string): Promise<RawClient> {
  const client = await RawClient.open(broker.port, from);
  sockets.push(client);
  return client;
}

async function loggedIn(broker: Broker, login: ClearCredential): Promise<RawClient> {
  const client = await raw(broker);
  client.send(connectPacket(login));
  expect([...(await client.bytes(4))]).toEqual([0x20, 2, 0, 0]);
  return client;
}

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.destroy();
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await Promise.all(running.splice(0).map((broker) => broker.close()));
});

describe('before anybody has said who he is', () => {
  test('a header that announces 256 MB ends the connection at its third byte', async () => {
    const broker = await start();
    const client = await raw(broker);
    client.send([0x10, 0xff, 0xff]);
    await client.ended;
    expect(broker.monitor.refusals.get('packet-too-long')).toBe(1);
  });

  test.each([
    ['a CONNECT of 2 KiB', connectPacket(board, 'x'.repeat(2048)), 'packet-too-long'],
    ['something else than CONNECT', publishPacket(STATE, Buffer.from('x')), 'connect-expected'],
    ['a length of five digits', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 1]), 'length-malformed'],
    ['bytes without end', Buffer.alloc(100_000, 0xc0), 'connect-expected'],
  ] as const)('%s ends the connection', async (_, bytes, why) => {
    const broker = await start();
    const client = await raw(broker);
    client.send(bytes);
    await client.ended;
    expect(broker.monitor.refusals.get(why)).toBe(1);
  });

  test('a CONNECT that comes byte by byte or not at all ends at the time-out', async () => {
    const broker = await start({ connectTimeoutMs: 150 });
    const silent = await raw(broker);
    const slow = await raw(broker);
    for (const byte of connectPacket(board).subarray(0, 10)) slow.send([byte]);
    await Promise.all([silent.ended, slow.ended]);
    expect(broker.monitor.refusals.get('connect-timeout')).toBe(2);
  });

  test('2,000 idle sockets get no further than the places for strangers, and the others go on', async () => {
    const broker = await start({ connectionsPerSPerAddress: 1e6, connectionBurstPerAddress: 1e6 });
    const relay = await open(broker, board);
    const idle: RawClient[] = [];
    for (let i = 0; i < 2_000; i += 1) idle.push(await raw(broker));
    const limit = 64;
    await Promise.all(idle.slice(limit).map(({ ended }) => ended));
    expect(broker.monitor.refusals.get('too-many-pending')).toBe(2_000 - limit);
    expect(await relay.publish(STATE, 'alive', true)).toBe('acknowledged');
    for (const { socket } of idle) socket.destroy();
  });

  test('too many new connections from one address wait; other addresses do not', async () => {
    const broker = await start({ connectionsPerSPerAddress: 0.001, connectionBurstPerAddress: 3 });
    for (let i = 0; i < 3; i += 1) await raw(broker, '127.0.0.2');
    await (await raw(broker, '127.0.0.2')).ended;
    expect(broker.monitor.refusals.get('connection-rate')).toBe(1);
    expect((await open(broker, board)).mqtt.connected).toBe(true);
  });

  test('five wrong secrets close the door for that name from that address, not for its owner elsewhere', async () => {
    const broker = await start();
    const url = `mqtt://127.0.0.1:${broker.port}`;
    for (let i = 0; i < 5; i += 1) {
      const guess = await raw(broker, '127.0.0.3');
      guess.send(connectPacket({ ...board, secret: `guess-${i}` }));
      expect([...(await guess.ended)]).toEqual([0x20, 2, 0, 4]);
    }
    const late = await raw(broker, '127.0.0.3');
    late.send(connectPacket(board));
    expect([...(await late.ended)]).toEqual([0x20, 2, 0, 5]);
    expect(broker.monitor.refusals.get('blocked')).toBe(1);
    expect(await refusalOf(url, board)).toBe('accepted');
  });
});

describe('once inside', () => {
  test('a packet longer than its role may send ends the connection before it is read', async () => {
    const broker = await start();
    const relay = await loggedIn(broker, board);
    relay.send(publishPacket(STATE, Buffer.alloc(CLIENT_LIMITS.board.maxPacketBytes)).subarray(0, 100));
    await relay.ended;
    expect(broker.monitor.refusals.get('packet-too-long')).toBe(1);
  });

  test('the longest message of the wire still passes', async () => {
    const broker = await start();
    const reader = await open(broker, portal);
    await reader.subscribe('wattward/v1/site/+/+');
    const box = await open(broker, site);
    const plan = 'x'.repeat(65_536);
    expect(await box.publish('wattward/v1/site/home-1/plan', plan, true)).toBe('acknowledged');
    expect((await reader.waitFor(({ topic }) => topic.endsWith('/plan'))).text).toHaveLength(65_536);
  });

  test.each([
    ['messages', publishPacket(STATE, Buffer.from('x'))],
    ['pings', Buffer.from([0xc0, 0])],
    ['subscriptions', subscribePacket(1, ['#'])],
  ])('a flood of %s ends the connection', async (_, bytes) => {
    const broker = await start();
    const relay = await loggedIn(broker, board);
    relay.send(Buffer.concat(Array.from({ length: 1_000 }, () => bytes)));
    await relay.ended;
    expect(broker.monitor.refusals.get('rate')).toBe(1);
  });

  test('a flood of bytes in few messages ends the connection', async () => {
    const broker = await start();
    const relay = await loggedIn(broker, board);
    const large = publishPacket(STATE, Buffer.alloc(16_000));
    for (let i = 0; i < 20; i += 1) relay.send(large);
    await relay.ended;
    expect(broker.monitor.refusals.get('rate')).toBe(1);
  });

  test('a topic of 101 levels ends the connection and nothing more', async () => {
    const broker = await start();
    const relay = await open(broker, board);
    const deep = Array.from({ length: 101 }, () => 'a').join('/');
    expect(await relay.publish(deep, 'x')).toBe('closed');
    const other = await loggedIn(broker, board);
    other.send(subscribePacket(1, [deep]));
    await other.ended;
    expect((await open(broker, board)).mqtt.connected).toBe(true);
  });

  test('subscriptions beyond the quota are refused, and free again after unsubscribing', async () => {
    const broker = await start();
    const box = await open(broker, portal);
    const quota = CLIENT_LIMITS.portal.maxSubscriptions;
    const filter = (i: number) => `wattward/v1/site/s-${i}/event`;
    for (let i = 0; i < quota; i += 1) expect(await box.subscribe(filter(i))).toBe(1);
    expect(await box.subscribe(filter(quota))).toBe(128);
    await box.mqtt.unsubscribeAsync(filter(0));
    expect(await box.subscribe(filter(quota))).toBe(1);
  });

  test('half-open QoS 2 messages are bounded', async () => {
    const broker = await start();
    const relay = await loggedIn(broker, board);
    for (let i = 1; i <= 30; i += 1) relay.send(halfPublishPacket(i, STATE, 'x'));
    await relay.ended;
  });

  test('retained topics beyond the quota are delivered but not kept, and what is kept can still change', async () => {
    const broker = await start({ maxRetainedTopics: 2 });
    const box = await open(broker, edge);
    const config = (i: number) => `wattward/v1/board/b-${i}/config`;
    for (let i = 0; i < 4; i += 1) await box.publish(config(i), `config ${i}`, true);
    await box.publish(config(1), 'config 1 changed', true);
    const reader = await open(broker, { ...edge });
    await reader.subscribe('wattward/v1/board/+/config');
    await reader.publish(config(9), 'mark');
    await reader.waitFor(({ text }) => text === 'mark');
    const kept = reader.received.filter(({ retain }) => retain).map(({ text }) => text);
    expect(kept.toSorted()).toEqual(['config 0', 'config 1 changed']);
  });

  test('a retained value that no longer fits is dropped, not left to be believed', async () => {
    const broker = await start({ maxRetainedBytes: 1_000 });
    const relay = await open(broker, board);
    await relay.publish(STATE, 'small', true);
    await relay.publish(STATE, 'x'.repeat(2_000), true);
    const box = await open(broker, edge);
    await box.subscribe('wattward/v1/board/+/#');
    await relay.publish('wattward/v1/board/board-1/button', 'mark');
    await box.waitFor(({ text }) => text === 'mark');
    expect(box.received.map(({ text }) => text)).toEqual(['mark']);
  });

  test('an absent site is kept a bounded number of messages, the oldest ones', async () => {
    const broker = await start();
    const away = await open(broker, site, { clean: false });
    await away.subscribe('wattward/v1/site/home-1/event/ack');
    await away.end();
    const sender = await open(broker, portal);
    const quota = CLIENT_LIMITS.site.maxQueuedMessages;
    for (let i = 0; i < quota + 50; i += 1)
      await sender.publish('wattward/v1/site/home-1/event/ack', String(i));
    const back = await open(broker, site, { clean: false });
    await back.waitFor(({ text }) => text === String(quota - 1));
    await sender.publish('wattward/v1/site/home-1/event/ack', 'mark');
    await back.waitFor(({ text }) => text === 'mark');
    expect(back.received).toHaveLength(quota + 1);
  });

  test('a subscriber that takes nothing is dropped, and others wait less than a second meanwhile', async () => {
    const broker = await start();
    const frozen = await loggedIn(broker, edge);
    frozen.send(subscribePacket(1, ['wattward/v1/board/+/state']));
    await once(frozen.socket, 'data');
    frozen.socket.pause();
    const reader = await open(broker, portal);
    await reader.subscribe('wattward/v1/site/+/+');
    const box = await open(broker, site);
    const relay = await open(broker, board);
    let slowestMs = 0;
    for (let i = 0; !broker.monitor.refusals.has('unsent'); i += 1) {
      // 12 KiB each, so a few hundred fill the frozen one's share; a new connection keeps the sender within its rate.
      if (i % 8 === 7) await relay.mqtt.reconnect();
      void relay.mqtt.publishAsync(STATE, 'x'.repeat(12_000), { qos: 0 }).catch(() => {});
      const startedMs = performance.now();
      await box.publish('wattward/v1/site/home-1/event', String(i));
      await reader.waitFor(({ text }) => text === String(i));
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    }
    expect(slowestMs).toBeLessThan(1_000);
    frozen.socket.resume();
    await frozen.ended;
  });
});

test('an endless stream of nonsense packets of all kinds leaves the broker as it was', async () => {
  const broker = await start({ connectionsPerSPerAddress: 1e6, connectionBurstPerAddress: 1e6 });
  let state = 12_345;
  const byte = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  const nonsense = (length: number) => Buffer.from(Array.from({ length }, byte));
  for (let i = 0; i < 300; i += 1) {
    const client = await raw(broker);
    if (i % 2 === 0) client.send(connectPacket(board));
    client.send(packet(byte(), nonsense(byte())));
    client.send(nonsense(200));
    client.socket.end();
    await client.ended;
  }
  expect(await refusalOf(`mqtt://127.0.0.1:${broker.port}`, board)).toBe('accepted');
});
