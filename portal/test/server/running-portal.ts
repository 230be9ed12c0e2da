/** A portal on a temporary directory behind a real HTTP port, with two organisations and their sites. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { PortalRole } from '../../contract/api.ts';
import { makeLink } from '../../server/accounts/people.ts';
import { applyProvision } from '../../server/accounts/provision.ts';
import { sha256Hex } from '../../server/accounts/tokens.ts';
import { answer } from '../../server/api/routes.ts';
import { answerWrite } from '../../server/history/write-endpoint.ts';
import { type Portal, startPortal } from '../../server/portal.ts';
import type { PortalSettings } from '../../server/settings.ts';

export const PASSWORD = 'correct horse battery';
export const SITES = {
  'home-1': { token: 'write-token-1', zone: 'Europe/Berlin' },
  'home-2': { token: 'write-token-2', zone: 'Europe/Berlin' },
  'far-1': { token: 'write-token-3', zone: 'America/New_York' },
} as const;
type SiteId = keyof typeof SITES;

const site = (id: SiteId) => ({
  id,
  name: `Site ${id}`,
  zone: SITES[id].zone,
  writeTokenSha256: sha256Hex(SITES[id].token),
});

export interface RunningPortal {
  readonly portal: Portal;
  readonly dataDir: string;
  readonly url: string;
  /** A browser of its own: keeps cookies, sends what browsers send. */
  browser(): Browser;
  /** Somebody with an account, signed in. */
  person(role: PortalRole, at?: { org?: string; site?: string }): Promise<Browser>;
  stop(): Promise<void>;
}

export interface RunOptions {
  readonly nowMs?: () => number;
  readonly settings?: Partial<PortalSettings>;
}

export async function runPortal(options: RunOptions = {}): Promise<RunningPortal> {
  const dataDir = mkdtempSync(join(tmpdir(), 'wattward-portal-'));
  const provisionFile = join(dataDir, 'provision.json');
  const organisation = { id: 'north', name: 'North' };
  writeFileSync(provisionFile, JSON.stringify({ organisation, sites: [site('home-1'), site('home-2')] }));
  const settings: PortalSettings = {
    dataDir,
    provisionFile,
    broker: null,
    influx: null,
    signerSocket: join(dataDir, 'signer.sock'),
    publicUrl: 'http://127.0.0.1:3000',
    approverWaitMs: 7 * 86_400_000,
    ...options.settings,
  };
  const portal = await startPortal(settings, {
    scryptCost: { n: 1024, r: 8, p: 1 },
    ...(options.nowMs ? { nowMs: options.nowMs } : {}),
  });
  await applyProvision(portal.db, {
    organisation: { id: 'south', name: 'South' },
    sites: [site('far-1')],
  });
  const server = createServer(async (incoming, outgoing) => {
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: Object.entries(incoming.headers).map(([key, value]): [string, string] => [key, String(value)]),
      ...(incoming.method === 'GET'
        ? {}
        : { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
    } as RequestInit);
    const response = await (request.url.includes('/api/v2/')
      ? answerWrite(portal, request)
      : answer(portal, request));
    outgoing.setHeaders(response.headers).writeHead(response.status);
    if (!response.body) return void outgoing.end();
    const body = Readable.fromWeb(response.body as never);
    outgoing.once('close', () => body.destroy());
    body.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let people = 0;
  return {
    portal,
    dataDir,
    url,
    browser: () => new Browser(url),
    async person(role, at = {}) {
      people += 1;
      const email = `${role}-${people}@example.org`;
      const token = await makeLink(portal.db, {
        kind: 'invitation',
        org_id: at.org ?? 'north',
        email,
        grants: [{ role, site: at.site ?? '*' }],
        created_by: null,
        expires_ms: portal.nowMs() + 60_000,
      });
      const browser = new Browser(url);
      const input = { token, name: `${role} ${people}`, email, password: PASSWORD };
      const response = await browser.post('/invitations/accept', input);
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return browser;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await portal.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export class Browser {
  cookie = '';
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  get(path: string): Promise<Response> {
    return this.send('GET', path);
  }

  post(path: string, body?: unknown): Promise<Response> {
    return this.send('POST', path, body);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ): Promise<Response> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { ...headers, cookie: this.cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const set = response.headers.get('set-cookie');
    if (set) this.cookie = set.split(';')[0] ?? '';
    return response;
  }
}

export function setupToken(dataDir: string): string {
  return readFileSync(join(dataDir, 'setup-link.txt'), 'utf8').trim().split('token=')[1] ?? '';
}

/** Resolves when `condition` holds; asked every 10 ms, for 20 s at most. */
export async function until(condition: () => boolean | Promise<boolean>, what = 'condition'): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
