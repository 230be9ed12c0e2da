import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { anonymousConnectPacket } from '../../bench/packets.ts';
import { addCredential, revokeCredential } from '../../src/access/credentials-file.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { RawClient, refusalOf, TestClient } from './mqtt-clients.ts';

const board = { id: 'board-1', secret: 'secret-of-board-1-22ch', role: 'board' as const };
const other = { id: 'board-2', secret: 'secret-of-board-2-22ch', role: 'board' as const };
const edge = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' as const };
const portal = { id: 'portal', secret: 'secret-of-the-portal-2', role: 'portal' as const };
const STATE = 'wattward/v1/board/board-1/state';
const COMMAND = 'wattward/v1/board/board-1/command';

let broker: Broker;
let url = '';
const clients: TestClient[] = [];
async function open(login: typeof board | typeof edge | typeof portal, at = url): Promise<TestClient> {
  const client = await TestClient.open(at, login);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  broker = await startBroker({
    credentials: [board, other, edge, portal],
    host: '127.0.0.1',
    port: 0,
    wsPort: 0,
  });
  url = `mqtt://127.0.0.1:${broker.port}`;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});
afterAll(() => broker.close());

describe('a home bus', () => {
  test.each(['mqtt', 'ws'])('carries commands down and states up (%s)', async (scheme) => {
    const at = scheme === 'mqtt' ? url : `ws://127.0.0.1:${broker.wsPort}`;
    const box = await open(edge, at);
    const relay = await open(board, at);
    expect(await box.subscribe('wattward/v1/board/+/state')).toBe(1);
    expect(await relay.subscribe(COMMAND)).toBe(1);
    expect(await box.publish(COMMAND, 'on')).toBe('acknowledged');
    await relay.waitFor(({ topic, text }) => topic === COMMAND && text === 'on');
    expect(await relay.publish(STATE, `state over ${scheme}`, true)).toBe('acknowledged');
    await box.waitFor(({ topic, text }) => topic === STATE && text === `state over ${scheme}`);
  });

  test('gives a retained state to whoever comes later, and never a command', async () => {
    const relay = await open(board);
    await relay.publish(STATE, 'kept', true);
    const box = await open(edge);
    await box.publish(COMMAND, 'not kept');
    await box.subscribe('wattward/v1/board/+/#');
    const state = await box.waitFor(({ topic }) => topic === STATE);
    expect(state).toMatchObject({ topic: STATE, text: 'kept', retain: true });
    expect(box.received.map(({ topic }) => topic)).not.toContain(COMMAND);
  });
});

describe('who is not who he says', () => {
  test.each([
    ['a wrong secret', { ...board, secret: 'wrong' }, {}, 'Bad username or password'],
    ['an unknown identity', { id: 'nobody', secret: board.secret }, {}, 'Bad username or password'],
    ['no secret at all', { id: board.id, secret: '' }, {}, 'Bad username or password'],
    ["another's client id", board, { clientId: other.id }, 'Identifier rejected'],
    ['a wildcard as client id', board, { clientId: '#' }, 'Identifier rejected'],
    [
      'a will on a foreign topic',
      board,
      { will: { topic: 'wattward/v1/board/board-2/state', payload: Buffer.from('x'), qos: 1, retain: true } },
      'Not authorized',
    ],
    [
      'a retained command as will',
      edge,
      { will: { topic: COMMAND, payload: Buffer.from('on'), qos: 1, retain: true } },
      'Not authorized',
    ],
  ] as const)('%s is refused', async (_, login, options, reason) => {
    expect(await refusalOf(url, login, options)).toContain(reason);
  });

  test('an anonymous client is refused', async () => {
    for (const clientId of ['', 'anybody', board.id]) {
      const raw = await RawClient.open(broker.port);
      raw.send(anonymousConnectPacket(clientId));
      expect([...(await raw.ended)]).toEqual([0x20, 2, 0, 4]);
    }
  });

  test('a second connection of the same identity takes the place of the first', async () => {
    const first = await open(board);
    const second = await open(board);
    await first.closed();
    expect(await second.publish(STATE, 'still here', true)).toBe('acknowledged');
  });

  test('whoever tries to steal a client id does not disturb its owner', async () => {
    const owner = await open(board);
    for (const thief of [other, portal, { ...board, secret: 'wrong' }]) {
      expect(await refusalOf(url, thief, { clientId: board.id })).not.toBe('accepted');
    }
    expect(await owner.publish(STATE, 'mine', true)).toBe('acknowledged');
  });
});

describe('what is not allowed', () => {
  test.each([
    [board, 'wattward/v1/board/board-2/state'],
    [board, COMMAND],
    [board, '$SYS/x/new/clients'],
    [portal, COMMAND],
    [board, 'anything/else'],
  ])('%j publishing on %s ends the connection and reaches nobody', async (login, topic) => {
    const box = await open(edge);
    await box.subscribe('wattward/v1/board/+/#');
    const culprit = await open(login);
    expect(await culprit.publish(topic, 'stolen')).toBe('closed');
    const witness = await open(other);
    await witness.publish('wattward/v1/board/board-2/button', 'after');
    await box.waitFor(({ text }) => text === 'after');
    expect(box.received.map(({ text }) => text)).not.toContain('stolen');
  });

  test('a retained command is refused, the same command unretained is not', async () => {
    const box = await open(edge);
    expect(await box.publish(COMMAND, 'on')).toBe('acknowledged');
    expect(await box.publish(COMMAND, 'on', true)).toBe('closed');
  });

  test('a refused subscription is answered with 128 and the connection goes on', async () => {
    const relay = await open(board);
    for (const filter of ['#', '+/#', '$SYS/#', 'wattward/v1/board/+/command', 'wattward/v1/site/+/state']) {
      expect({ filter, granted: await relay.subscribe(filter) }).toEqual({ filter, granted: 128 });
    }
    expect(await relay.subscribe(COMMAND)).toBe(1);
  });
});

test('an identity added while the broker runs can connect, and is cut off when it is revoked', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'broker-'));
  const live = await startBroker({ dataDir: dir, host: '127.0.0.1', port: 0 });
  const at = `mqtt://127.0.0.1:${live.port}`;
  try {
    const issued = await addCredential(dir, { id: 'home-1', role: 'site' });
    let client: TestClient | undefined;
    while (!client) client = await TestClient.open(at, issued).catch(() => undefined);
    expect(await client.subscribe('wattward/v1/site/home-1/setpoint')).toBe(1);
    await revokeCredential(dir, 'home-1');
    await client.closed();
    expect(await refusalOf(at, issued)).not.toBe('accepted');
  } finally {
    await live.close();
    await rm(dir, { recursive: true });
  }
});

test('a taken port is one sentence with a remedy', async () => {
  const second = startBroker({ credentials: [], host: '127.0.0.1', port: broker.port });
  await expect(second).rejects.toMatchObject({ code: 'BROKER_PORT_TAKEN', remedy: expect.any(String) });
});
