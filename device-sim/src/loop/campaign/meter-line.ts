/** The line between box and meter in a campaign: what it does to answers, and what the box can know of the meter by them. */
import type { Settings } from '@wattward/edge/core/settings';
import { DeviceFailure } from '@wattward/edge/registers/device-failure';
import type { FaultWeather } from './fault-weather.ts';
import type { Told } from './witness.ts';

const FROZEN_KNOWN_MS = 62_000;
/** Fewer pictures that are all the same prove nothing. */
const FROZEN_PICTURES = 10;

export class MeterLine {
  readonly #weather: FaultWeather;
  readonly #told: Told;
  readonly #grid: Settings['grid'];
  #frozenSinceMs: number | null = null;
  #frozenPictures = 0;
  #frozenWords: readonly number[] | null = null;

  constructor(weather: FaultWeather, told: Told, grid: Settings['grid']) {
    this.#weather = weather;
    this.#told = told;
    this.#grid = grid;
  }

  /** What stood still before the box began, it has not seen. */
  forget(): void {
    this.#frozenSinceMs = null;
    this.#frozenPictures = 0;
  }

  /** The answer that reaches the box. @throws DeviceFailure when none does */
  carry(nowMs: number, ask: () => readonly number[]): readonly number[] {
    const told = this.#told;
    const weather = this.#weather;
    const words = ask();
    const still = weather.spell('meter-frozen', nowMs).holds;
    if (!still) this.forget();
    told.meterLive = !still;
    this.#frozenWords = still ? (this.#frozenWords ?? words) : null;
    const silent = weather.spell('meter-timeout', nowMs).holds || weather.spell('meter-gap', nowMs).holds;
    if (silent || weather.strikes('meter-timeout')) throw new DeviceFailure('timeout', 'no answer');
    if (weather.strikes('meter-exception')) throw new DeviceFailure('exception', 'Modbus exception 4');
    told.meterWhole = !(still && this.#knownFrozen(nowMs));
    if (this.#frozenWords) return this.#frozenWords;
    if (weather.strikes('meter-not-available')) return this.#broken(words, 0x7fc0);
    if (!weather.strikes('meter-spike')) return words;
    // Just above what three times the fuse would carry, and up to a hundred times that.
    const most = 9 * this.#grid.fuseA * this.#grid.nominalVoltageV;
    return this.#broken(words, floatHigh(most * weather.draw('meter-spike').spread(1.01, 100)));
  }

  /** The box can know of it from the first picture that it gets, not from one that it never saw. */
  #knownFrozen(nowMs: number): boolean {
    this.#frozenSinceMs ??= nowMs;
    this.#frozenPictures += 1;
    return this.#frozenPictures >= FROZEN_PICTURES && nowMs - this.#frozenSinceMs >= FROZEN_KNOWN_MS;
  }

  /** Total and phase powers replaced by a float whose high word is `high`. */
  #broken(words: readonly number[], high: number): readonly number[] {
    this.#told.meterWhole = false;
    const out = [...words];
    for (const address of [0x0c, 0x0e, 0x10, 0x34]) out[address] = high;
    return out;
  }
}

/** The high word of a float; what the low word adds is less than a hundredth. */
function floatHigh(value: number): number {
  FLOAT.setFloat32(0, value);
  return FLOAT.getUint16(0);
}
const FLOAT = new DataView(new ArrayBuffer(4));
