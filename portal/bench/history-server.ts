/**
 * `node history-server.ts SITES RAW_DAYS END_MS`, started by the history benchmark: a portal on an embedded store as
 * large as asked for. Tells its parent where it is; asked for `rss`, how large it and its file are. A process of its
 * own, so that its memory is its own.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { makeLink } from '../server/accounts/people.ts';
import { sha256Hex } from '../server/accounts/tokens.ts';
import { answer } from '../server/api/routes.ts';
import { answerWrite } from '../server/history/write-endpoint.ts';
import { type Portal, startPortal } from '../server/portal.ts';
import { applyProvision } from '../server/provision.ts';

export interface ServerReady {
  readonly url: string;
  readonly cookie: string;
}
export interface ServerSize {
  readonly rssMb: number;
  readonly fileMb: number;
}

async function main(): Promise<void> {
  const [sites = 0, rawDays = 0, endMs = 0] = process.argv.slice(2).map(Number);
  const dataDir = mkdtempSync(join(tmpdir(), 'wattward-bench-'));
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  process.once('disconnect', () => process.exit(0));
  const portal = await openPortal(dataDir, sites);
  const file = join(dataDir, 'history.db');
  const fill = [join(import.meta.dirname, 'history-fill.ts'), file, sites, rawDays, endMs];
  const { status } = spawnSync(process.execPath, fill.map(String), { stdio: 'inherit' });
  if (status !== 0) throw new Error('the store could not be filled');
  const url = await serve(portal);
  process.on('message', () => {
    const size: ServerSize = { rssMb: process.memoryUsage().rss / 1e6, fileMb: statSync(file).size / 1e6 };
    process.send?.(size);
  });
  const ready: ServerReady = { url, cookie: await signIn(portal, url) };
  process.send?.(ready);
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

async function serve(portal: Portal): Promise<string> {
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
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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

await main();
