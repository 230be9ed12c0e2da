/** Means of the powers of a home over some cycles; a power that was unknown in a cycle is left out of its mean. */
import type { Decision } from '../core/decision.ts';

const POWERS = ['gridPowerW', 'pvPowerW', 'batteryPowerW', 'houseLoadW', 'managedLoadW'] as const;
type PowerName = (typeof POWERS)[number];

/** Null where nothing was known. */
export type PowersW = Readonly<Record<PowerName, number | null>>;

export class PowerMeans {
  readonly #sums = POWERS.map((name) => ({ name, sumW: 0, count: 0 }));

  /** Takes in one cycle. */
  add(balance: Decision['balance']): void {
    for (const sum of this.#sums) {
      const powerW = balance[sum.name];
      if (powerW === null) continue;
      sum.sumW += powerW;
      sum.count += 1;
    }
  }

  /** The means, which begin anew. @param perW 10 keeps tenths of a watt, 1 whole ones */
  take(perW: number): PowersW {
    const means = {} as Record<PowerName, number | null>;
    for (const sum of this.#sums) {
      means[sum.name] = sum.count === 0 ? null : Math.round((sum.sumW / sum.count) * perW) / perW;
      sum.sumW = 0;
      sum.count = 0;
    }
    return means;
  }
}
