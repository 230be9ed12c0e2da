/**
 * How long to wait before the next try: twice as long after each failure, up to a bound, and by chance, so that a
 * fleet whose server comes back does not knock all at once.
 */
export interface BackOff {
  /** Longest wait after the first failure. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** The share of a wait that is not left to chance, 0..1. */
  readonly steady: number;
  readonly leastMs?: number;
}

/** After this many failures the wait has long reached any bound; more would leave the range of numbers. */
const MOST_DOUBLINGS = 20;

/** @param failures in a row before this one; @param random in [0, 1). */
export function backOffMs(failures: number, backOff: BackOff, random: number): number {
  const { firstMs, longestMs, steady, leastMs = 0 } = backOff;
  const ceilingMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures, MOST_DOUBLINGS));
  return Math.max(leastMs, ceilingMs * (steady + (1 - steady) * random));
}
