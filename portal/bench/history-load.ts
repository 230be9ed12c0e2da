/**
 * Child process of the history benchmark: fills an embedded store as large as asked for, reads and writes it through
 * the API over real HTTP, and prints its numbers as JSON. A process of its own, so that its memory is its own.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { makeLink } from '../server/accounts/people.ts';
import { sha256Hex } from '../server/accounts/tokens.ts';
import { answer } from '../server/api/routes.ts';
import { answerWrite } from '../server/history/write-endpoint.ts';
import { type Portal, startPortal } from '../server/portal.ts';
import { applyProvision } from '../server/provision.ts';
import { FIELDS } from './history-fields.ts';

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
const END_MS = Math.floor(Date.now() / D) * D;

async function main(): Promise<void> {
  const [sites = 2, rawDays = 2] = process.argv.slice(2).map(Number);
  const dataDir = mkdtempSync(join(tmpdir(), 'wattward-bench-'));
  let portal: Portal | undefined;
  try {
    portal = await openPortal(dataDir, sites);
    const fill = [
      join(import.meta.dirname, 'history-fill.ts'),
      join(dataDir, 'history.db'),
      sites,
      rawDays,
      END_MS,
    ];
    const { status } = spawnSync(process.execPath, fill.map(String), { stdio: 'inherit' });
    if (status !== 0) throw new Error('the store could not be filled');
    const served = await serve(portal);
    const cookie = await signIn(portal, served.url);
    const numbers = await measure({ url: served.url, cookie, sites });
    const file = new DatabaseSync(join(dataDir, 'history.db'), { readOnly: true });
    const pages = file
      .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
      .get();
    file.close();
    served.close();
    const rssMb = process.memoryUsage().rss / 1e6;
    process.stdout.write(JSON.stringify({ ...numbers, rssMb, fileMb: Number(pages?.bytes) / 1e6 }));
  } finally {
    await portal?.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function openPortal(dataDir: string, sites: number): Promise<Portal> {
  const portal = await startPortal({
    dataDir,
    provisionFile: null,
    broker: null,
    influx: null,
    signerSocket: join(dataDir, 'signer.sock'),
    publicUrl: 'http://127.0.0.1',
  });
  await applyProvision(portal.db, {
    organisation: { id: 'org', name: 'Org' },
    sites: Array.from({ length: sites }, (_, n) => ({
      id: `site-${n}`,
      name: `Site ${n}`,
      zone: 'Europe/Berlin',
      writeTokenSha256: sha256Hex(`token-${n}`),
    })),
  });
  return portal;
}

async function serve(portal: Portal): Promise<{ url: string; close: () => void }> {
  const server = createServer(async (incoming, outgoing) => {
    const hasBody = incoming.method !== 'GET';
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: Object.entries(incoming.headers).map(([key, value]): [string, string] => [key, String(value)]),
      ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' } : {}),
    } as RequestInit);
    const response = await (request.url.includes('/v2/')
      ? answerWrite(portal, request)
      : answer(portal, request));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body) Readable.fromWeb(response.body as never).pipe(outgoing);
    else outgoing.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

async function signIn(portal: Portal, url: string): Promise<string> {
  const email = 'bench@example.org';
  const grants = [{ role: 'owner', site: '*' }] as const;
  const link = { kind: 'invitation', org_id: 'org', email, grants, created_by: null } as const;
  const token = await makeLink(portal.db, { ...link, expires_ms: Date.now() + 60_000 });
  const response = await fetch(`${url}/api/v1/invitations/accept`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ token, name: 'Bench', email, password: 'a long enough password' }),
  });
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

interface Target {
  readonly url: string;
  readonly cookie: string;
  readonly sites: number;
}

async function measure(target: Target) {
  const day = new Date(END_MS - D).toISOString().slice(0, 10);
  const range = (days: number) =>
    `from=${new Date(END_MS - days * D).toISOString()}&to=${new Date(END_MS).toISOString()}`;
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

/** An hour of every site in one request each, as a backlog arrives; field values a second, committed. */
async function writeRate({ url, sites }: Target): Promise<number> {
  const rounds = Math.max(4, Math.min(20, sites));
  const bodies = Array.from({ length: rounds }, (_, n) => {
    const lines: string[] = [];
    for (let i = 0; i < 360; i += 1) {
      const values = FIELDS.map((field, f) => `${field}=${(i * 13 + f * 7) % 5000}.5`).join(',');
      lines.push(
        `site,site=site-${n % sites} ${values} ${END_MS + Math.floor(n / sites) * 3_600_000 + i * 10_000}`,
      );
    }
    return lines.join('\n');
  });
  const start = performance.now();
  for (const [n, body] of bodies.entries()) {
    const response = await fetch(`${url}/api/v2/write?bucket=wattward&org=org&precision=ms`, {
      method: 'POST',
      headers: { authorization: `Token token-${n % sites}` },
      body,
    });
    if (response.status !== 204) throw new Error(`${response.status} ${await response.text()}`);
  }
  return (rounds * 360 * FIELDS.length) / ((performance.now() - start) / 1000);
}

await main();
