/**
 * What each load has been served since its last deadline, and how it stands with the next one.
 *
 * Served time and energy count while the relay is closed. A program counts as started when it is seen drawing power
 * (or, unmeasured, as soon as it is on), and as finished after ten idle minutes or its full run time.
 */
import { closeTargetDay } from './counterfactual.ts';
import type { Cycle } from './cycle.ts';
import { drawnW } from './load-power.ts';
import type { ManagedLoad } from './managed.ts';
import type { LoadTarget } from './settings.ts';
import { inDailySpan, nextLocalMinuteMs } from './site-time.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const PROGRAM_IDLE_MS = 600_000;

/** Counts what was served in the time since the last cycle, and begins a new period at each deadline. */
export function observeServed(cycle: Cycle): void {
  for (const load of cycle.loads) {
    const { state, settings } = load;
    if (state.on && load.reading.reportedOn !== false) {
      state.servedMs += cycle.dtMs;
      state.servedWh += (drawnW(load) * cycle.dtMs) / HOUR_MS;
    }
    if (settings.kind === 'program') observeProgram(cycle, load);
    if (settings.target && cycle.clockTrusted) beginPeriod(cycle, load, settings.target);
  }
}

function observeProgram(cycle: Cycle, load: ManagedLoad): void {
  const { state, settings } = load;
  const power = load.reading.powerW;
  if (!state.on) state.activeAtMs = 0;
  else if (power.quality !== 'good' || power.value > settings.idlePowerW) state.activeAtMs = cycle.nowMs;
  else if (cycle.nowMs - state.activeAtMs > PROGRAM_IDLE_MS) state.activeAtMs = 0;
}

function beginPeriod(cycle: Cycle, load: ManagedLoad, target: LoadTarget): void {
  const { state } = load;
  const { time } = cycle.snapshot;
  if (time.wallMs < state.periodEndsMs) return;
  closeTargetDay(cycle, load, target);
  state.periodEndsMs = nextLocalMinuteMs(time, target.deadlineMinute);
  state.servedMs = 0;
  state.servedWh = 0;
  state.deadlineRun = false;
}

/** How long the load must still run to be served, ms; 0 when it is. */
export function remainingMs(load: ManagedLoad): number {
  const { target, nominalPowerW } = load.settings;
  if (target === null) return 0;
  if ('runMs' in target) return Math.max(0, target.runMs - load.state.servedMs);
  return (Math.max(0, target.energyWh - load.state.servedWh) / nominalPowerW) * HOUR_MS;
}

/** Time left until the deadline in which the load may run, ms: quiet hours in between do not count. */
export function timeToDeadlineMs(cycle: Cycle, load: ManagedLoad): number {
  const leftMs = load.state.periodEndsMs - cycle.snapshot.time.wallMs;
  const quiet = load.settings.quietHours;
  if (quiet === null) return leftMs;
  return leftMs - quietWithinMs(cycle.minute, leftMs, quiet.fromMinute, quiet.toMinute);
}

/** Quiet time in the coming `spanMs` (at most a day). */
function quietWithinMs(minute: number, spanMs: number, fromMinute: number, toMinute: number): number {
  const spanMin = Math.min(1440, spanMs / MINUTE_MS);
  const lengthMin = (toMinute - fromMinute + 1440) % 1440;
  if (inDailySpan(minute, fromMinute, toMinute)) {
    const restMin = (toMinute - minute + 1440) % 1440;
    const againMin = Math.max(0, spanMin - (1440 - lengthMin + restMin));
    return (Math.min(spanMin, restMin) + againMin) * MINUTE_MS;
  }
  const startsInMin = (fromMinute - minute + 1440) % 1440;
  return Math.max(0, Math.min(lengthMin, spanMin - startsInMin)) * MINUTE_MS;
}
