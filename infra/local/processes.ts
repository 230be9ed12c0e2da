/** How each process of the home is called. */
import path from 'node:path';
import { BROKER_FLAGS, PORTAL_FLAGS } from '../build/node-flags.ts';
import type { Layout, SiteLayout } from './layout.ts';
import type { StartOptions } from './options.ts';
import { HOST } from './ports.ts';
import type { Anchor } from './site-clock.ts';
import type { ProcessSpec } from './supervisor.ts';

export function brokerUrl(plan: Layout): string {
  return `mqtt://${HOST}:${plan.brokerPort}`;
}

export function secretFile(plan: Layout, identity: string): string {
  return path.join(plan.secretsDir, `${identity}.json`);
}

export function brokerProcess(root: string, plan: Layout): ProcessSpec {
  return {
    name: 'broker',
    args: [
      ...BROKER_FLAGS,
      path.join(root, 'broker/src/main.ts'),
      'serve',
      ...['--data', plan.brokerDir, '--host', HOST, '--port', String(plan.brokerPort)],
    ],
  };
}

export function simulatorProcess(
  root: string,
  plan: Layout,
  site: SiteLayout,
  { options, anchor }: { options: StartOptions; anchor: Anchor },
): ProcessSpec {
  return {
    name: `simulator-${site.id}`,
    args: [
      path.join(root, 'device-sim/src/main.ts'),
      'run',
      ...['--home', options.homeFile, '--site', site.id, '--data', path.join(site.dir, 'simulator')],
      ...['--broker', brokerUrl(plan), '--secrets', plan.secretsDir, '--host', HOST],
      ...['--http-port', String(site.simHttpPort)],
      ...['--control-identity', site.simId],
      ...['--meter-port', String(site.meterPort), '--inverter-port', String(site.inverterPort)],
      ...['--speed', String(anchor.speed), '--anchor', `${anchor.realMs}:${anchor.siteMs}`],
      ...(options.profile ? ['--profile', options.profile] : []),
      ...(options.weather ? ['--weather', options.weather] : []),
    ],
  };
}

export function boxProcess(root: string, _plan: Layout, site: SiteLayout): ProcessSpec {
  return {
    name: `box-${site.id}`,
    args: [path.join(root, 'edge/src/main.ts'), 'run', '--config', path.join(site.dir, 'edge.yaml')],
  };
}

export function signerProcess(root: string, plan: Layout): ProcessSpec {
  return { name: 'signer', args: [path.join(root, 'portal/signer/main.ts'), '--data', plan.portalDir] };
}

export function portalProcess(root: string, plan: Layout, server: string): ProcessSpec {
  return {
    name: 'portal',
    args: [...PORTAL_FLAGS, path.join(root, server)],
    env: {
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: String(plan.portalPort),
      HOSTNAME: HOST,
      WATTWARD_PORTAL_DATA: plan.portalDir,
      WATTWARD_PROVISION: path.join(plan.portalDir, 'provision.json'),
      WATTWARD_BROKER_URL: brokerUrl(plan),
      WATTWARD_BROKER_SECRET: secretFile(plan, 'portal'),
    },
    probe: () => answers(`http://${HOST}:${plan.portalPort}/api/v1/health`),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
