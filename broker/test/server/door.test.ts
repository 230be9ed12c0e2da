/** What MQTT 3.1.1 forbids ends whoever sends it, on every listener, and nobody else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { connectPacket, publishPacket } from '../../bench/packets.ts';
import { initAuthority } from '../../src/access/authority-files.ts';
import type { IssuedSecret } from '../../src/access/credential.ts';
import { addCredential } from '../../src/access/credentials-file.ts';
import { BROKER_LIMITS } from '../../src/server/limits.ts';
import type { ListenerKind } from '../../src/server/session.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { connectOf, forbiddenConnects, forbiddenPackets, unknownLevels } from './forbidden-packets.ts';
import { RawClient, TestClient } from './mqtt-clients.ts';

const STATE = 'wattward/v1/board/board-1/state';
const MARK = 'wattward/v1/board/board-2/button';
const KINDS = ['tcp', 'tls', 'ws', 'wss'] as const satisfies readonly ListenerKind[];

let dir = '';
let broker: Broker;
let board: IssuedSecret;
let witness: TestClient;
let reader: TestClient;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'door-'));
  await initAuthority(dir, ['127.0.0.1']);
  board = await addCredential(dir, { id: 'board-1', role: 'board' });
  const other = await addCredential(dir, { id: 'board-2', role: 'board' });
  const edge = await addCredential(dir, { id: 'edge-home-1', role: 'edge' });
  const { byRole } = BROKER_LIMITS;
  const limits = {
    connectionsPerSPerAddress: 1e6,
    connectionBurstPerAddress: 1e6,
    byRole: { ...byRole, board: { ...byRole.board, packetsPerS: 1e6, packetBurst: 1e6 } },
  };
  const host = '127.0.0.1';
  broker = await startBroker({ dataDir: dir, host, port: 0, wsPort: 0, tlsPort: 0, wssPort: 0, limits });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  witness = await TestClient.open(url, other);
  reader = await TestClient.open(url, edge, { clean: false });
  await reader.subscribe('wattward/v1/board/+/#', 2);
});
afterAll(async () => {
  await Promise.all([witness.end(), reader.end()]);
  await broker.close();
  await rm(dir, { recursive: true });
});

async function open(kind: ListenerKind): Promise<RawClient> {
  const { port, tlsPort, wsPort, wssPort } = broker;
  return await RawClient.openAt(kind, { tcp: port, tls: tlsPort, ws: wsPort, wss: wssPort }[kind] ?? 0);
}

async function loggedIn(kind: ListenerKind): Promise<RawClient> {
  const client = await open(kind);
  const answer = client.bytes(4);
  client.send(connectPacket(board));
  expect([...(await answer)]).toEqual([0x20, 2, 0, 0]);
  return client;
}

let marks = 0;
/** The others are still served, on the connections they have had all the time. */
async function expectOthersServed(): Promise<void> {
  marks += 1;
  const mark = `mark ${marks}`;
  expect(await witness.publish(MARK, mark)).toBe('acknowledged');
  expect((await reader.waitFor(({ text }) => text === mark)).topic).toBe(MARK);
  expect(reader.received.filter(({ text }) => text === 'gone')).toEqual([]);
}

describe.each(KINDS)('over %s', (kind) => {
  const before = { id: 'board-1', secret: '' };

  test.each(forbiddenConnects(before, STATE).map(([what], i) => [what, i] as const))(
    'a CONNECT with %s ends the connection without an answer',
    async (_, i) => {
      const [, bytes, why] = forbiddenConnects(board, STATE)[i] ?? [];
      const count = broker.monitor.refusals.get(why ?? 'rate') ?? 0;
      const client = await open(kind);
      client.send(bytes ?? []);
      expect([...(await client.ended)]).toEqual([]);
      expect({ why, count: broker.monitor.refusals.get(why ?? 'rate') }).toEqual({ why, count: count + 1 });
      await expectOthersServed();
    },
  );

  test.each(unknownLevels(before).map(([what], i) => [what, i] as const))(
    '%s is answered with return code 1, and the connection ends',
    async (_, i) => {
      const client = await open(kind);
      client.send(unknownLevels(board)[i]?.[1] ?? []);
      expect([...(await client.ended)]).toEqual([0x20, 2, 0, 1]);
      await expectOthersServed();
    },
  );

  test.each(forbiddenPackets(before, STATE).map(([what], i) => [what, i] as const))(
    '%s ends the connection',
    async (_, i) => {
      const [, bytes, why] = forbiddenPackets(board, STATE)[i] ?? [];
      const count = broker.monitor.refusals.get(why ?? 'rate') ?? 0;
      const client = await loggedIn(kind);
      client.send(bytes ?? []);
      expect([...(await client.ended)]).toEqual([0x20, 2, 0, 0]);
      expect({ why, count: broker.monitor.refusals.get(why ?? 'rate') }).toEqual({ why, count: count + 1 });
      await expectOthersServed();
    },
  );
});

test('a frame of text on a WebSocket ends the connection', async () => {
  const webSocket = new WebSocket(`ws://127.0.0.1:${broker.wsPort}`, 'mqtt');
  const closed = new Promise((resolve) => {
    webSocket.once('close', resolve);
  });
  webSocket.once('open', () => webSocket.send('this is text'));
  await closed;
  expect(broker.monitor.refusals.get('text-frame')).toBe(1);
});

test.each([
  ['a user name without a password', { flags: 0b1000_0010 }, [0x20, 2, 0, 4]],
  ['MQTT 3.1 by its own name', { name: 'MQIsdp', level: 3 }, [0x20, 2, 0, 0]],
] as const)('%s is no violation', async (_, parts, answer) => {
  const client = await open('tcp');
  const told = client.bytes(4);
  client.send(connectOf(board, parts));
  expect([...(await told)]).toEqual(answer);
  client.socket.destroy();
});

test('all that is allowed passes byte by byte as it does at once', async () => {
  const client = await loggedIn('tcp');
  const bytes = publishPacket(STATE, Buffer.from('in pieces: ü, 電, 🔌'), 7);
  const acknowledged = client.bytes(4);
  for (const byte of bytes) client.send([byte]);
  expect([...(await acknowledged)]).toEqual([0x40, 2, 0, 7]);
  await reader.waitFor(({ text }) => text.startsWith('in pieces: ü'));
  client.socket.destroy();
});
