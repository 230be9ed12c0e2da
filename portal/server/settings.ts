/** What the process is told from outside: read once, at start, every mistake at once. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { InfluxAccess } from './history/flux/influx-access.ts';
import { StartError } from './problems/start-error.ts';
import { approverWaitMs } from './rights/approver-wait.ts';

export interface PortalSettings {
  /** Directory of the portal's own data; made when missing. */
  readonly dataDir: string;
  readonly provisionFile: string | null;
  readonly broker: { readonly url: string; readonly id: string; readonly secret: string } | null;
  readonly influx: InfluxAccess | null;
  readonly signerSocket: string;
  /** Where people reach the portal; the base of one-time links. */
  readonly publicUrl: string;
  /** How long an account does not approve what its maker proposes. */
  readonly approverWaitMs: number;
}

const secretFile = z.object({ id: z.string().min(1), secret: z.string().min(1) });

/**
 * @param env `WATTWARD_PORTAL_DATA`, `WATTWARD_PROVISION`, `WATTWARD_BROKER_URL`, `WATTWARD_BROKER_SECRET`,
 *   `WATTWARD_SIGNER_SOCKET`, `WATTWARD_PUBLIC_URL`, `WATTWARD_APPROVER_WAIT_DAYS`, `INFLUX_*`, `HOSTNAME`, `PORT`.
 * @throws StartError naming every setting that is wrong and how to mend it.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): PortalSettings {
  const problems: string[] = [];
  const dataDir = resolve(/* turbopackIgnore: true */ env.WATTWARD_PORTAL_DATA ?? '.wattward/portal');
  const settings: PortalSettings = {
    dataDir,
    provisionFile: env.WATTWARD_PROVISION
      ? resolve(/* turbopackIgnore: true */ env.WATTWARD_PROVISION)
      : null,
    broker: readBroker(env, problems),
    influx: readInflux(env, problems),
    signerSocket: resolve(
      /* turbopackIgnore: true */ env.WATTWARD_SIGNER_SOCKET ?? join(dataDir, 'signer.sock'),
    ),
    publicUrl: (
      env.WATTWARD_PUBLIC_URL ?? `http://${env.HOSTNAME ?? '127.0.0.1'}:${env.PORT ?? '3000'}`
    ).replace(/\/$/, ''),
    approverWaitMs: readApproverWait(env, problems),
  };
  if (!URL.canParse(settings.publicUrl)) problems.push(`WATTWARD_PUBLIC_URL is no address`);
  if (problems.length > 0) {
    throw new StartError(
      'bad-settings',
      problems.join('; '),
      'Mend these environment variables and start again.',
    );
  }
  return settings;
}

function readApproverWait(env: Readonly<Record<string, string | undefined>>, problems: string[]): number {
  const waitMs = approverWaitMs(env);
  if (waitMs === null) problems.push('WATTWARD_APPROVER_WAIT_DAYS must be a number of days from 0 to 365');
  return waitMs ?? 0;
}

function readBroker(
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): PortalSettings['broker'] {
  const { WATTWARD_BROKER_URL: url, WATTWARD_BROKER_SECRET: file } = env;
  if (!url && !file) return null;
  if (!url || !URL.canParse(url)) {
    problems.push('WATTWARD_BROKER_URL must be an address such as mqtt://127.0.0.1:1883');
    return null;
  }
  if (!file) {
    problems.push('WATTWARD_BROKER_SECRET must name the file with the credential "portal"');
    return null;
  }
  try {
    const { id, secret } = secretFile.parse(JSON.parse(readFileSync(file, 'utf8')));
    return { url, id, secret };
  } catch {
    problems.push(`WATTWARD_BROKER_SECRET: ${file} is not readable as { "id", "secret" }`);
    return null;
  }
}

function readInflux(
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): InfluxAccess | null {
  const { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org } = env;
  if (!url) return null;
  if (!URL.canParse(url)) problems.push('INFLUX_URL must be an address such as http://127.0.0.1:8086');
  if (!token) problems.push('INFLUX_TOKEN is missing');
  if (!org) problems.push('INFLUX_ORG is missing');
  return { url, token: token ?? '', org: org ?? '', bucket: env.INFLUX_BUCKET ?? 'wattward' };
}
