/** What this site is and may do: told to the portal at every connect, kept by the broker. */

import type { Allowance } from '@wattward/broker/wire/allowance';
import { LIMIT_KINDS } from '@wattward/broker/wire/setpoint';
import type { OperatorTerms, SiteDescription } from '@wattward/broker/wire/site';
import type { Settings } from '../core/settings.ts';
import type { SiteSettings } from '../settings/site-settings.ts';

export const SOFTWARE_VERSION = '0.1.0';
/** Written in when the box is bundled. */
export const SOFTWARE_COMMIT = process.env.WATTWARD_COMMIT ?? 'unbundled';

export interface DescriptionInput {
  readonly siteId: string;
  readonly site: SiteSettings;
  readonly core: Settings;
  readonly allowance: Allowance;
  readonly boot: string;
  readonly challenge: string;
  /** By key: the last sequence number taken. */
  readonly setpointSeqs: SiteDescription['setpointSeqs'];
  readonly simulated: boolean;
}

export function siteDescriptionOf(input: DescriptionInput): SiteDescription {
  const { siteId, site, core, allowance } = input;
  const { meters, inverters, boards } = site.devices;
  const addressOf = (connection: (typeof meters)[number]['connection']) => {
    if (connection.kind === 'modbus-tcp') return `${connection.host}:${connection.port}`;
    return connection.kind === 'modbus-rtu' ? connection.path : connection.meterId;
  };
  return {
    v: 1,
    site: siteId,
    name: site.name,
    zone: site.zone,
    softwareVersion: SOFTWARE_VERSION,
    boot: input.boot,
    challenge: input.challenge,
    setpointSeqs: input.setpointSeqs,
    simulated: input.simulated,
    capabilities: {
      pv: core.hasPv,
      battery: core.batteries.length > 0,
      ev: core.loads.some(({ kind }) => kind === 'ev'),
      phases: core.grid.phases,
    },
    devices: [
      ...meters.map((m) => ({
        id: m.id,
        kind: `${m.role} meter`,
        name: m.name,
        address: addressOf(m.connection),
      })),
      ...inverters.map((i) => ({
        id: i.id,
        kind: 'inverter',
        name: i.name,
        address: addressOf(i.connection),
      })),
      ...boards.map((b) => ({ id: b.id, kind: 'relay board', name: b.name, address: b.protocol })),
    ],
    loads: core.loads.map((load, i) => ({
      id: load.id,
      name: load.name,
      kind: load.kind,
      priority: load.priority,
      essential: load.essential,
      nominalPowerW: load.nominalPowerW,
      board: site.loads[i]?.board ?? '',
      channel: site.loads[i]?.channel ?? 0,
    })),
    batteries: core.batteries.map(({ id, name, capacityWh, maxChargeW, maxDischargeW }) => ({
      id,
      name,
      capacityWh,
      maxChargeW,
      maxDischargeW,
    })),
    bounds: Object.fromEntries(Object.entries(allowance.numbers).map(([key, bound]) => [key, { ...bound }])),
    choices: Object.fromEntries(Object.entries(allowance.choices).map(([key, names]) => [key, [...names]])),
    tariff: core.tariff,
  };
}

/** What an operator needs to sign a limit for this site, taken from the description. */
export function operatorTermsOf(
  { site, challenge, setpointSeqs, bounds }: SiteDescription,
  keyIds: readonly string[],
): OperatorTerms {
  const only = <T>(of: Readonly<Record<string, T>>, names: readonly string[]) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => names.includes(name)));
  return {
    v: 1,
    site,
    challenge,
    setpointSeqs: only(setpointSeqs, keyIds),
    bounds: only(bounds, LIMIT_KINDS),
  };
}
