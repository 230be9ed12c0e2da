/**
 * Many light homes with their boxes in one process, each with real Modbus and MQTT between home and box: load for a
 * portal, a broker, a demonstration. The boxes keep nothing on disk.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Agent, type AgentLog, startAgent } from '@wattward/edge/agent';
import { readCredential } from '../faces/mqtt-client.ts';
import { readHome } from '../home/home-file.ts';
import { boardIds, meterIds } from '../home/identity.ts';
import { SiteClock } from '../home/site-clock.ts';
import type { Log } from '../log.ts';
import { Simulator } from '../simulator.ts';
import { openVolatileStore } from './volatile-store.ts';

export interface FleetOptions {
  /** Home file; `<name>.site.yaml` must stand beside it. Every site gets its own seed. */
  readonly homeFile: string;
  readonly sites: number;
  /** Sites are `<prefix>-1`, `<prefix>-2` and so on; their boxes `edge-<prefix>-1`. */
  readonly prefix: string;
  readonly dataDir: string;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  readonly speed: number;
  readonly log: Log;
}

export interface Member {
  readonly siteId: string;
  readonly home: Simulator;
  readonly box: Agent;
}

/** So that a hundred boxes do not poll in the same millisecond. */
const BETWEEN_STARTS_MS = 40;

export class Fleet {
  readonly members: readonly Member[];

  private constructor(members: readonly Member[]) {
    this.members = members;
  }

  /** Rejects when one cannot start; nothing runs then. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const members: Member[] = [];
    try {
      for (let n = 1; n <= options.sites; n += 1) {
        members.push(await startMember(options, n));
        await delay(BETWEEN_STARTS_MS);
      }
    } catch (error) {
      await new Fleet(members).close();
      throw error;
    }
    return new Fleet(members);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.members.map(async ({ home, box }) => {
        await box.stop();
        await home.close();
      }),
    );
  }
}

/** Credentials that a site of the fleet needs, as the broker's roles name them. */
export function fleetIdentities(
  homeFile: string,
  siteId: string,
): readonly { readonly id: string; readonly role: 'edge' | 'site' | 'board' | 'meter' }[] {
  const home = readHome(homeFile);
  return [
    { id: `edge-${siteId}`, role: 'edge' },
    { id: siteId, role: 'site' },
    ...boardIds(home, siteId).map((id) => ({ id, role: 'board' as const })),
    ...meterIds(home, siteId).map((id) => ({ id, role: 'meter' as const })),
  ];
}

async function startMember(options: FleetOptions, n: number): Promise<Member> {
  const { homeFile, brokerUrl, secretsDir, speed, log } = options;
  const siteId = `${options.prefix}-${n}`;
  for (const { id } of fleetIdentities(homeFile, siteId)) readCredential(secretsDir, id);
  const file = readHome(homeFile);
  const home = { ...file, seed: (file.seed + n) >>> 0 };
  const dataDir = path.join(options.dataDir, siteId);
  mkdirSync(dataDir, { recursive: true });
  const anchor = { realMs: Date.now(), siteMs: Date.now(), speed };
  const simulator = await Simulator.start({
    ...{ home, siteId, brokerUrl, secretsDir, log, measured: null },
    dataDir: path.join(dataDir, 'home'),
    clock: new SiteClock(anchor, { shared: true }),
    ...{ host: '127.0.0.1', httpPort: 0, meterPort: 0, inverterPort: 0 },
  });
  try {
    const siteSettings = path.join(dataDir, 'site.yaml');
    writeFileSync(siteSettings, filledIn(homeFile, siteId, simulator));
    const secretFile = (id: string) => path.join(secretsDir, `${id}.json`);
    const broker = (id: string) => ({ url: brokerUrl, identity: id, secretFile: secretFile(id) });
    const box = await startAgent({
      config: {
        ...{ site: siteId, siteSettings, dataDir: path.join(dataDir, 'box'), addresses: {} },
        ...{ homeBroker: broker(`edge-${siteId}`), cloudBroker: broker(siteId) },
        ...{ history: null, metrics: null, homeAssistant: false, setpointKeys: [] },
        clock: { speed, anchorRealMs: anchor.realMs, anchorSiteMs: anchor.siteMs },
        ...{ cycleMs: 1_000, recordMs: 10_000 },
      },
      log: boxLog(log, siteId),
      openStore: openVolatileStore,
    });
    return { siteId, home: simulator, box };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

/** The installer's settings of the home, with this site's ports and ids. */
function filledIn(homeFile: string, siteId: string, { ports, running }: Simulator): string {
  const template = homeFile.replace(/\.ya?ml$/, '.site.yaml');
  const values: Record<string, string> = {
    SITE: siteId,
    HOST: '127.0.0.1',
    METER_PORT: String(ports.meterPort),
    INVERTER_PORT: String(ports.inverterPort),
    BOARD: boardIds(running.home, siteId)[0] ?? '',
    METER: meterIds(running.home, siteId)[0] ?? '',
  };
  const text = readFileSync(template, 'utf8');
  return text.replace(/\$\{([A-Z_]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

function boxLog(log: Log, site: string): AgentLog {
  return {
    info: () => {},
    warn: (detail, message) => log('warn', message, { site, ...detail }),
    error: (detail, message) => log('error', message, { site, ...detail }),
  };
}
