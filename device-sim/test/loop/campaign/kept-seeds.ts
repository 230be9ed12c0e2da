/**
 * Seeds that once found something, in the product or in what judges it, with as much time as they need. They are run
 * with every test run; `what` says why they are kept.
 */
export interface KeptSeed {
  readonly seed: number;
  readonly days: number;
  readonly what: string;
}

export const KEPT_SEEDS: readonly KeptSeed[] = [
  { seed: 5, days: 0.01, what: 'the first event after the box was killed and started again' },
  { seed: 6, days: 0.01, what: 'the clock is trusted, then not, then again within one start of the box' },
  { seed: 16, days: 0.01, what: 'a relay lets go on an order that needs no lease' },
  { seed: 101, days: 0.01, what: 'a set-point begins while the disk takes nothing' },
  { seed: 202, days: 0.01, what: 'the wall clock is hours behind while a set-point arrives' },
  { seed: 13, days: 0.48, what: 'leases that end unheard, and a budget that is almost spent' },
  { seed: 401, days: 0.15, what: 'an older set-point begins while a newer one holds' },
  { seed: 35, days: 0.03, what: 'an inverter falls silent in an outage and stays so when the grid is back' },
];
