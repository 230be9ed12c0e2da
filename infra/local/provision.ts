/**
 * First start: every credential, token and configuration file of the run. What exists is kept, so that a second
 * start changes no secret; `edge.yaml` is written anew each time, since ports and the clock's anchor may differ.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FACTORY_TOPICS, type NewCredential } from '@wattward/broker/access/credential';
import {
  addCredential,
  readCredentials,
  revokeCredential,
  writeSecretFile,
} from '@wattward/broker/access/credentials-file';
import { PORTAL_KEY, SETPOINT_KINDS } from '@wattward/broker/wire/setpoint';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import type { HomeDescription } from './home-description.ts';
import type { Layout, SiteLayout } from './layout.ts';
import type { StartOptions } from './options.ts';
import { HOST } from './ports.ts';
import { brokerUrl, secretFile } from './processes.ts';
import type { Anchor } from './site-clock.ts';
import { StartFailure } from './supervisor.ts';

export interface ProvisionInput {
  readonly root: string;
  readonly plan: Layout;
  readonly options: StartOptions;
  readonly anchor: Anchor;
  /** One for each site of the plan. */
  readonly homes: readonly HomeDescription[];
}

const PRIVATE = { mode: 0o600 } as const;
const ORGANISATION = { id: 'home', name: 'My homes' } as const;

export async function provision(input: ProvisionInput): Promise<void> {
  const { plan, homes } = input;
  for (const dir of [plan.brokerDir, plan.portalDir, plan.secretsDir])
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  await credentials(plan, homes);
  const sites = plan.sites.map((site, index) => {
    const home = homes[index];
    if (!home) throw new RangeError(`no description of ${site.id}`);
    const token = historyToken(site);
    const addresses = writeSiteSettings(input, site, home);
    writeFileSync(path.join(site.dir, 'edge.yaml'), stringify(edgeConfig(input, site, addresses)), PRIVATE);
    return {
      id: site.id,
      name: plan.sites.length === 1 ? home.name : `${home.name} ${index + 1}`,
      zone: home.zone,
      writeTokenSha256: createHash('sha256').update(token).digest('hex'),
    };
  });
  const text = JSON.stringify({ organisation: ORGANISATION, sites }, null, 2);
  writeFileSync(path.join(plan.portalDir, 'provision.json'), `${text}\n`, PRIVATE);
}

async function credentials(plan: Layout, homes: readonly HomeDescription[]): Promise<void> {
  const wanted: NewCredential[] = [{ id: 'portal', role: 'portal' }];
  // A home broker of its own knows boards that nobody has told the box of yet; homes that share one keep apart.
  const alone = plan.sites.length === 1;
  for (const [index, site] of plan.sites.entries()) {
    const { boards = [], unclaimed = [], meters = [] } = homes[index] ?? {};
    wanted.push({ id: site.id, role: 'site' });
    const own = { siteId: [site.id], ...(alone ? {} : { boardId: boards, meterId: meters }) };
    wanted.push({ id: site.edgeId, role: 'edge', bindings: own });
    wanted.push({ id: site.installerId, role: 'installer', bindings: own });
    wanted.push({ id: site.simId, role: 'sim', bindings: { siteId: [site.id] } });
    for (const id of boards) {
      const label = unclaimed.find((board) => board.id === id)?.label;
      const factory = label === undefined ? {} : { topics: FACTORY_TOPICS, secret: label };
      wanted.push({ id, role: 'board', ...factory });
    }
    for (const id of meters) wanted.push({ id, role: 'meter' });
  }
  const known = new Map(
    (await readCredentials(plan.brokerDir)).map((credential) => [credential.id, credential]),
  );
  for (const request of wanted) {
    const file = secretFile(plan, request.id);
    const before = known.get(request.id);
    if (before && existsSync(file) && isDeepStrictEqual(before.bindings, request.bindings ?? {})) continue;
    // A secret that is lost cannot be told again, and other rights are another credential: a new one takes its place.
    if (before) await revokeCredential(plan.brokerDir, request.id);
    await writeSecretFile(file, await addCredential(plan.brokerDir, request));
  }
}

function tokenFile(site: SiteLayout): string {
  return path.join(site.dir, 'history-token');
}

/** The site's own token for writing history, made once; that of an outside InfluxDB when one is set. */
function historyToken(site: SiteLayout): string {
  const file = tokenFile(site);
  const given = process.env.INFLUX_URL ? process.env.INFLUX_TOKEN : undefined;
  if (given) writeFileSync(file, given, PRIVATE);
  else if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), PRIVATE);
  return readFileSync(file, 'utf8');
}

type Addresses = Readonly<Record<string, { readonly host: string; readonly port: number }>>;

/**
 * The installer's settings are seeded once from the template beside the home; afterwards the box owns them.
 * @returns where the devices that the template reaches over TCP are at this start, by their ids.
 */
function writeSiteSettings({ options }: ProvisionInput, site: SiteLayout, home: HomeDescription): Addresses {
  const file = path.join(site.dir, 'site.yaml');
  const template = options.homeFile.replace(/\.ya?ml$/, '.site.yaml');
  if (!existsSync(template)) {
    throw new StartFailure(
      'site-template-missing',
      `Beside the home stands no ${path.basename(template)}: what the installer tells the box of it.`,
      `Write ${template}; the shipped homes show how.`,
    );
  }
  const values: Record<string, string> = {
    SITE: site.id,
    HOST,
    METER_PORT: String(site.meterPort),
    INVERTER_PORT: String(site.inverterPort),
    BOARD: home.boards[0] ?? '',
    METER: home.meters[0] ?? '',
  };
  const text = readFileSync(template, 'utf8').replace(
    /\$\{([A-Z_]+)\}/g,
    (whole, name: string) => values[name] ?? whole,
  );
  writeFileSync(file, text, PRIVATE);
  return addressesIn(text);
}

const tcpAddress = z.object({ host: z.string(), port: z.number() });
const reachedByTcp = z.array(z.object({ id: z.string(), connection: z.unknown() }));
const templateDevices = z.object({
  devices: z.object({ meters: reachedByTcp.default([]), inverters: reachedByTcp.default([]) }),
});

/** The settings the box holds may be older than this start's ports: what it is told here counts before them. */
function addressesIn(siteSettings: string): Addresses {
  const { meters, inverters } = templateDevices.parse(parse(siteSettings)).devices;
  const found = [...meters, ...inverters].flatMap(({ id, connection }) => {
    const address = tcpAddress.safeParse(connection);
    return address.success ? [[id, address.data] as const] : [];
  });
  return Object.fromEntries(found);
}

/** @returns the content of `edge.yaml`. */
function edgeConfig(
  { plan, options, anchor }: ProvisionInput,
  site: SiteLayout,
  addresses: Addresses,
): object {
  const influx = process.env.INFLUX_URL;
  return {
    site: site.id,
    dataDir: path.join(site.dir, 'box'),
    siteSettings: path.join(site.dir, 'site.yaml'),
    addresses,
    homeBroker: { url: brokerUrl(plan), identity: site.edgeId, secretFile: secretFile(plan, site.edgeId) },
    cloudBroker: { url: brokerUrl(plan), identity: site.id, secretFile: secretFile(plan, site.id) },
    history: {
      url: influx ?? `http://${HOST}:${plan.portalPort}`,
      org: process.env.INFLUX_ORG ?? ORGANISATION.id,
      bucket: process.env.INFLUX_BUCKET ?? 'wattward',
      tokenFile: tokenFile(site),
    },
    // Without a portal nobody signs.
    setpointKeys: options.headless
      ? []
      : [{ id: PORTAL_KEY, file: path.join(plan.portalDir, 'setpoint-key.pub'), kinds: SETPOINT_KINDS }],
    clock: { speed: anchor.speed, anchorRealMs: anchor.realMs, anchorSiteMs: anchor.siteMs },
  };
}
