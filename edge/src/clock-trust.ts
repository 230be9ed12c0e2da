/**
 * Whether the machine's wall clock can be believed. A wrong time in a record cannot be mended once it has left the
 * box, so without a reason to believe there is no time: what is measured meanwhile is kept by the monotonic clock.
 *
 * At a start the clock is believed when it shows no time before the newest one this box ever believed (nor before
 * this software existed), at most a week after it, and the machine has been up without a step for long enough for its
 * time service to set a clock that woke up in the past. From then on it is held against the monotonic clock. A step away from it ends the trust, and waiting does not bring it back: a clock that stays wrong is
 * wrong. It is believed again when it is back where the monotonic clock says, or on the operating system's word.
 *
 * A word carries the wall time it was given at, in the time it vouches for, which tells a word given after a step from
 * one given before. All times in milliseconds; wall times are epoch UTC.
 */

export interface ClockReaders {
  wallMs(): number;
  /** Never jumps; counts from any instant. */
  monoMs(): number;
  /** When the operating system last vouched for the wall clock, by that clock; null when it never did. */
  wordMs(): number | null;
  /** How long the machine had been up at `monoMs() === 0`. */
  readonly upBeforeMs: number;
  /** How long the machine must have been up without a step for its clock to be believed without a word. */
  readonly settlingMs: number;
}

export type Distrust = 'before-earliest' | 'before-newest' | 'long-after-newest' | 'settling' | 'stepped';

/** No box of this software ran before; a clock that says so was never set. 2026-01-01. */
export const EARLIEST_WALL_MS = 1_767_225_600_000;
/** Longest time switched off after which a clock is believed without a word. */
export const LONGEST_OFF_MS = 7 * 86_400_000;
/** A word this old says nothing about now. */
const WORD_HOLDS_MS = 3_600_000;
/** A difference below this is no step, and neither is 0.05 % of the time between two readings. */
const STEP_MS = 5000;
const STEP_SHARE = 0.0005;

export class ClockTrust {
  readonly #readers: ClockReaders;
  /** Newest wall time that was believed, in any run. */
  #newestMs = 0;
  #last: { readonly wallMs: number; readonly monoMs: number } | null = null;
  /** Wall minus monotonic time when the clock was last believed in this run; null before. */
  #offsetMs: number | null = null;
  #believedMonoMs = 0;
  /** Earliest wall time a word since the last step can show; null when there was none. */
  #stepWallMs: number | null = null;
  /** A word from the future was given before the clock went back; the clock coming by there does not renew it. */
  #voidWordMs: number | null = null;
  #steadySinceMonoMs: number;
  #distrust: Distrust | null = 'settling';

  constructor(readers: ClockReaders) {
    this.#readers = readers;
    this.#steadySinceMonoMs = -readers.upBeforeMs;
  }

  /** What an earlier run knew: time is never before. */
  remember(newestMs: number): void {
    this.#newestMs = Math.max(this.#newestMs, newestMs);
  }

  /** Newest wall time that was believed, to be handed to the next run; 0 when none ever was. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Reads the clock. @returns why it is not believed, null when it is. */
  distrust(): Distrust | null {
    this.#read();
    return this.#distrust;
  }

  /** Wall time: of the clock while it is believed, else carried on from when it was; unbelieved before that. */
  wallMs(): number {
    const { wallMs, monoMs } = this.#read();
    return this.#distrust === null || this.#offsetMs === null ? wallMs : monoMs + this.#offsetMs;
  }

  #read() {
    const now = { wallMs: this.#readers.wallMs(), monoMs: this.#readers.monoMs() };
    const last = this.#last;
    this.#last = now;
    if (last) {
      const elapsedMs = now.monoMs - last.monoMs;
      if (!isNear(now.wallMs - last.wallMs, elapsedMs, elapsedMs)) {
        this.#steadySinceMonoMs = now.monoMs;
        this.#stepWallMs = now.wallMs - elapsedMs - STEP_MS;
        this.#distrust = 'stepped';
      }
    }
    this.#distrust = this.#judge(now);
    if (this.#distrust === null) {
      this.#offsetMs = now.wallMs - now.monoMs;
      this.#believedMonoMs = now.monoMs;
      // A word may set it back: a newest time from a clock that was wrong must not outlive the mending.
      this.#newestMs = now.wallMs;
    }
    return now;
  }

  #judge(now: { readonly wallMs: number; readonly monoMs: number }): Distrust | null {
    const { wallMs, monoMs } = now;
    if (this.#distrust === null && wallMs >= EARLIEST_WALL_MS) return null;
    const hasWord = this.#hasWord(wallMs);
    if (wallMs < EARLIEST_WALL_MS) return 'before-earliest';
    if (hasWord) return null;
    if (this.#offsetMs !== null) {
      return isNear(wallMs, monoMs + this.#offsetMs, monoMs - this.#believedMonoMs) ? null : 'stepped';
    }
    if (wallMs < this.#newestMs - STEP_MS) return 'before-newest';
    if (this.#newestMs > 0 && wallMs > this.#newestMs + LONGEST_OFF_MS) return 'long-after-newest';
    return monoMs - this.#steadySinceMonoMs < this.#readers.settlingMs ? 'settling' : null;
  }

  #hasWord(wallMs: number): boolean {
    const wordMs = this.#readers.wordMs();
    if (wordMs === null || wordMs === this.#voidWordMs || wordMs < wallMs - WORD_HOLDS_MS) return false;
    if (wordMs > wallMs + STEP_MS) {
      this.#voidWordMs = wordMs;
      return false;
    }
    return this.#stepWallMs === null || wordMs >= this.#stepWallMs;
  }
}

function isNear(aMs: number, bMs: number, elapsedMs: number): boolean {
  return Math.abs(aMs - bMs) <= STEP_MS + STEP_SHARE * elapsedMs;
}
