/** 2,000 sites, each with a live state a second, and one portal that reads them all; broker and load on two cores. */
import type { ClearCredential } from '../src/access/credential-store.ts';
import { type Bench, quantile } from './bench.ts';
import { LoadClient } from './load-client.ts';
import { publishPacket } from './packets.ts';
import { startServer } from './server-process.ts';

const SITES = 2_000;
const SECONDS = 20;
/** As long as a live state of a home with four loads. */
const STATE_BYTES = 2_500;

const portal: ClearCredential = { id: 'portal', secret: 'secret-of-the-portal-2', role: 'portal' };
const sites = Array.from(
  { length: SITES },
  (_, i): ClearCredential => ({ id: `home-${i}`, secret: `secret-of-home-${i}`, role: 'site' }),
);

interface Result {
  readonly p99Ms: number;
  readonly lost: number;
  readonly cpuPct: number;
}

async function run(): Promise<Result> {
  const server = await startServer({
    mode: 'guarded',
    credentials: [portal, ...sites],
    limits: { connectionsPerSPerAddress: 1e6, connectionBurstPerAddress: 1e6 },
  });
  const reader = await LoadClient.open(server.port, portal);
  await reader.subscribe('wattward/v1/site/+/+', 0);
  const delaysMs: number[] = [];
  reader.onPacket = (_, body) => {
    const at = 2 + body.readUInt16BE(0);
    delaysMs.push(performance.now() - body.readDoubleBE(at));
  };
  const clients: LoadClient[] = [];
  for (const site of sites) clients.push(await LoadClient.open(server.port, site));
  const cpuBeforeS = await server.cpuS();
  const sent = await publishEvenly(clients);
  while (delaysMs.length < sent) {
    const before = delaysMs.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (delaysMs.length === before) break;
  }
  const cpuPct = (100 * ((await server.cpuS()) - cpuBeforeS)) / SECONDS;
  await Promise.all([...clients, reader].map((client) => client.close()));
  await server.stop();
  return { p99Ms: quantile(delaysMs, 0.99), lost: sent - delaysMs.length, cpuPct };
}

/** Each client once a second, spread over the second in steps of 10 ms. */
async function publishEvenly(clients: readonly LoadClient[]): Promise<number> {
  const stepMs = 10;
  const perStep = (clients.length * stepMs) / 1000;
  const startedMs = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(
        SECONDS * clients.length,
        Math.floor((performance.now() - startedMs) / stepMs) * perStep,
      );
      for (; sent < due; sent += 1) {
        const index = sent % clients.length;
        const payload = Buffer.alloc(STATE_BYTES, 120);
        payload.writeDoubleBE(performance.now(), 0);
        clients[index]?.socket.write(publishPacket(`wattward/v1/site/home-${index}/state`, payload));
      }
      if (sent === SECONDS * clients.length) {
        clearInterval(timer);
        resolve();
      }
    }, stepMs);
  });
  return sent;
}

let measured: Promise<Result> | undefined;
const once = () => {
  measured ??= run();
  return measured;
};

export const benches: Bench[] = [
  {
    name: 'broker-2000-sites-delay',
    unit: 'ms p99 at 2,000 messages/s',
    bar: { max: 100 },
    run: async () => (await once()).p99Ms,
  },
  { name: 'broker-2000-sites-lost', unit: 'messages', bar: { max: 0 }, run: async () => (await once()).lost },
  {
    name: 'broker-2000-sites-cpu',
    unit: '% of one core',
    bar: { max: 100 },
    run: async () => (await once()).cpuPct,
  },
];
