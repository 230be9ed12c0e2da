/**
 * One measured value as a rule sees it.
 *
 * A number exists only under quality `good`; every other quality carries none. A rule therefore cannot read a
 * value without first asking for its quality, and the compiler makes it say what it does when there is none.
 * `stale`: older than its freshness limit. `fault`: present but not to be believed (out of range, jumped, frozen,
 * "not available" code). `absent`: never delivered, or no such device in this home.
 */

export interface GoodSignal {
  readonly quality: 'good';
  readonly value: number;
  /** When it was measured, control time in epoch milliseconds. */
  readonly atMs: number;
}

export interface MissingSignal {
  readonly quality: 'stale' | 'fault' | 'absent';
  readonly value: null;
  /** When the last reading arrived, good or not; 0 when there never was one. */
  readonly atMs: number;
}

export type Signal = GoodSignal | MissingSignal;

/** The signal of a device that this home does not have. */
export const ABSENT: MissingSignal = { quality: 'absent', value: null, atMs: 0 };

export function good(value: number, atMs: number): GoodSignal {
  return { quality: 'good', value, atMs };
}

export function missing(quality: MissingSignal['quality'], atMs: number): MissingSignal {
  return { quality, value: null, atMs };
}
