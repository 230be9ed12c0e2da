/**
 * What must hold of the minutes that are kept for ever: each says no more than the cycles since the one before did.
 * Part of I18.
 */
import type { Decision } from '@wattward/edge/core/decision';
import type { MinuteSummary } from '@wattward/edge/record/store';
import type { Check } from '../known.ts';

const POWERS = ['gridPowerW', 'pvPowerW', 'batteryPowerW', 'houseLoadW', 'managedLoadW'] as const;

/** What one cycle said. */
interface Said {
  readonly cycle: number;
  readonly balance: Decision['balance'];
  readonly demandW: number | null;
  readonly loadsOn: string;
  readonly batteryModes: string;
}

export class MinuteOracle {
  readonly #check: Check;
  #since: Said[] = [];
  #lastCycle = -1;

  constructor(check: Check) {
    this.#check = check;
  }

  cycle({ cycle, balance, demand, loads, batteries }: Decision): void {
    this.#since.push({
      ...{ cycle, balance, demandW: demand.demandW },
      loadsOn: loads.flatMap(({ id, on }) => (on ? [id] : [])).join(),
      batteryModes: batteries.map(({ mode }) => mode).join(),
    });
  }

  /** What was not yet kept is lost. */
  restarted(): void {
    this.#since = [];
    this.#lastCycle = -1;
  }

  kept(minute: MinuteSummary, nowMs: number): void {
    const end = this.#since.findIndex(({ cycle }) => cycle === minute.cycle);
    const last = this.#since[end];
    const known = last !== undefined && minute.cycle > this.#lastCycle;
    this.#check(
      'I18',
      nowMs,
      known,
      () => `a minute ends with cycle ${minute.cycle}, which was none or before`,
    );
    if (!last) return;
    const said = this.#since.splice(0, end + 1);
    this.#lastCycle = minute.cycle;
    // An hour is what a pause of the box may be long; a minute of the box's cycles has no more than sixty.
    const short = said.length <= 60;
    this.#check('I18', nowMs, short, () => `${said.length} cycles in one minute`);
    for (const name of POWERS)
      this.#power(
        name,
        minute[name],
        said.map(({ balance }) => balance[name]),
        nowMs,
      );
    const demands = said.flatMap(({ demandW }) => (demandW === null ? [] : [Math.round(demandW)]));
    const highest = demands.length === 0 ? null : Math.max(...demands);
    this.#check('I18', nowMs, minute.demandW === highest, () => `demand ${minute.demandW}, was ${highest}`);
    const ends = minute.loadsOn.join() === last.loadsOn && minute.batteryModes.join() === last.batteryModes;
    this.#check(
      'I18',
      nowMs,
      ends,
      () => `a minute ends with ${minute.loadsOn}, cycle ${last.cycle} did not`,
    );
  }

  #power(name: string, mean: number | null, values: readonly (number | null)[], nowMs: number): void {
    const known = values.flatMap((value) => value ?? []);
    const sum = known.reduce((total, value) => total + value, 0);
    const right = mean === null ? known.length === 0 : Math.abs(mean - sum / known.length) <= 0.51;
    this.#check(
      'I18',
      nowMs,
      right,
      () => `${name} of a minute ${mean}, mean of ${known.length} cycles was not`,
    );
  }
}
