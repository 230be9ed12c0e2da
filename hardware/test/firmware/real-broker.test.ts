/** The built firmware against the project's real broker: what its rights let a board do, before and after the claim. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FACTORY_TOPICS } from '@wattward/broker/access/credential';
import { type Broker, startBroker } from '@wattward/broker/server/start-broker';
import { TestClient } from '../../../broker/test/server/mqtt-clients.ts';
import { BrokerClient } from './broker-client.ts';
import { BuiltFirmware } from './built-firmware.ts';

const CLAIMED = { id: 'esp12f-a4cf12b3c4d5', secret: 'secret-of-this-board-1', role: 'board' as const };
const FRESH = { id: 'esp12f-a4cf12000001', secret: 'ABCDE01234FGHJK56789', role: 'board' as const };
const EDGE = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' as const };

let broker: Broker;
let box: TestClient;
const clocks: NodeJS.Timeout[] = [];
const boards: BuiltFirmware<BrokerClient>[] = [];

beforeAll(async () => {
  broker = await startBroker({
    credentials: [CLAIMED, { ...FRESH, topics: FACTORY_TOPICS }, EDGE],
    host: '127.0.0.1',
    port: 0,
  });
});
afterEach(async () => {
  for (const clock of clocks.splice(0)) clearInterval(clock);
  const clients = boards.splice(0).flatMap((board) => board.clients);
  await Promise.all(clients.map(({ client }) => client.endAsync(true)));
  expect(clients.flatMap((client) => client.faults)).toEqual([]);
  await box?.end();
});
afterAll(() => broker.close());

/** A board whose clock runs so fast that its minimum times pass at once. */
async function powered(id: string, kept: Record<string, unknown>): Promise<BuiltFirmware<BrokerClient>> {
  const board = new BuiltFirmware((options) => new BrokerClient(`mqtt://127.0.0.1:${broker.port}`, options));
  board.mac = id.slice('esp12f-'.length);
  for (const [name, value] of Object.entries({ ssid: 'home', host: 'box', port: 1883, ...kept }))
    board.preferences.set(name, value);
  await board.run();
  boards.push(board);
  board.hasAddress();
  clocks.push(setInterval(() => board.pass(1), 5));
  return board;
}

const path = (id: string, name: string) => `wattward/v1/board/${id}/${name}`;

describe('on the real broker', () => {
  test('a claimed board reports itself, obeys a fresh command once, and its lease ends', async () => {
    box = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, EDGE);
    await box.subscribe('wattward/v1/board/+/#');
    await powered(CLAIMED.id, { secret1: CLAIMED.secret });
    const heard = (name: string, has: (m: Record<string, unknown>) => boolean) =>
      box.waitFor(
        (m) => m.topic === path(CLAIMED.id, name) && m.text.startsWith('{') && has(JSON.parse(m.text)),
      );
    const first = JSON.parse((await heard('state', (m) => Number(m.uptimeMs) > 61_000)).text);
    const command = { v: 1, board: CLAIMED.id, boot: first.boot, seq: 1, channel: 2, on: true, leaseS: 60 };
    const sent = JSON.stringify({ ...command, expUptimeMs: 1e9, reason: 'test' });
    await box.publish(path(CLAIMED.id, 'command'), sent);
    expect(JSON.parse((await heard('ack', (m) => m.seq === 1)).text)).toMatchObject({ result: 'done' });
    await box.publish(path(CLAIMED.id, 'command'), sent);
    await heard('ack', (m) => m.why === 'old-seq');
    const channel2 = (m: Record<string, unknown>) => (m.channels as { on: boolean; cause: string }[])[1];
    await heard('state', (m) => channel2(m)?.on === true);
    await heard('state', (m) => channel2(m)?.cause === 'lease-end');
  });

  test('its last will says that it is gone', async () => {
    box = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, EDGE);
    const availability = path(CLAIMED.id, 'availability');
    await box.subscribe(availability);
    const board = await powered(CLAIMED.id, { secret1: CLAIMED.secret });
    await box.waitFor((m) => m.text === 'online' && !m.retain);
    board.clients[0]?.client.stream.destroy();
    const gone = await box.waitFor((m) => m.topic === availability && !m.retain && m.text !== 'online');
    expect(gone.text).toBe('offline');
  });

  test('an unclaimed board says hello, takes its secret, and comes back with it', async () => {
    box = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, EDGE);
    await box.subscribe(path(FRESH.id, 'hello'));
    const board = await powered(FRESH.id, { claim: FRESH.secret });
    const hello = JSON.parse((await box.waitFor((m) => m.topic === path(FRESH.id, 'hello'))).text);
    expect(hello).toMatchObject({ board: FRESH.id, claim: expect.stringMatching(/^[0-9a-f]{16}$/) });
    await box.publish(path(FRESH.id, 'identify'), JSON.stringify({ v: 1, seconds: 5 }));
    expect(board.clients).toHaveLength(1);
    const secret = 'n'.repeat(22);
    const closed = new Promise<void>((resolve) => board.clients[0]?.client.once('close', () => resolve()));
    await box.publish(path(FRESH.id, 'credential'), JSON.stringify({ v: 1, board: FRESH.id, secret }));
    await closed;
    expect(board.preferences.get('secret1')).toBe(secret);
  });
});
