/** What a newcomer reads when the home is alive. */
import path from 'node:path';
import type { Layout } from './layout.ts';
import type { StartOptions } from './options.ts';
import { HOST } from './ports.ts';
import { brokerUrl, secretFile } from './processes.ts';

export interface ReadyFacts {
  readonly plan: Layout;
  readonly options: StartOptions;
  /** One-time link for the first account; null once there is one. */
  readonly setupLink: string | null;
  /** The site's time at the start, in words. */
  readonly siteTime: string;
  readonly tookS: number;
}

export function readyBlock({ plan, options, setupLink, siteTime, tookS }: ReadyFacts): string {
  const homes = plan.sites.map(({ id }) => id).join(', ');
  const rows: [string, string][] = [
    ...(options.headless ? [] : portalRows(plan, setupLink)),
    ['Simulated', `${homes}: ${path.basename(options.homeFile)}, ${options.speed}x, ${siteTime}`],
    ...(options.profile ? [['Profile', options.profile] satisfies [string, string]] : []),
    ...(options.weather ? [['Weather', options.weather] satisfies [string, string]] : []),
    ...plan.sites.map((site): [string, string] => [
      plan.sites.length === 1 ? 'Simulator' : `Simulator ${site.id}`,
      `http://${HOST}:${site.simHttpPort}/api/v1/objects`,
    ]),
    ...plan.sites.map((site): [string, string] => [
      plan.sites.length === 1 ? 'Relay boards' : `Boards of ${site.id}`,
      `npm run commission -- --broker ${brokerUrl(plan)} --site ${site.id} --secret ${secretFile(plan, site.installerId)}`,
    ]),
    ['Data', plan.dataDir],
    ['End', 'Ctrl-C; the next start goes on with this data (--fresh forgets it)'],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  return ['', `Wattward is ready (${tookS.toFixed(1)} s)`, '', ...lines, ''].join('\n');
}

function portalRows(plan: Layout, setupLink: string | null): [string, string][] {
  const address = `http://${HOST}:${plan.portalPort}`;
  return setupLink
    ? [
        ['Portal', address],
        ['Set up', `${setupLink}  (once, for the first account)`],
      ]
    : [['Portal', `${address}  (sign in with your account)`]];
}
