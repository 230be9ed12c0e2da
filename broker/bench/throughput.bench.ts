/**
 * What guards and access rules cost: QoS 1 messages a second from one client to another, 200 bytes each, through the
 * broker and through the bare engine, in turns within the same run.
 */
import type { ClearCredential } from '../src/access/credential-store.ts';
import { BROKER_LIMITS, CLIENT_LIMITS } from '../src/server/limits.ts';
import { type Bench, quantile } from './bench.ts';
import { LoadClient } from './load-client.ts';
import { publishPacket } from './packets.ts';
import { startServer } from './server-process.ts';

const board: ClearCredential = { id: 'board-1', secret: 'secret-of-board-1-22ch', role: 'board' };
const edge: ClearCredential = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' };
const TOPIC = 'wattward/v1/board/board-1/state';
const MESSAGES = 20_000;
const IN_FLIGHT = 200;
const ROUNDS = 7;

/** The limits as they are, but for the rate: it is the rate that is measured. */
const unlimited = {
  ...CLIENT_LIMITS.edge,
  packetsPerS: 1e9,
  packetBurst: 1e9,
  bytesPerS: 1e12,
  byteBurst: 1e12,
};
const limits = { byRole: { ...BROKER_LIMITS.byRole, board: unlimited, edge: unlimited } };

async function messagesPerS(mode: 'guarded' | 'bare'): Promise<number> {
  const server = await startServer({ mode, credentials: [board, edge], limits });
  const reader = await LoadClient.open(server.port, edge);
  const sender = await LoadClient.open(server.port, board);
  try {
    await reader.subscribe(TOPIC, 1);
    await pump(sender, reader, MESSAGES / 4);
    const startedMs = performance.now();
    await pump(sender, reader, MESSAGES);
    return MESSAGES / ((performance.now() - startedMs) / 1000);
  } finally {
    await Promise.all([reader.close(), sender.close()]);
    await server.stop();
  }
}

/** So many messages sent, acknowledged on both sides, and received. */
async function pump(sender: LoadClient, reader: LoadClient, count: number): Promise<void> {
  const payload = Buffer.alloc(200, 120);
  const topicBytes = 2 + TOPIC.length;
  await new Promise<void>((resolve) => {
    let sent = 0;
    let received = 0;
    const send = () => {
      sent += 1;
      sender.socket.write(publishPacket(TOPIC, payload, (sent % 65_535) + 1));
    };
    reader.onPacket = (kind, body) => {
      if (kind >> 4 !== 3) return;
      reader.socket.write(Buffer.from([0x40, 2, body[topicBytes] ?? 0, body[topicBytes + 1] ?? 0]));
      received += 1;
      if (received === count) resolve();
      else if (sent < count) send();
    };
    while (sent < IN_FLIGHT) send();
  });
}

async function bothInTurns(): Promise<{ guarded: number; ratioPct: number }> {
  const guarded: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    guarded.push(await messagesPerS('guarded'));
    bare.push(await messagesPerS('bare'));
  }
  return {
    guarded: quantile(guarded, 0.5),
    ratioPct: (100 * quantile(guarded, 0.5)) / quantile(bare, 0.5),
  };
}

let measured: ReturnType<typeof bothInTurns> | undefined;
const once = () => {
  measured ??= bothInTurns();
  return measured;
};

export const benches: Bench[] = [
  {
    name: 'broker-throughput-of-bare',
    unit: '% of the bare engine',
    bar: { min: 80 },
    run: async () => (await once()).ratioPct,
  },
  {
    name: 'broker-throughput',
    unit: 'QoS 1 messages/s, 200 B, one to one',
    bar: null,
    run: async () => (await once()).guarded,
  },
];
