/** Twenty attacks by name. Each one tries to say "evil" to somebody or to hear "private"; none may succeed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { IClientOptions } from 'mqtt';
import {
  anonymousConnectPacket,
  connectPacket,
  type Login,
  publishPacket,
  subscribePacket,
} from '../../bench/packets.ts';
import { FACTORY_TOPICS, type IssuedSecret, type NewCredential } from '../../src/access/credential.ts';
import { addCredential, revokeCredential } from '../../src/access/credentials-file.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { RawClient, refusalOf, TestClient } from './mqtt-clients.ts';

const IDENTITIES = {
  thief: { id: 'board-9', role: 'board' },
  victim: { id: 'board-2', role: 'board' },
  edge: { id: 'edge-home-1', role: 'edge', bindings: { boardId: ['board-2'], siteId: ['home-1'] } },
  otherEdge: { id: 'edge-home-2', role: 'edge', bindings: { boardId: ['board-9'], siteId: ['home-2'] } },
  site: { id: 'home-1', role: 'site' },
  otherSite: { id: 'home-2', role: 'site' },
  portal: { id: 'portal', role: 'portal' },
  installer: { id: 'tablet', role: 'installer', bindings: { siteId: ['home-1'], boardId: ['board-2'] } },
  factory: { id: 'board-7', role: 'board', topics: FACTORY_TOPICS },
} as const satisfies Record<string, NewCredential>;
type Who = keyof typeof IDENTITIES;

const COMMAND = 'wattward/v1/board/board-2/command';
const STATE = 'wattward/v1/board/board-2/state';
const SETPOINT = 'wattward/v1/site/home-1/setpoint';

class Arena {
  readonly dir: string;
  readonly broker: Broker;
  readonly secrets: Record<Who, IssuedSecret>;
  readonly url: string;
  readonly #clients: TestClient[] = [];

  constructor(dir: string, broker: Broker, secrets: Record<Who, IssuedSecret>) {
    this.dir = dir;
    this.broker = broker;
    this.secrets = secrets;
    this.url = `mqtt://127.0.0.1:${broker.port}`;
  }

  async open(who: Who, options: IClientOptions = {}): Promise<TestClient> {
    const client = await TestClient.open(this.url, this.secrets[who], options);
    this.#clients.push(client);
    return client;
  }

  async refused(login: Login, options: IClientOptions = {}): Promise<void> {
    expect(await refusalOf(this.url, login, options)).not.toBe('accepted');
  }

  /** A raw connection that is logged in as `who`. */
  async raw(who: Who): Promise<RawClient> {
    const raw = await RawClient.open(this.broker.port);
    raw.send(connectPacket(this.secrets[who]));
    expect([...(await raw.bytes(4))]).toEqual([0x20, 2, 0, 0]);
    return raw;
  }

  /** The honest ones speak: what they say privately, and a mark after which everything has arrived. */
  async honestTraffic(edge: TestClient, victim: TestClient): Promise<void> {
    await edge.publish(COMMAND, 'private command');
    await victim.publish(STATE, 'private state', true);
    await edge.publish(COMMAND, 'mark');
    await victim.publish(STATE, 'mark');
    await victim.waitFor(({ text }) => text === 'mark');
    await edge.waitFor(({ text }) => text === 'mark');
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
    await this.broker.close();
    await rm(this.dir, { recursive: true });
  }
}

const ATTACKS: readonly { readonly name: string; readonly run: (arena: Arena) => Promise<void> }[] = [
  {
    name: '1 connecting without a name',
    run: async ({ broker }) => {
      const raw = await RawClient.open(broker.port);
      raw.send(Buffer.concat([anonymousConnectPacket('board-2'), publishPacket(STATE, Buffer.from('evil'))]));
      expect([...(await raw.ended)]).toEqual([0x20, 2, 0, 4]);
    },
  },
  {
    name: "2 another board's secret under the victim's name",
    run: async (arena) => {
      await arena.refused({ id: 'board-2', secret: arena.secrets.thief.secret });
    },
  },
  {
    name: "3 the victim's client id with one's own secret (session hijack)",
    run: async (arena) => {
      const victim = await arena.open('victim');
      await arena.refused(arena.secrets.thief, { clientId: 'board-2' });
      expect(victim.mqtt.connected).toBe(true);
    },
  },
  {
    name: '4 a wildcard or a name of the language as identity (CVE-2017-7650)',
    run: async (arena) => {
      for (const id of ['#', '+', '+/#', '', '__proto__', 'constructor', 'board-2/../board-9', 'BOARD-2']) {
        await arena.refused({ id, secret: arena.secrets.thief.secret });
      }
    },
  },
  {
    name: '5 subscribing to everything',
    run: async (arena) => {
      const thief = await arena.open('thief');
      for (const filter of ['#', '+/#', 'wattward/#', '/#', '+/+/+/+/+', '#/command']) {
        await thief.subscribe(filter).catch(() => 128);
        if (!thief.mqtt.connected) break;
      }
    },
  },
  {
    name: '6 reading the inside of the broker ($SYS)',
    run: async (arena) => {
      const thief = await arena.open('thief');
      for (const filter of ['$SYS/#', '$SYS/+/new/clients', '$SYS/broker/clients/connected']) {
        expect(await thief.subscribe(filter)).toBe(128);
      }
    },
  },
  {
    name: '7 shared subscriptions around the rules',
    run: async (arena) => {
      const thief = await arena.open('thief');
      for (const filter of [`$share/g/${COMMAND}`, '$share/g/#', `$queue/${COMMAND}`]) {
        expect(await thief.subscribe(filter)).toBe(128);
      }
    },
  },
  {
    name: '8 a denied filter hidden among allowed ones in one packet',
    run: async (arena) => {
      const raw = await arena.raw('thief');
      raw.send(subscribePacket(1, ['wattward/v1/board/board-9/command', COMMAND, '#', STATE]));
      const answer = [...(await raw.bytes(8))];
      expect(answer.slice(0, 8)).toEqual([0x90, 6, 0, 1, 0, 128, 128, 128]);
      const edge = await arena.open('edge');
      await edge.publish(COMMAND, 'private command');
      // The answer to a ping is the next thing heard, with nothing before it.
      raw.send([0xc0, 0]);
      expect([...(await raw.bytes(2))]).toEqual([0xd0, 0]);
    },
  },
  {
    name: '9 a denied filter that becomes good in a kept session',
    run: async (arena) => {
      const login = arena.secrets.otherEdge;
      const options = { clean: false };
      const first = await arena.open('otherEdge', options);
      await first.mqtt
        .subscribeAsync(['wattward/v1/board/board-9/#', COMMAND, STATE], { qos: 1 })
        .catch(() => []);
      await first.end();
      const edge = await arena.open('edge');
      await edge.publish(COMMAND, 'private while away');
      const again = await TestClient.open(arena.url, login, options);
      await again.subscribe('wattward/v1/meter/+/reading');
      await edge.publish(COMMAND, 'private while back');
      await again.subscribe('wattward/v1/meter/m-1/reading');
      expect(again.received.filter(({ text }) => text.includes('private'))).toEqual([]);
      await again.end();
    },
  },
  {
    name: '10 kicking others by a $SYS message',
    run: async (arena) => {
      const victim = await arena.open('victim');
      for (const topic of ['$SYS/x/new/clients', '$SYS/x/birth', '$SYS/x/heartbeat']) {
        const thief = await arena.open('thief');
        expect(await thief.publish(topic, 'board-2')).toBe('closed');
      }
      expect(await victim.publish(STATE, 'alive')).toBe('acknowledged');
    },
  },
  {
    name: "11 commanding another home's board",
    run: async (arena) => {
      for (const who of ['thief', 'otherEdge', 'portal', 'site', 'installer', 'victim', 'factory'] as const) {
        const client = await arena.open(who);
        expect({ who, said: await client.publish(COMMAND, 'evil') }).toEqual({ who, said: 'closed' });
      }
    },
  },
  {
    name: '12 a retained command (ghost switching), even by the box itself',
    run: async (arena) => {
      const edge = await arena.open('edge');
      expect(await edge.publish(COMMAND, 'evil', true)).toBe('closed');
      const later = await arena.open('victim');
      await later.subscribe(COMMAND);
      const check = await arena.open('edge');
      await check.publish(COMMAND, 'fresh');
      await later.waitFor(({ text }) => text === 'fresh');
      expect(later.received).toHaveLength(1);
    },
  },
  {
    name: '13 a last will on a foreign, retained-command or $SYS topic',
    run: async (arena) => {
      for (const topic of [COMMAND, STATE, '$SYS/x/new/clients', '#', '']) {
        const will = { topic, payload: Buffer.from('evil'), qos: 1 as const, retain: true };
        await arena.refused(arena.secrets.thief, { will });
      }
      const will = { topic: COMMAND, payload: Buffer.from('evil'), qos: 1 as const, retain: true };
      await arena.refused(arena.secrets.edge, { will });
    },
  },
  {
    name: '14 the last will of a revoked identity, and what it retained (CVE-2018-12546)',
    run: async (arena) => {
      const topic = 'wattward/v1/board/board-9/availability';
      const will = { topic, payload: Buffer.from('evil'), qos: 1 as const, retain: true };
      const thief = await arena.open('thief', { will });
      await thief.publish('wattward/v1/board/board-9/state', 'evil', true);
      const listening = await arena.open('otherEdge');
      await listening.subscribe(topic);
      await revokeCredential(arena.dir, 'board-9');
      await thief.closed();
      await listening.publish('wattward/v1/board/board-9/config', 'config');
      await listening.subscribe('wattward/v1/board/board-9/hello');
      expect(listening.received.map(({ text }) => text)).not.toContain('evil');
      await listening.end();
      const edge = await arena.open('otherEdge');
      await edge.subscribe('wattward/v1/board/board-9/#');
      await edge.publish('wattward/v1/board/board-9/command', 'after');
      await edge.waitFor(({ text }) => text === 'after');
      expect(edge.received.map(({ text }) => text)).toEqual(['after']);
    },
  },
  {
    name: '15 going on with old rights after they were taken (CVE-2021-34434)',
    run: async (arena) => {
      const thief = await arena.open('otherSite');
      await thief.subscribe('wattward/v1/site/home-2/setpoint');
      await revokeCredential(arena.dir, 'home-2');
      await thief.closed();
      await arena.refused(arena.secrets.otherSite);
      await arena.refused(arena.secrets.otherSite, { clean: false });
    },
  },
  {
    name: "16 one site speaking for another, or forging the portal's set-point",
    run: async (arena) => {
      for (const topic of ['wattward/v1/site/home-1/state', SETPOINT, 'wattward/v1/site/home-2/setpoint']) {
        const thief = await arena.open('otherSite');
        expect(await thief.publish(topic, 'evil')).toBe('closed');
      }
      const thief = await arena.open('otherSite');
      expect(await thief.subscribe(SETPOINT)).toBe(128);
      expect(await thief.subscribe('wattward/v1/site/+/setpoint')).toBe(128);
    },
  },
  {
    name: '17 an installer asking for more than commissioning',
    run: async (arena) => {
      for (const verb of ['logs', 'replay', 'decisions', 'explain']) {
        const tablet = await arena.open('installer');
        expect(await tablet.subscribe(`wattward/v1/site/home-1/response/${verb}`)).toBe(128);
        expect(await tablet.publish(`wattward/v1/site/home-1/request/${verb}`, 'evil')).toBe('closed');
        const neighbour = await arena.open('installer');
        expect(await neighbour.publish(`wattward/v1/site/home-2/installer/${verb}`, 'evil')).toBe('closed');
      }
    },
  },
  {
    name: '18 an unclaimed board pretending to be in service',
    run: async (arena) => {
      const board = await arena.open('factory');
      expect(await board.subscribe('wattward/v1/board/board-7/command')).toBe(128);
      expect(await board.publish('wattward/v1/board/board-7/state', 'evil', true)).toBe('closed');
    },
  },
  {
    name: '19 speaking before saying who one is, and saying it twice',
    run: async (arena) => {
      const early = await RawClient.open(arena.broker.port);
      early.send(publishPacket(STATE, Buffer.from('evil')));
      expect(await early.ended).toHaveLength(0);
      const twice = await arena.raw('thief');
      twice.send(
        Buffer.concat([connectPacket(arena.secrets.thief), publishPacket(STATE, Buffer.from('evil'))]),
      );
      await twice.ended;
    },
  },
  {
    name: '20 commands piled up for a board that is away (relay rattle)',
    run: async (arena) => {
      const first = await arena.open('victim', { clean: false });
      await first.subscribe(COMMAND);
      await first.end();
      const edge = await arena.open('edge');
      for (let i = 0; i < 40; i += 1) await edge.publish(COMMAND, 'evil stale toggle');
      const back = await arena.open('victim', { clean: false });
      await back.subscribe(COMMAND);
      await edge.publish(COMMAND, 'fresh');
      await back.waitFor(({ text }) => text === 'fresh');
      expect(back.received.map(({ text }) => text)).toEqual(['fresh']);
    },
  },
];

let arena: Arena;
beforeEach(async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'attacks-'));
  const secrets = {} as Record<Who, IssuedSecret>;
  for (const [who, credential] of Object.entries(IDENTITIES)) {
    secrets[who as Who] = await addCredential(dir, credential);
  }
  const broker = await startBroker({ dataDir: dir, host: '127.0.0.1', port: 0 });
  arena = new Arena(dir, broker, secrets);
});
afterEach(() => arena.close());

test.each(ATTACKS)(
  'attack $name: nobody hears what he should not, the honest ones go on',
  async ({ run }) => {
    await run(arena);
    const edge = await arena.open('edge');
    const victim = await arena.open('victim');
    const listener = await arena.open('otherEdge');
    expect(await edge.subscribe('wattward/v1/board/board-2/#')).toBe(1);
    expect(await victim.subscribe(COMMAND)).toBe(1);
    await listener.subscribe('wattward/v1/board/board-9/#');
    await arena.honestTraffic(edge, victim);
    for (const { received } of [edge, victim, listener]) {
      expect(received.filter(({ text }) => text.includes('evil'))).toEqual([]);
    }
    expect(listener.received.filter(({ text }) => text.includes('private'))).toEqual([]);
  },
);
