/**
 * From a reading to a signal a rule may believe.
 *
 * A number becomes `good` only when it is fresh, inside what is physically plausible, not a lone spike and not
 * frozen. A jump beyond `maxJump` must be confirmed by so many samples in a row that agree with it: one wrong
 * telegram is no event, but a true change is believed within a few samples. All times are site milliseconds; the
 * reading's own time is on the monotonic clock.
 */
import { ABSENT, good, missing, type Signal } from '../core/signal.ts';

export interface SignalLimits {
  /** Older than this is stale. */
  readonly freshMs: number;
  readonly min: number;
  readonly max: number;
  /** Largest change between two samples that is believed at once; Infinity switches the check off. */
  readonly maxJump: number;
  readonly confirmSamples: number;
}

export interface Sample {
  /** Null: the device itself says it has no value. */
  readonly value: number | null;
  readonly atMonoMs: number;
}

export class SignalFilter {
  readonly #limits: SignalLimits;
  #believed: number | null = null;
  #doubted: number[] = [];
  #lastAtMonoMs = Number.NEGATIVE_INFINITY;
  #verdict: 'good' | 'fault' = 'fault';

  constructor(limits: SignalLimits) {
    this.#limits = limits;
  }

  /**
   * The signal at `nowMonoMs`; `toControlMs` turns the reading's time into control time.
   * @param frozen the device as a whole repeats itself
   */
  latch(
    sample: Sample | null,
    frozen: boolean,
    nowMonoMs: number,
    toControlMs: (monoMs: number) => number,
  ): Signal {
    if (!sample) return ABSENT;
    if (sample.atMonoMs > this.#lastAtMonoMs) {
      this.#lastAtMonoMs = sample.atMonoMs;
      this.#verdict = this.#judge(sample.value) ? 'good' : 'fault';
    }
    const atMs = toControlMs(sample.atMonoMs);
    if (nowMonoMs - sample.atMonoMs > this.#limits.freshMs) return missing('stale', atMs);
    if (frozen || this.#verdict === 'fault' || this.#believed === null) return missing('fault', atMs);
    return good(this.#believed, atMs);
  }

  #judge(value: number | null): boolean {
    const { min, max, maxJump, confirmSamples } = this.#limits;
    if (value === null || !Number.isFinite(value) || value < min || value > max) return false;
    const jumps = this.#believed !== null && Math.abs(value - this.#believed) > maxJump;
    if (jumps) {
      const agrees = this.#doubted.every((other) => Math.abs(value - other) <= maxJump);
      this.#doubted = agrees ? [...this.#doubted, value] : [value];
      if (this.#doubted.length < confirmSamples) return false;
    }
    this.#doubted = [];
    this.#believed = value;
    return true;
  }
}

/**
 * Whether a device repeats itself: all its values bit-identical over reading after reading for longer than any
 * living device does. A meter that hangs goes on answering.
 */
export class FrozenWatch {
  readonly #limitMs: number;
  #fingerprint = '';
  #sinceMonoMs = 0;
  #lastAtMonoMs = Number.NEGATIVE_INFINITY;

  /** @param limitMs 0 switches the watch off */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  frozen(values: Readonly<Record<string, number | null>>, atMonoMs: number): boolean {
    if (this.#limitMs === 0) return false;
    if (atMonoMs > this.#lastAtMonoMs) {
      this.#lastAtMonoMs = atMonoMs;
      const fingerprint = Object.values(values).join();
      if (fingerprint !== this.#fingerprint) {
        this.#fingerprint = fingerprint;
        this.#sinceMonoMs = atMonoMs;
      }
    }
    return this.#lastAtMonoMs - this.#sinceMonoMs > this.#limitMs;
  }
}
