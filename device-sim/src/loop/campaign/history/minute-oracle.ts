/**
 * What must hold of the minutes that are kept for ever: each says just what the cycles since the one before it said, and
 * where the last of them stood. Part of I18.
 */
import type { Decision } from '@wattward/edge/core/decision';
import type { MinuteSummary } from '@wattward/edge/record/store';
import type { Check } from '../known.ts';

const POWERS = ['gridPowerW', 'pvPowerW', 'batteryPowerW', 'houseLoadW', 'managedLoadW'] as const;
/** One a second, and the one with which it ends: the minute after a start holds its first cycle, too. */
const MOST_CYCLES = 61;
/** A start and a clock that becomes known or unknown cut minutes short, never many in a row. */
const MOST_SHORT = 6;

export class MinuteOracle {
  readonly #check: Check;
  readonly #said = POWERS.map((name) => ({ name, valuesW: [] as number[] }));
  #cycles = 0;
  #shortInARow = 0;
  #highestW: number | null = null;
  #last: Decision | null = null;

  constructor(check: Check) {
    this.#check = check;
  }

  cycle(decision: Decision): void {
    const { demandW } = decision.demand;
    for (const { name, valuesW } of this.#said) {
      const valueW = decision.balance[name];
      if (valueW !== null) valuesW.push(valueW);
    }
    if (demandW !== null && !(demandW < (this.#highestW ?? demandW))) this.#highestW = demandW;
    this.#cycles += 1;
    this.#last = decision;
  }

  /** The box starts anew: what its last minute was to become is lost. */
  restarted(): void {
    for (const { valuesW } of this.#said) valuesW.length = 0;
    this.#cycles = 0;
    this.#highestW = null;
  }

  /** A minute ends with the cycle that was looked at last. */
  kept(minute: MinuteSummary, nowMs: number): void {
    const check = (holds: boolean, what: () => string) => this.#check('I18', nowMs, holds, what);
    const cycles = this.#cycles;
    this.#shortInARow = cycles < MOST_CYCLES - 1 ? this.#shortInARow + 1 : 0;
    check(this.#shortInARow <= MOST_SHORT, () => `${this.#shortInARow} short minutes in a row`);
    check(cycles > 0 && cycles <= MOST_CYCLES, () => `${cycles} cycles in one minute`);
    for (const { name, valuesW } of this.#said) {
      const meanW = minute[name];
      const sumW = valuesW.reduce((sum, valueW) => sum + valueW, 0);
      const right = meanW === null ? valuesW.length === 0 : Math.abs(meanW - sumW / valuesW.length) <= 0.51;
      check(right, () => `${name} of a minute is ${meanW}, of its cycles ${sumW / valuesW.length}`);
    }
    const highestW = this.#highestW === null ? null : Math.round(this.#highestW);
    check(
      minute.demandW === highestW,
      () => `demand of a minute ${minute.demandW}, of its cycles ${highestW}`,
    );
    const { cycle, loads = [], batteries = [] } = this.#last ?? {};
    const ends =
      minute.cycle === cycle &&
      minute.loadsOn.join() === loads.flatMap(({ id, on }) => (on ? [id] : [])).join() &&
      minute.batteryModes.join() === batteries.map(({ mode }) => mode).join();
    check(ends, () => `a minute ends otherwise than its last cycle, ${cycle}`);
    this.restarted();
  }
}
