/**
 * No packet of one client ends another's session: any bytes in the headers of CONNECT, PUBLISH, SUBSCRIBE and
 * UNSUBSCRIBE, from whoever holds a credential, and whether he stays, says good-bye or just goes.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { connectPacket, PINGREQ, packet } from '../../bench/packets.ts';
import type { ClearCredential } from '../../src/access/credential-store.ts';
import { CLIENT_LIMITS } from '../../src/server/limits.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { bytesField } from './forbidden-packets.ts';
import { RawClient, TestClient } from './mqtt-clients.ts';

const who = (id: string, role: ClearCredential['role'], more = {}): ClearCredential => ({
  id,
  role,
  secret: `secret-of-${id}`,
  ...more,
});
const witness = who('board-2', 'board');
const senders = [
  who('board-1', 'board'),
  who('board-new', 'board', { topics: ['boardHello', 'boardIdentify', 'boardCredential'] }),
  who('edge-other', 'edge'),
  who('home-1', 'site'),
  who('portal-other', 'portal'),
  who('tablet-other', 'installer'),
];
const readers = [who('edge-qos-1', 'edge'), who('edge-qos-2', 'edge'), who('edge-kept', 'edge')] as const;
/** They come anew each time and get what is retained: at QoS 1, at QoS 2, into a kept session. */
const comers = [
  who('edge-comer-1', 'edge'),
  who('edge-comer-2', 'edge'),
  who('edge-comer-kept', 'edge'),
] as const;
const tablet = who('tablet', 'installer');
const portal = who('portal', 'portal');
const panel = who('panel', 'observer');
const MARK = 'wattward/v1/board/board-2/button';
const BOARDS = 'wattward/v1/board/+/#';
const SITES = 'wattward/v1/site/+/#';
/** What the portal may have. */
const PORTALS = 'wattward/v1/site/+/+';

let broker: Broker;
let url = '';
const bystanders: TestClient[] = [];

beforeAll(async () => {
  const fast = { packetsPerS: 1e9, packetBurst: 1e9, bytesPerS: 1e12, byteBurst: 1e12 };
  const byRole = Object.fromEntries(
    Object.entries(CLIENT_LIMITS).map(([role, limits]) => [role, { ...limits, ...fast }]),
  ) as unknown as typeof CLIENT_LIMITS;
  broker = await startBroker({
    credentials: [...senders, ...readers, witness, ...comers, tablet, portal, panel],
    host: '127.0.0.1',
    port: 0,
    limits: {
      byRole,
      connectionsPerSPerAddress: 1e9,
      connectionBurstPerAddress: 1e9,
      wrongSecretsPerMinute: 1e9,
    },
  });
  url = `mqtt://127.0.0.1:${broker.port}`;
  const open = async (login: ClearCredential, filter: string, qos: 1 | 2, clean = true) => {
    const client = await TestClient.open(url, login, { clean });
    expect(await client.subscribe(filter, qos)).toBe(qos);
    bystanders.push(client);
  };
  await open(witness, 'wattward/v1/board/board-2/#', 1);
  await open(readers[0], BOARDS, 1);
  await open(readers[1], BOARDS, 2);
  await open(readers[2], BOARDS, 2, false);
  await open(tablet, 'wattward/v1/board/+/hello', 1);
  await open(portal, PORTALS, 2, false);
  await open(panel, SITES, 2);
});
afterAll(async () => {
  await Promise.all(bystanders.map((client) => client.end()));
  await broker.close();
});

const some = [
  ...['wattward/v1/board/board-2/state', BOARDS, SITES, 'wattward/v1/board/board-1/#'],
  ...['#', '+', '/', '', '$SYS/#', 'a+', '#/a', 'wattward'],
];

/** A topic: mostly one that the client may use, so that what it sends gets far. */
const topicOf = ({ id, role }: ClearCredential) => {
  const boards = ['state', 'hello', 'availability', 'button', 'command', 'config'];
  const sites = ['availability', 'description', 'event', 'plan', 'setpoint', 'request/identify'];
  const owner = role === 'board' || role === 'site' ? id : role === 'edge' ? 'board-1' : 'home-1';
  const own = ['board', 'edge'].includes(role)
    ? boards.map((leaf) => `wattward/v1/board/${owner}/${leaf}`)
    : sites.map((leaf) => `wattward/v1/site/${owner}/${leaf}`);
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...own).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: fc.constantFrom(...some).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => Buffer.from(text)) },
  );
};
type Topic = ReturnType<typeof topicOf>;
const byte = fc.integer({ min: 0, max: 255 });
const uint16 = fc
  .oneof(fc.constantFrom(0, 1, 0xffff), fc.integer({ min: 0, max: 0xffff }))
  .map((value) => Buffer.from([value >> 8, value & 255]));
const payload = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
/** Mostly nothing; sometimes bytes too few (negative) or too many. */
const slip = fc.oneof(
  { weight: 9, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -4, max: 4 }) },
);

function slipped(body: Buffer, by: number): Buffer {
  return by < 0
    ? body.subarray(0, Math.max(0, body.length + by))
    : Buffer.concat([body, Buffer.alloc(by, 1)]);
}

/** All sixteen values of the lower half of the first byte, mostly those with a meaning. */
const publishOf = (topic: Topic) =>
  fc
    .tuple(fc.integer({ min: 0, max: 15 }), topic, uint16, payload, slip)
    .map(([flags, name, id, rest, by]) =>
      packet(
        0x30 | flags,
        slipped(Buffer.concat([bytesField(name), flags & 6 ? id : Buffer.alloc(0), rest]), by),
      ),
    );
const flagsOf = (right: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(right) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 15 }) },
  );
const option = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 1, arbitrary: byte },
);
const subscribeOf = (topic: Topic) =>
  fc
    .tuple(flagsOf(2), uint16, fc.array(fc.tuple(topic, option), { maxLength: 3 }), slip)
    .map(([flags, id, filters, by]) => {
      const each = filters.map(([name, options]) =>
        Buffer.concat([bytesField(name), Buffer.from([options])]),
      );
      return packet(0x80 | flags, slipped(Buffer.concat([id, ...each]), by));
    });
const unsubscribeOf = (topic: Topic) =>
  fc
    .tuple(flagsOf(2), uint16, fc.array(topic, { maxLength: 3 }), slip)
    .map(([flags, id, filters, by]) =>
      packet(0xa0 | flags, slipped(Buffer.concat([id, ...filters.map(bytesField)]), by)),
    );
const acknowledgement = fc
  .tuple(fc.constantFrom(0x40, 0x50, 0x62, 0x70), uint16)
  .map(([first, id]) => packet(first, id));
const insideOf = (topic: Topic) =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: publishOf(topic) },
      { weight: 2, arbitrary: subscribeOf(topic) },
      { weight: 1, arbitrary: unsubscribeOf(topic) },
      { weight: 1, arbitrary: acknowledgement },
    ),
    { maxLength: 4 },
  );

/** A CONNECT of any level and with any of the 256 connect flags, its fields as the flags say. */
const connect = (login: ClearCredential, topic: Topic) =>
  fc
    .record({
      headerFlags: flagsOf(0),
      name: fc.oneof(
        { weight: 8, arbitrary: fc.constant(Buffer.from('MQTT')) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(Buffer.from('MQIsdp'), Buffer.alloc(0), Buffer.from('mqtt')),
        },
      ),
      level: fc.oneof({ weight: 8, arbitrary: fc.constant(4) }, { weight: 1, arbitrary: byte }),
      flags: fc.oneof(
        { weight: 3, arbitrary: byte.map((bits) => (bits | 0xc0) & 0xfe) },
        { weight: 1, arbitrary: byte },
      ),
      keepAlive: uint16,
      clientId: fc.oneof(
        { weight: 8, arbitrary: fc.constant(Buffer.from(login.id)) },
        { weight: 1, arbitrary: topic },
      ),
      will: topic,
      message: payload,
      by: slip,
    })
    .map(({ headerFlags, name, level, flags, keepAlive, clientId, will, message, by }) => {
      const fields = [bytesField(name), Buffer.from([level, flags]), keepAlive, bytesField(clientId)];
      if (flags & 0x04) fields.push(bytesField(will), bytesField(message));
      if (flags & 0x80) fields.push(bytesField(Buffer.from(login.id)));
      if (flags & 0x40) fields.push(bytesField(Buffer.from(login.secret)));
      return packet(0x10 | headerFlags, slipped(Buffer.concat(fields), by));
    });

interface Sent {
  readonly hello: Buffer;
  readonly packets: readonly Buffer[];
  readonly goodbye: boolean;
}

const stream = fc.constantFrom(...senders).chain((login) =>
  fc.record({
    hello: fc.oneof(
      { weight: 1, arbitrary: fc.constant(connectPacket(login)) },
      { weight: 1, arbitrary: connect(login, topicOf(login)) },
    ),
    packets: insideOf(topicOf(login)),
    goodbye: fc.boolean(),
  }),
);

/** Sends all of it and goes, once the broker has dealt with it: it has answered a last ping, or ended the connection. */
async function send({ hello, packets, goodbye }: Sent): Promise<void> {
  const client = await RawClient.open(broker.port);
  const connected = client.bytes(4);
  client.send(hello);
  await Promise.race([connected, client.ended]);
  const answered = client.until(Buffer.from([0xd0, 0]));
  client.send(Buffer.concat([...packets, PINGREQ]));
  await Promise.race([answered, client.ended]);
  if (goodbye) client.send([0xe0, 0]);
  client.socket.end();
  await client.ended;
}

let marks = 0;
async function expectEverybodyServed(): Promise<void> {
  const late = await Promise.all(
    comers.map((login) => TestClient.open(url, login, { clean: login !== comers[2] })),
  );
  await keeping([...bystanders, ...late], async () => {
    marks += 1;
    const mark = `mark ${marks}`;
    for (const client of late)
      expect(await client.subscribe(BOARDS, client === late[0] ? 1 : 2)).not.toBe(128);
    expect(await bystanders[0]?.publish(MARK, mark, false, 2)).toBe('acknowledged');
    const listening = [...bystanders.slice(1, 4), ...late];
    await Promise.all(listening.map((client) => client.waitFor(({ text }) => text === mark)));
    // An answered request shows that those are there to whom the mark does not go.
    for (const client of bystanders.slice(4)) await client.mqtt.unsubscribeAsync('wattward/v1/none');
  });
  await Promise.all(late.map((client) => client.end()));
}

/** Fails as soon as one of `clients` loses its connection while `work` goes on. */
async function keeping(clients: readonly TestClient[], work: () => Promise<void>): Promise<void> {
  const losses = clients.map(async (client) => {
    await client.closed();
    throw new Error(`${client.mqtt.options.clientId} lost its connection`);
  });
  for (const loss of losses) loss.catch(() => {});
  await Promise.race([...losses, work()]);
}

test('whatever one client sends, the others stay connected and are served', async () => {
  await fc.assert(
    fc.asyncProperty(stream, async (sent) => {
      await send(sent);
      await expectEverybodyServed();
    }),
    { numRuns: 200 },
  );
});

test('the same holds when everybody sends at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stream, { minLength: 5, maxLength: 12 }), async (all) => {
      await Promise.all(all.map(send));
      await expectEverybodyServed();
    }),
    { numRuns: 30 },
  );
});
