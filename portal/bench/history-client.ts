/** Questions of browsers and writes of boxes to a portal with a large embedded history, over HTTP. */
import { gzipSync } from 'node:zlib';
import { FIELDS, LINES, VALUES_PER_INSTANT } from './history-fields.ts';
import { type BenchPortal, startBenchPortal } from './history-portal.ts';

export interface HistoryNumbers {
  readonly backlogValuesPerS: number;
  readonly liveValuesPerS: number;
  readonly yearP95Ms: number;
  readonly dayP95Ms: number;
  readonly rawDayP95Ms: number;
  readonly rssMb: number;
  readonly mostRssMb: number;
  readonly fileMb: number;
}

/** Sites that write at the same time, each with a connection of its own. */
const WRITERS = 50;
/** Minutes of all sites: what they bring goes into the tables several times meanwhile. */
const LIVE_ROUNDS = 40;
const SIX = FIELDS.slice(0, 6).join(',');
const D = 86_400_000;
const STEP_MS = 10_000;
const endMs = Math.floor(Date.now() / D) * D;

export async function measureHistory(sites: number, rawDays: number): Promise<HistoryNumbers> {
  const portal = await startBenchPortal({ sites: Math.max(sites, WRITERS), filled: sites, rawDays, endMs });
  try {
    return await measure(portal, sites);
  } finally {
    await portal.stop();
  }
}

async function measure(portal: BenchPortal, sites: number): Promise<HistoryNumbers> {
  const day = new Date(endMs - D).toISOString().slice(0, 10);
  const range = (days: number) =>
    `from=${new Date(endMs - days * D).toISOString()}&to=${new Date(endMs).toISOString()}`;
  const ask = (path: (site: number) => string) => p95(portal, sites, path);
  const reads = {
    yearP95Ms: await ask((n) => `site-${n}/series?${range(365)}&fields=${SIX}`),
    dayP95Ms: await ask((n) => `site-${n}/history?day=${day}`),
    rawDayP95Ms: await ask((n) => `site-${n}/export?${range(1)}&fields=gridPowerW&format=wide`),
  };
  const writes = {
    backlogValuesPerS: await writeRate(portal, { rounds: 2, instants: 360, fromMs: endMs }),
    liveValuesPerS: await writeRate(portal, {
      rounds: LIVE_ROUNDS,
      instants: 6,
      fromMs: endMs + 3 * 3_600_000,
    }),
  };
  const { rssMb, mostRssMb, fileMb } = portal;
  return { ...reads, ...writes, rssMb: rssMb(), mostRssMb: mostRssMb(), fileMb: fileMb() };
}

/** Of the calmest of five rounds: the machine may have other things to do. */
async function p95(
  { url, cookie }: BenchPortal,
  sites: number,
  path: (site: number) => string,
): Promise<number> {
  let calmest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const times: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const start = performance.now();
      const response = await fetch(`${url}/api/v1/orgs/org/sites/${path((i * 7 + round) % sites)}`, {
        headers: { cookie },
      });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      await response.arrayBuffer();
      times.push(performance.now() - start);
    }
    calmest = Math.min(calmest, times.sort((a, b) => a - b)[18] ?? Number.NaN);
  }
  return calmest;
}

interface WriteLoad {
  readonly rounds: number;
  /** Of a request, ten seconds apart: 360 are an hour that was held back, 6 the minute a box sends. */
  readonly instants: number;
  readonly fromMs: number;
}

/** Each round is one request of each site, all at once, gzipped as boxes do. Field values a second, committed. */
async function writeRate({ url }: BenchPortal, { rounds, instants, fromMs }: WriteLoad): Promise<number> {
  let tookMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    const bodies = Array.from({ length: WRITERS }, (_, n) =>
      gzipSync(body(n, instants, fromMs + round * instants * STEP_MS)),
    );
    const start = performance.now();
    await Promise.all(bodies.map((one, n) => write(url, n, one)));
    tookMs += performance.now() - start;
  }
  return (rounds * WRITERS * instants * VALUES_PER_INSTANT) / (tookMs / 1000);
}

async function write(url: string, site: number, body: Buffer): Promise<void> {
  const response = await fetch(`${url}/api/v2/write?bucket=wattward&org=org&precision=ms`, {
    method: 'POST',
    headers: { authorization: `Token token-${site}`, 'content-encoding': 'gzip' },
    body: new Uint8Array(body),
  });
  if (response.status !== 204) throw new Error(`${response.status} ${await response.text()}`);
}

function body(site: number, instants: number, fromMs: number): string {
  const rows: string[] = [];
  for (let i = 0; i < instants; i += 1) {
    for (const { head, fields } of LINES) {
      const values = fields.map((field, f) => `${field}=${(i * 13 + f * 7 + site) % 5000}.5`).join(',');
      rows.push(`${head}site-${site} ${values} ${fromMs + i * STEP_MS}`);
    }
  }
  return rows.join('\n');
}
