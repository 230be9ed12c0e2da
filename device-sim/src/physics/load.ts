/**
 * What every load has in common: it is asked for one step and answers with its new state and what it drew.
 *
 * `energised` says that the house has voltage and that its switch, relay or enable contact is closed. The energy it
 * drew is booked whole: `drawnJ = storedJ + heatJ + usedJ`, where `storedJ` may be negative (a tank that cools) and
 * `usedJ` is what left the home (hot water, a drive).
 */

export interface LoadMoment {
  readonly nowMs: number;
  readonly dtS: number;
  /** Minutes since local midnight, 0..1439.99, and a number that changes at local midnight. */
  readonly minuteOfDay: number;
  readonly dayNumber: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly outdoorC: number;
  readonly energised: boolean;
  readonly seed: number;
}

export interface LoadStep<S> {
  readonly state: S;
  readonly drawnJ: number;
  readonly storedJ: number;
  readonly heatJ: number;
  readonly usedJ: number;
}

/** Everything drawn becomes heat at once. */
export function burnt<S>(state: S, drawnJ: number): LoadStep<S> {
  return { state, drawnJ, storedJ: 0, heatJ: drawnJ, usedJ: 0 };
}
