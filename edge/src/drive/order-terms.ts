/** For how long, how often and with how many tries an inverter is ordered, by its family and the site settings. */
import { type LeaseRange, leaseWithin } from '../catalogue/family.ts';
import type { Settings } from '../core/settings.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import { renewalMs } from './relay-channel.ts';

export interface OrderTerms {
  /** How long the device keeps an order of which it hears nothing more, seconds. */
  readonly leaseS: number;
  /** An order is written again at least so often, milliseconds. */
  readonly renewMs: number;
  /** So many writes in a row that failed are told. */
  readonly tries: number;
}

/** Where no battery takes orders. */
const DEFAULT_LEASE_S = 90;

/** @param inverter id in the site settings @param lease what its family can keep */
export function orderTerms(
  site: SiteSettings,
  core: Settings,
  inverter: string,
  lease: LeaseRange,
): OrderTerms {
  const battery = site.batteries.findIndex(
    (entry) => entry.inverter === inverter && entry.capability !== 'observe',
  );
  const leaseS = leaseWithin(lease, core.batteries[battery]?.leaseS ?? DEFAULT_LEASE_S);
  const { renewMs, echoTries: tries } = core.commands;
  return { leaseS, renewMs: renewalMs(leaseS, renewMs), tries };
}
