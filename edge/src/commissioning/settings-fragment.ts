/** What the accepted boards mean for the site settings: entries as `site.yaml` has them. */
import type { BoardCase } from './stages.ts';

/** Shortest times of a contactor; other kinds of loads have no shorter ones. [reliability, min on / off] */
const CONTACTOR_CARE = { minOnS: 300, minOffS: 300 } as const;

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
      loads.map(({ channel, load, name, nominalPowerW, phase, kind, leaseS, contactor }) => ({
        id: load,
        name,
        board: id,
        channel,
        kind,
        nominalPowerW,
        phase,
        priority: priorities[load] ?? 99,
        leaseS,
        ...(contactor && kind === 'interruptible' ? CONTACTOR_CARE : {}),
      })),
    ),
  };
}
