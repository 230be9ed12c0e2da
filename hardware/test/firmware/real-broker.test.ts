/** The application against the project's real broker: what its rights let a board do, before and after the claim. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FACTORY_TOPICS } from '@wattward/broker/access/credential';
import { type Broker, startBroker } from '@wattward/broker/server/start-broker';
import mqtt from 'mqtt';
import { TestClient } from '../../../broker/test/server/mqtt-clients.ts';
import { PIN_MAPS } from '../../board/pin-map.ts';
import { BoardApplication } from '../../firmware/application.ts';
import type { MqttPort } from '../../firmware/ports.ts';
import { StubSettings, text } from './stub-platform.ts';

const CLAIMED = { id: 'esp12f-a4cf12b3c4d5', secret: 'secret-of-this-board-1', role: 'board' as const };
const FRESH = { id: 'esp12f-a4cf12000001', secret: 'ABCDE01234FGHJK56789', role: 'board' as const };
const EDGE = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' as const };

let broker: Broker;
let box: TestClient;
const running: NodeJS.Timeout[] = [];
const open: mqtt.MqttClient[] = [];

beforeAll(async () => {
  broker = await startBroker({
    credentials: [CLAIMED, { ...FRESH, topics: FACTORY_TOPICS }, EDGE],
    host: '127.0.0.1',
    port: 0,
  });
});
afterEach(async () => {
  for (const timer of running.splice(0)) clearInterval(timer);
  await Promise.all(open.splice(0).map((client) => client.endAsync(true)));
  await box?.end();
});
afterAll(() => broker.close());

/** The SDK's client, played by another MQTT library. */
const overNetwork: MqttPort = {
  connect(options) {
    const { id, user, password, will } = options;
    const client = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, {
      clientId: id,
      username: user,
      password,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      ...(will ? { will: { ...will, payload: Buffer.from(will.message) } } : {}),
    });
    open.push(client);
    client.on('connect', () => {
      options.onWritable(4000);
      options.onAccepted(0);
    });
    client.on('message', (topic, payload) => {
      // In two pieces, as a small socket gives them.
      const cut = payload.length >> 1;
      options.onPart(payload.subarray(0, cut), { topic, byteLength: payload.length });
      options.onPart(payload.subarray(cut), {});
    });
    client.on('error', () => {});
    client.on('close', () => options.onClosed());
    return {
      subscribe: (topics) => void client.subscribe([...topics], { qos: 1 }),
      publish(topic, payload, { qos, retain }) {
        client.publish(topic, Buffer.from(payload), { qos, retain });
        return 4000;
      },
      close: () => client.end(true),
    };
  },
};

/** A board whose clock runs so fast that its minimum times pass at once. */
function board(mac: string, kept: Record<string, string | number>): BoardApplication {
  const settings = new StubSettings();
  for (const [name, value] of Object.entries({ ssid: 'home', host: 'box', port: 1883, ...kept }))
    settings.set(name, value);
  let nowMs = 0;
  const application = new BoardApplication(
    {
      settings,
      text,
      mqtt: overNetwork,
      pins: { openOutput: () => ({ write() {} }), openInput: () => ({ read: () => 1 }) },
      radio: { join() {}, leave() {} },
      platform: {
        nowMs: () => nowMs,
        random32: () => 0x1234,
        health: () => ({ rssi: -50, heapBytes: 20_000 }),
        restart() {},
        sha256Hex: () => 'f'.repeat(64),
        log() {},
      },
      setup: { open() {}, close() {} },
    },
    { map: PIN_MAPS.own, model: 'esp12f-4ch', firmware: '0.1.0', mac },
  );
  application.start();
  application.address(true);
  running.push(
    setInterval(() => {
      nowMs += 1000;
      application.tick();
    }, 5),
  );
  return application;
}

const path = (id: string, name: string) => `wattward/v1/board/${id}/${name}`;

describe('on the real broker', () => {
  test('a claimed board reports itself, obeys a fresh command once, and its lease ends', async () => {
    box = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, EDGE);
    await box.subscribe('wattward/v1/board/+/#');
    board(CLAIMED.id.slice(7), { secret1: CLAIMED.secret });
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
    await box.subscribe(path(CLAIMED.id, 'availability'));
    board(CLAIMED.id.slice(7), { secret1: CLAIMED.secret });
    await box.waitFor((m) => m.text === 'online' && !m.retain);
    open[0]?.stream.destroy();
    await box.waitFor((m) => m.text === 'offline');
  });

  test('an unclaimed board says hello and stays: it does nothing that its factory credential forbids', async () => {
    box = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, EDGE);
    await box.subscribe(path(FRESH.id, 'hello'));
    const application = board(FRESH.id.slice(7), { claim: FRESH.secret });
    const hello = JSON.parse((await box.waitFor((m) => m.topic === path(FRESH.id, 'hello'))).text);
    expect(hello).toMatchObject({ board: FRESH.id, claim: 'f'.repeat(16) });
    await box.publish(path(FRESH.id, 'identify'), JSON.stringify({ v: 1, seconds: 5 }));
    expect([application.linked, open.length]).toEqual([true, 1]);
    await box.publish(
      path(FRESH.id, 'credential'),
      JSON.stringify({ v: 1, board: FRESH.id, secret: 'n'.repeat(22) }),
    );
    await new Promise<void>((resolve) => open[0]?.once('close', () => resolve()));
    expect(application.store.secret()).toBe('n'.repeat(22));
  });
});
