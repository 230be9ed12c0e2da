/**
 * What each load has been served since its last deadline, and how it stands with the next one.
 *
 * Served time and energy count while the relay is closed. A program counts as started when it is seen drawing power
 * (or, unmeasured, as soon as it is on), and as finished after ten idle minutes or its full run time.
 */
import { closeTargetDay } from './counterfactual.ts';
import type { Cycle } from './cycle.ts';
import type { LoadSettings, LoadTarget } from './settings.ts';
import { drawnW } from './shedding.ts';
import { inDailySpan, nextLocalMinuteMs } from './site-time.ts';
import type { LoadState } from './state.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const PROGRAM_IDLE_MS = 600_000;

/** Counts what was served in the time since the last cycle, and begins a new period at each deadline. */
export function observeServed(cycle: Cycle): void {
  for (let i = 0; i < cycle.state.loads.length; i++) {
    const state = cycle.state.loads[i];
    const settings = cycle.settings.loads[i];
    if (!state || !settings) continue;
    if (state.on && cycle.snapshot.loads[i]?.reportedOn !== false) {
      state.servedMs += cycle.dtMs;
      state.servedWh += (drawnW(cycle, i) * cycle.dtMs) / HOUR_MS;
    }
    observeProgram(cycle, i, settings, state);
    if (settings.target && cycle.clockTrusted) beginPeriod(cycle, state, settings, settings.target);
  }
}

function observeProgram(cycle: Cycle, i: number, settings: LoadSettings, state: LoadState): void {
  if (settings.kind !== 'program') return;
  const power = cycle.snapshot.loads[i]?.powerW;
  if (!state.on) state.activeAtMs = 0;
  else if (power?.quality !== 'good' || power.value > settings.idlePowerW) state.activeAtMs = cycle.nowMs;
  else if (cycle.nowMs - state.activeAtMs > PROGRAM_IDLE_MS) state.activeAtMs = 0;
}

function beginPeriod(cycle: Cycle, state: LoadState, settings: LoadSettings, target: LoadTarget): void {
  const { time } = cycle.snapshot;
  if (time.wallMs < state.periodEndsMs) return;
  closeTargetDay(cycle, settings, state);
  state.periodEndsMs = nextLocalMinuteMs(time, target.deadlineMinute);
  state.servedMs = 0;
  state.servedWh = 0;
  state.deadlineRun = false;
}

/** How long the load must still run to be served, ms; 0 when it is. */
export function remainingMs(settings: LoadSettings, state: LoadState): number {
  const { target } = settings;
  if (!target) return 0;
  if (target.runMs !== null) return Math.max(0, target.runMs - state.servedMs);
  const leftWh = Math.max(0, (target.energyWh ?? 0) - state.servedWh);
  return (leftWh / settings.nominalPowerW) * HOUR_MS;
}

/** Time left until the deadline in which the load may run, ms: quiet hours in between do not count. */
export function timeToDeadlineMs(cycle: Cycle, settings: LoadSettings, state: LoadState): number {
  const leftMs = state.periodEndsMs - cycle.snapshot.time.wallMs;
  const quiet = settings.quietHours;
  if (!quiet || leftMs <= 0) return leftMs;
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
