/** Measures a portal with a large embedded history from outside, over HTTP. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { FIELDS } from './history-fields.ts';
import type { ServerReady, ServerSize } from './history-server.ts';

export interface HistoryNumbers {
  readonly writtenValuesPerS: number;
  readonly yearP95Ms: number;
  readonly dayP95Ms: number;
  readonly rawDayP95Ms: number;
  readonly rssMb: number;
  readonly fileMb: number;
}

const SIX = FIELDS.slice(0, 6).join(',');
const D = 86_400_000;
const endMs = Math.floor(Date.now() / D) * D;

export async function measureHistory(sites: number, rawDays: number): Promise<HistoryNumbers> {
  const script = join(import.meta.dirname, 'history-server.ts');
  const args = [sites, rawDays, endMs].map(String);
  const child = fork(script, args, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  try {
    const answer = async <T>() => (await once(child, 'message'))[0] as T;
    const ready = await answer<ServerReady>();
    const numbers = await measure({ ...ready, sites });
    child.send('rss');
    return { ...numbers, ...(await answer<ServerSize>()) };
  } finally {
    child.disconnect();
    await once(child, 'exit');
  }
}

interface Target {
  readonly url: string;
  readonly cookie: string;
  readonly sites: number;
}

async function measure(target: Target) {
  const day = new Date(endMs - D).toISOString().slice(0, 10);
  const range = (days: number) =>
    `from=${new Date(endMs - days * D).toISOString()}&to=${new Date(endMs).toISOString()}`;
  return {
    yearP95Ms: await p95(target, (n) => `site-${n}/series?${range(365)}&fields=${SIX}`),
    dayP95Ms: await p95(target, (n) => `site-${n}/history?day=${day}`),
    rawDayP95Ms: await p95(target, (n) => `site-${n}/export?${range(1)}&fields=gridPowerW&format=wide`),
    writtenValuesPerS: await writeRate(target),
  };
}

async function p95({ url, cookie, sites }: Target, path: (site: number) => string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 40; i += 1) {
    const start = performance.now();
    const response = await fetch(`${url}/api/v1/orgs/org/sites/${path((i * 7) % sites)}`, {
      headers: { cookie },
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    await response.arrayBuffer();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN;
}

/** Three hours of up to 20 sites, an hour a request, as backlogs arrive; field values a second, committed. */
async function writeRate({ url, sites }: Target): Promise<number> {
  const writers = Math.min(20, sites);
  const rounds = 3 * writers;
  const bodies = Array.from({ length: rounds }, (_, n) => {
    const lines: string[] = [];
    for (let i = 0; i < 360; i += 1) {
      const values = FIELDS.map((field, f) => `${field}=${(i * 13 + f * 7) % 5000}.5`).join(',');
      lines.push(
        `site,site=site-${n % writers} ${values} ${endMs + Math.floor(n / writers) * 3_600_000 + i * 10_000}`,
      );
    }
    return lines.join('\n');
  });
  const start = performance.now();
  for (const [n, body] of bodies.entries()) {
    const response = await fetch(`${url}/api/v2/write?bucket=wattward&org=org&precision=ms`, {
      method: 'POST',
      headers: { authorization: `Token token-${n % writers}` },
      body,
    });
    if (response.status !== 204) throw new Error(`${response.status} ${await response.text()}`);
  }
  return (rounds * 360 * FIELDS.length) / ((performance.now() - start) / 1000);
}
