/**
 * A campaign of hostile connections of twelve kinds, drawn from a seed, while two honest clients go on talking.
 * What is measured: does the broker live, what memory stays behind, how long the honest ones wait.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ClearCredential } from '../src/access/credential-store.ts';
import { BROKER_LIMITS } from '../src/server/limits.ts';
import { quantile } from './bench.ts';
import { LoadClient } from './load-client.ts';
import {
  anonymousConnectPacket,
  connectPacket,
  halfPublishPacket,
  PINGREQ,
  packet,
  publishPacket,
  subscribePacket,
} from './packets.ts';
import { startServer } from './server-process.ts';

const honest: ClearCredential = { id: 'board-1', secret: 'secret-of-board-1-22ch', role: 'board' };
const reader: ClearCredential = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' };
/** Hostile clients with credentials of their own: what a stolen board could do. */
const thieves = Array.from(
  { length: 50 },
  (_, i): ClearCredential => ({ id: `thief-${i}`, secret: `secret-of-thief-${i}`, role: 'board' }),
);
const STATE = 'wattward/v1/board/board-1/state';
const DEEP = Array.from({ length: 101 }, () => 'a').join('/');

type Draw = (below: number) => number;

/** What one hostile connection sends; it is closed by the broker, or by itself after a while. */
const KINDS: Readonly<Record<string, (draw: Draw, thief: ClearCredential) => readonly Buffer[]>> = {
  garbage: (draw) => [bytes(draw, 1 + draw(400))],
  brokenPacket: (draw, thief) => [connectPacket(thief), packet(draw(256), bytes(draw, draw(200)))],
  mutatedConnect: (draw, thief) => [mutated(draw, connectPacket(thief))],
  mutatedPublish: (draw, thief) => [
    connectPacket(thief),
    mutated(draw, publishPacket(ownTopic(thief), bytes(draw, 50))),
  ],
  giantHeader: () => [Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(60_000)],
  giantPacket: (_, thief) => [
    connectPacket(thief),
    Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]),
    Buffer.alloc(60_000),
  ],
  deepTopic: (draw, thief) => [
    connectPacket(thief),
    draw(2) === 0 ? publishPacket(DEEP, Buffer.from('x')) : subscribePacket(1, [DEEP]),
  ],
  flood: (draw, thief) => [
    connectPacket(thief),
    Buffer.concat(Array.from({ length: 300 }, () => floodPacket(draw, thief))),
  ],
  slowSender: (_, thief) => [connectPacket(thief).subarray(0, 9)],
  stolenId: (draw, thief) => [
    draw(2) === 0 ? connectPacket(thief, honest.id) : connectPacket({ id: honest.id, secret: thief.secret }),
    publishPacket(STATE, Buffer.from('evil')),
  ],
  anonymous: () => [anonymousConnectPacket(honest.id), publishPacket(STATE, Buffer.from('evil'))],
  halfOpenQos2: (_, thief) => [
    connectPacket(thief),
    ...Array.from({ length: 30 }, (_unused, i) => halfPublishPacket(i + 1, ownTopic(thief), 'x')),
  ],
};

export interface CampaignResult {
  readonly alive: boolean;
  /** Whether the honest ones were connected from the first to the last. */
  readonly stayed: boolean;
  readonly rssGrowthMb: number;
  readonly honestP99Ms: number;
  /** The same on the same machine while nobody attacks: what the machine itself adds. */
  readonly quietP99Ms: number;
  readonly honestMessages: number;
  /** Messages that the honest reader got and nobody honest had sent. */
  readonly leaked: number;
}

export async function hostileCampaign(options: {
  readonly connections: number;
  readonly seed: number;
  /** Well-behaved connections before memory is first looked at, so that the process has its working size. */
  readonly warmUp: number;
  /** Honest messages, fifteen a second, before the attack begins. */
  readonly quietMessages: number;
}): Promise<CampaignResult> {
  const server = await startServer({
    mode: 'guarded',
    credentials: [honest, reader, ...thieves],
    // Everything comes from one address here, so only that limit is off: the hostile ones shall get in.
    limits: {
      ...{ connectionsPerSPerAddress: 1e6, connectionBurstPerAddress: 1e6, connectTimeoutMs: 1_000 },
      ...{ maxPendingPerAddress: BROKER_LIMITS.maxPendingConnections, wrongSecretsPerMinute: 1e9 },
    },
  });
  const talk = await startTalk(server.port);
  await fromOutside({ port: server.port, count: options.warmUp, seed: null });
  const rssBeforeMb = await server.rssMb();
  talk.delaysMs.length = 0;
  while (talk.delaysMs.length < options.quietMessages) await delay(50);
  const quietP99Ms = quantile(talk.delaysMs, 0.99);
  talk.delaysMs.length = 0;
  await fromOutside({ port: server.port, count: options.connections, seed: options.seed });
  const rssGrowthMb = (await server.rssMb()) - rssBeforeMb;
  const honestP99Ms = quantile(talk.delaysMs, 0.99);
  const honestMessages = talk.delaysMs.length;
  const stayed = talk.stayed();
  await talk.stop();
  const alive = server.alive();
  await server.stop();
  return { alive, stayed, rssGrowthMb, honestP99Ms, quietP99Ms, honestMessages, leaked: talk.leaked() };
}

/** An honest board that says something fifteen times a second, and the box that listens to all boards. */
async function startTalk(port: number) {
  const listener = await LoadClient.open(port, reader);
  await listener.subscribe('wattward/v1/board/+/state', 0);
  const speaker = await LoadClient.open(port, honest);
  const delaysMs: number[] = [];
  let leaked = 0;
  listener.onPacket = (kind, body) => {
    if (kind >> 4 !== 3) return;
    const at = 2 + body.readUInt16BE(0);
    if (body.toString('utf8', 2, at) !== STATE) return;
    if (body.length !== at + 8) leaked += 1;
    else delaysMs.push(performance.now() - body.readDoubleBE(at));
  };
  const speaking = setInterval(() => {
    const payload = Buffer.alloc(8);
    payload.writeDoubleBE(performance.now(), 0);
    speaker.socket.write(publishPacket(STATE, payload));
  }, 66);
  // Who only listens is taken for gone after 90 s of silence.
  const pinging = setInterval(() => listener.socket.write(PINGREQ), 20_000);
  return {
    delaysMs,
    leaked: () => leaked,
    stayed: () => !listener.socket.destroyed && !speaker.socket.destroyed,
    stop: async () => {
      clearInterval(speaking);
      clearInterval(pinging);
      await Promise.all([listener.close(), speaker.close()]);
    },
  };
}

interface AttackOrders {
  readonly port: number;
  readonly count: number;
  /** Null: well-behaved ones. */
  readonly seed: number | null;
}

/** Runs the connections in a process of their own, so that the honest clients' delay is the broker's alone. */
async function fromOutside(orders: AttackOrders): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['attack'], { stdio: 'inherit' });
  child.send(orders);
  await once(child, 'exit');
}

async function attack({ port, count, seed }: AttackOrders): Promise<void> {
  if (seed === null) return await connections(port, count, (_, own) => wellBehaved(own));
  const kinds = Object.values(KINDS);
  const draw = drawer(seed);
  await connections(port, count, (i, own) => kinds[i % kinds.length]?.(draw, own) ?? []);
}

/** So many connections, each under its own name, as many at a time as there are names. */
async function connections(
  port: number,
  count: number,
  partsOf: (i: number, own: ClearCredential) => readonly Buffer[],
): Promise<void> {
  let started = 0;
  const worker = async (own: ClearCredential) => {
    while (started < count) {
      started += 1;
      await Promise.all([oneConnection(port, partsOf(started, own)), delay(PACE_MS)]);
    }
  };
  await Promise.all(thieves.map(worker));
}

/** What a board does: it comes, listens, speaks, and leaves. */
function wellBehaved(own: ClearCredential): Buffer[] {
  return [
    connectPacket(own),
    subscribePacket(1, [`wattward/v1/board/${own.id}/command`], 1),
    ...Array.from({ length: 20 }, () => publishPacket(ownTopic(own), Buffer.alloc(300, 120))),
    Buffer.from([0xe0, 0]),
  ];
}

const GIVE_UP_MS = 20;
/** Each of the fifty begins a connection this often: a thousand a second in all. */
const PACE_MS = 50;

function oneConnection(port: number, parts: readonly Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1' });
    const giveUp = setTimeout(() => socket.destroy(), GIVE_UP_MS);
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => {
      clearTimeout(giveUp);
      resolve();
    });
    for (const part of parts) socket.write(part);
  });
}

function floodPacket(draw: Draw, thief: ClearCredential): Buffer {
  const kind = draw(3);
  if (kind === 0) return PINGREQ;
  return kind === 1
    ? publishPacket(ownTopic(thief), bytes(draw, 20))
    : subscribePacket(1, ['#', '$SYS/#', '+/+']);
}

function ownTopic(thief: ClearCredential): string {
  return `wattward/v1/board/${thief.id}/state`;
}

function mutated(draw: Draw, original: Buffer): Buffer {
  const copy = Buffer.from(original);
  for (let i = 0; i < 1 + draw(4); i += 1) copy[draw(copy.length)] = draw(256);
  return copy;
}

function bytes(draw: Draw, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => draw(256)));
}

/** Whole numbers below a bound, the same ones for the same seed [Numerical Recipes, 7.1]. */
function drawer(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

if (process.argv[2] === 'attack' && process.send) {
  process.once('message', (orders: AttackOrders) => {
    void attack(orders).then(() => process.exit(0));
  });
}
