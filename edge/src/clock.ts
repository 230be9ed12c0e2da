/**
 * The one place that knows the time. A site's time may run faster than real time (a simulated home), so everything
 * that waits or stamps asks this port: wall time for records, monotonic time for timers. Both in site milliseconds.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Site milliseconds per real millisecond; 1 in a real home. */
  readonly speed: number;
  /** Epoch milliseconds UTC as this site counts them; may jump when the clock of the machine is set. */
  wallMs(): number;
  /** Site milliseconds since the process started; never jumps. */
  monoMs(): number;
  /** False until the wall clock can be believed: a machine without a battery-backed clock wakes up in the past. */
  wallTrusted(): boolean;
  /** Waits `siteMs` of site time; rejects with AbortError when `signal` fires. */
  sleep(siteMs: number, signal?: AbortSignal): Promise<void>;
}

export interface ClockAnchor {
  readonly speed: number;
  /** The instant `anchorRealMs` of real time is the instant `anchorSiteMs` of site time. */
  readonly anchorRealMs: number;
  readonly anchorSiteMs: number;
}

/** No box of this software ran before; a clock that says so was never set. 2026-01-01. */
const EARLIEST_WALL_MS = 1_767_225_600_000;

/** The machine's own time, or a scaled one that starts at an anchor. */
export function openClock(anchor?: ClockAnchor): Clock {
  const speed = anchor?.speed ?? 1;
  const startedAtMs = performance.now();
  return {
    speed,
    wallMs: () => (anchor ? anchor.anchorSiteMs + (Date.now() - anchor.anchorRealMs) * speed : Date.now()),
    monoMs: () => (performance.now() - startedAtMs) * speed,
    // A simulated home may live in any year; its anchor is its source of time.
    wallTrusted: () => anchor !== undefined || Date.now() >= EARLIEST_WALL_MS,
    sleep: (siteMs, signal) => delay(Math.max(0, siteMs / speed), undefined, signal ? { signal } : {}),
  };
}
