/**
 * The box's own pace: one cycle after another on a fixed grid of site time, never two at once, never in a burst to
 * catch up. A cycle that took too long simply skips to the next point of the grid.
 */
import type { Clock } from '../clock.ts';

/** Site milliseconds of one cycle: at least what was asked for, and never faster than 100 ms of real time. */
export function cycleLengthMs(wantedMs: number, speed: number): number {
  return Math.max(wantedMs, 100 * speed);
}

/** Runs `cycle` until `signal` fires; a cycle that throws ends it with that error. */
export async function keepPace(
  clock: Clock,
  cycleMs: number,
  signal: AbortSignal,
  cycle: () => Promise<void>,
): Promise<void> {
  let nextMonoMs = clock.monoMs();
  while (!signal.aborted) {
    await cycle();
    const nowMonoMs = clock.monoMs();
    nextMonoMs += cycleMs * Math.max(1, Math.ceil((nowMonoMs - nextMonoMs) / cycleMs));
    try {
      await clock.sleep(nextMonoMs - clock.monoMs(), signal);
    } catch (cause) {
      if (signal.aborted) return;
      throw cause;
    }
  }
}

/** Settles when `work` does, however it does, or after `longestMs` of real time. */
export async function settledWithin(work: Promise<unknown>, longestMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, longestMs);
  const done = () => {};
  await Promise.race([work.then(done, done), late]);
  clearTimeout(timer);
}
