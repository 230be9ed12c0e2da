/** What the accepted boards mean for the site settings: entries as `site.yaml` has them. */
import type { BoardCase } from './stages.ts';

export interface SettingsFragment {
  readonly boards: readonly object[];
  readonly loads: readonly object[];
}

export function settingsFragment(cases: readonly BoardCase[]): SettingsFragment {
  const accepted = cases.filter(({ stage }) => stage === 'accepted');
  return {
    boards: accepted.map(({ id, name, hardware }) => ({
      id,
      name,
      protocol: hardware.protocol,
      channels: hardware.channels,
      ...(hardware.device === id ? {} : { device: hardware.device }),
      ...(hardware.mac ? { mac: hardware.mac } : {}),
    })),
    loads: accepted.flatMap(({ id, loads, priorities }) =>
      loads.map(({ channel, load, name, nominalPowerW, phase, kind, leaseS }) => ({
        id: load,
        name,
        board: id,
        channel,
        kind,
        nominalPowerW,
        phase,
        priority: priorities[load] ?? 99,
        leaseS,
      })),
    ),
  };
}
