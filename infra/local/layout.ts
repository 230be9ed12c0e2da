/** Where everything of one run lies: directories below the data directory, ports above the base. */
import path from 'node:path';

export interface SiteLayout {
  readonly id: string;
  readonly edgeId: string;
  readonly installerId: string;
  /** The simulator answers under it on the bus. */
  readonly simId: string;
  readonly dir: string;
  readonly simHttpPort: number;
  readonly meterPort: number;
  readonly inverterPort: number;
}

export interface Layout {
  readonly dataDir: string;
  readonly brokerDir: string;
  readonly portalDir: string;
  readonly secretsDir: string;
  readonly logDir: string;
  readonly clockFile: string;
  readonly portalPort: number;
  readonly brokerPort: number;
  readonly sites: readonly SiteLayout[];
}

export function layout(dataDir: string, portsBase: number, sites: number): Layout {
  return {
    dataDir,
    brokerDir: path.join(dataDir, 'broker'),
    portalDir: path.join(dataDir, 'portal'),
    secretsDir: path.join(dataDir, 'secrets'),
    logDir: path.join(dataDir, 'logs'),
    clockFile: path.join(dataDir, 'clock.json'),
    portalPort: portsBase,
    brokerPort: portsBase + 1,
    sites: Array.from({ length: sites }, (_, index) => siteLayout(dataDir, portsBase, index + 1)),
  };
}

function siteLayout(dataDir: string, portsBase: number, number: number): SiteLayout {
  const id = `home-${number}`;
  const base = portsBase + 10 * number;
  return {
    id,
    edgeId: `edge-${id}`,
    installerId: `installer-${id}`,
    simId: `sim-${id}`,
    dir: path.join(dataDir, id),
    simHttpPort: base,
    meterPort: base + 1,
    inverterPort: base + 2,
  };
}

/** Every port of the run with what listens there. */
export function portsOf(plan: Layout, headless: boolean): { port: number; use: string }[] {
  return [
    ...(headless ? [] : [{ port: plan.portalPort, use: 'portal' }]),
    { port: plan.brokerPort, use: 'broker' },
    ...plan.sites.flatMap((site) => [
      { port: site.simHttpPort, use: `simulator of ${site.id}` },
      { port: site.meterPort, use: `meter of ${site.id}` },
      { port: site.inverterPort, use: `inverter of ${site.id}` },
    ]),
  ];
}
