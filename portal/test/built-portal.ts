/** The built portal on a temporary directory, with two organisations, their sites, and people who sign in over HTTP. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PortalRole } from '../contract/api.ts';
import { makeLink } from '../server/accounts/people.ts';
import { applyProvision } from '../server/accounts/provision.ts';
import { sha256Hex } from '../server/accounts/tokens.ts';
import { openDatabase } from '../server/database/open.ts';
import type { PortalDatabase } from '../server/database/schema.ts';
import { type BuiltServer, freePort, startBuiltServer } from './built-server.ts';

export const PASSWORD = 'correct horse battery';
/** `home-1` and `home-2` belong to the organisation `north`, `far-1` to `south`. */
export const SITES = {
  'home-1': { token: 'write-token-1', zone: 'Europe/Berlin' },
  'home-2': { token: 'write-token-2', zone: 'Europe/Berlin' },
  'far-1': { token: 'write-token-3', zone: 'America/New_York' },
} as const;
export type SiteId = keyof typeof SITES;
const DAY_MS = 86_400_000;

const site = (id: SiteId) => ({
  id,
  name: `Site ${id}`,
  zone: SITES[id].zone,
  writeTokenSha256: sha256Hex(SITES[id].token),
});
const NORTH = { organisation: { id: 'north', name: 'North' }, sites: [site('home-1'), site('home-2')] };
const SOUTH = { organisation: { id: 'south', name: 'South' }, sites: [site('far-1')] };

export interface BuiltPortal {
  readonly url: string;
  readonly dataDir: string;
  readonly server: BuiltServer;
  /**
   * A second connection to the file of the running portal, for what time or a mishap would do to it: a row is aged, a
   * role taken away, a chain broken. What a person can do goes over HTTP.
   */
  readonly db: PortalDatabase;
  /** A browser of its own: keeps cookies, sends what browsers send. */
  browser(): Browser;
  /** Somebody who accepted an invitation, signed in. Names count up: `owner-1@example.org`, `manager-2@example.org`. */
  person(role: PortalRole, at?: { org?: string; site?: string }): Promise<Browser>;
  /** Writes line protocol with the token of the site, as its box does; instants in ms. */
  write(site: SiteId, lines: string | readonly string[]): Promise<Response>;
  /** Ends the process and starts it again on the same directory and port. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export interface PortalPlace {
  readonly broker?: { readonly url: string; readonly id: string; readonly secret: string };
  readonly signerSocket?: string;
  /** Anything else of its environment: `INFLUX_URL`, `TZ`. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startBuiltPortal(place: PortalPlace = {}): Promise<BuiltPortal> {
  const dataDir = mkdtempSync(join(tmpdir(), 'wattward-portal-'));
  const provisionFile = join(dataDir, 'provision.json');
  writeFileSync(provisionFile, JSON.stringify(NORTH));
  const env = { ...environmentOf(dataDir, place), ...place.env };
  const at = { dataDir, provisionFile, port: await freePort() };
  const db = await openDatabase(dataDir);
  await applyProvision(db, SOUTH);
  let server = await startBuiltServer({ ...at, env });
  const { url } = server;
  let people = 0;
  return {
    url,
    get server() {
      return server;
    },
    dataDir,
    db,
    browser: () => new Browser(url),
    async person(role, where = {}) {
      people += 1;
      const email = `${role}-${people}@example.org`;
      const token = await makeLink(db, {
        kind: 'invitation',
        org_id: where.org ?? 'north',
        email,
        grants: [{ role, site: where.site ?? '*' }],
        created_by: null,
        expires_ms: Date.now() + DAY_MS,
      });
      const browser = new Browser(url);
      const input = { token, name: `${role} ${people}`, email, password: PASSWORD };
      const response = await browser.post('/invitations/accept', input);
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return browser;
    },
    write: (id, lines) =>
      fetch(`${url}/api/v2/write?org=org&bucket=wattward&precision=ms`, {
        method: 'POST',
        headers: { authorization: `Token ${SITES[id].token}` },
        body: typeof lines === 'string' ? lines : lines.join('\n'),
      }),
    async restart(change = {}) {
      await server.stop();
      server = await startBuiltServer({ ...at, env: { ...env, ...change } });
    },
    async stop() {
      await server.stop();
      await db.destroy();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function environmentOf(dataDir: string, { broker, signerSocket }: PortalPlace): Record<string, string> {
  const env: Record<string, string> = {};
  if (signerSocket) env.WATTWARD_SIGNER_SOCKET = signerSocket;
  if (!broker) return env;
  const secretFile = join(dataDir, 'broker-secret.json');
  writeFileSync(secretFile, JSON.stringify({ id: broker.id, secret: broker.secret }), { mode: 0o600 });
  return { ...env, WATTWARD_BROKER_URL: broker.url, WATTWARD_BROKER_SECRET: secretFile };
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

  /** @param body an object becomes JSON; text and bytes go as they are. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ): Promise<Response> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { ...headers, cookie: this.cookie },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: isRaw ? (body as BodyInit) : JSON.stringify(body) }),
    });
    const set = response.headers.get('set-cookie');
    if (set) this.cookie = set.split(';')[0] ?? '';
    return response;
  }
}

/** The token of the link that the first start left for the first person. */
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
