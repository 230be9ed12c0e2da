/**
 * A campaign of hostile connections of twelve kinds, drawn from a seed, while two honest clients go on talking.
 * What is measured: does the broker live, what memory stays behind, how long the honest ones wait.
 */
import { connect, type Socket } from 'node:net';
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
  readonly rssGrowthMb: number;
  readonly honestP99Ms: number;
  /** Messages that the honest reader got and nobody honest had sent. */
  readonly leaked: number;
}

export async function hostileCampaign(options: {
  readonly connections: number;
  readonly seed: number;
  /** Connections before memory is first looked at. */
  readonly warmUp: number;
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
  const draw = drawer(options.seed);
  await attack(server.port, options.warmUp, draw);
  const rssBeforeMb = await server.rssMb();
  talk.delaysMs.length = 0;
  await attack(server.port, options.connections, draw);
  const rssGrowthMb = (await server.rssMb()) - rssBeforeMb;
  const honestP99Ms = quantile(talk.delaysMs, 0.99);
  await talk.stop();
  const alive = server.alive();
  await server.stop();
  return { alive, rssGrowthMb, honestP99Ms, leaked: talk.leaked() };
}

/** An honest board that says something fifteen times a second, and the box that listens to all boards. */
async function startTalk(port: number) {
  const listener = await LoadClient.open(port, reader);
  await listener.subscribe('wattward/v1/board/+/state', 0);
  const speaker = await LoadClient.open(port, honest);
  const delaysMs: number[] = [];
  let leaked = 0;
  listener.onPacket = (_, body) => {
    const at = 2 + body.readUInt16BE(0);
    if (body.toString('utf8', 2, at) !== STATE) return;
    if (body.length !== at + 8) leaked += 1;
    else delaysMs.push(performance.now() - body.readDoubleBE(at));
  };
  const timer = setInterval(() => {
    const payload = Buffer.alloc(8);
    payload.writeDoubleBE(performance.now(), 0);
    speaker.socket.write(publishPacket(STATE, payload));
  }, 66);
  return {
    delaysMs,
    leaked: () => leaked,
    stop: async () => {
      clearInterval(timer);
      await Promise.all([listener.close(), speaker.close()]);
    },
  };
}

/** So many connections, 60 at a time. */
async function attack(port: number, connections: number, draw: Draw): Promise<void> {
  const kinds = Object.values(KINDS);
  let started = 0;
  const worker = async (thief: ClearCredential) => {
    while (started < connections) {
      const kind = kinds[started % kinds.length];
      started += 1;
      if (kind) await oneConnection(port, kind(draw, thief));
    }
  };
  await Promise.all(thieves.map(worker));
}

const GIVE_UP_MS = 20;

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
