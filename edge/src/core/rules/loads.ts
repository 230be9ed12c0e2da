/**
 * Rule 12, loads: deferrable loads take the sun that nothing else wants.
 *
 * Before a deadline a load runs regardless of the sun; a program that has begun is finished; quiet hours and a
 * served target keep it off; what is left goes by surplus (`surplus-loads.ts`). Loads that are always on, or only
 * switched by people, are settled here too.
 */
import { choose } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import { programStarted } from '../load-power.ts';
import type { ManagedLoad } from '../managed.ts';
import type { Rule } from '../rule.ts';
import { observeServed, remainingMs, timeToDeadlineMs } from '../served.ts';
import { inDailySpan } from '../site-time.ts';
import { endingLoad, keepRunning, startNext, surplusW, waitReason } from '../surplus-loads.ts';

export const loads: Rule = { name: 'loads', observe: observeServed, apply };

function apply(cycle: Cycle): void {
  for (const load of cycle.loads) settle(cycle, load);
  const freeW = surplusW(cycle);
  const ending = endingLoad(cycle);
  for (const load of cycle.loads) {
    if (load.choice === null && load.was && load.state.surplusRun) keepRunning(cycle, load, load === ending);
  }
  if (freeW !== null) startNext(cycle, freeW);
  for (const load of cycle.loads) {
    if (load.choice === null || cycle.trace) choose(cycle, load, false, waitReason(cycle, load, freeW));
    if (load.choice === false) load.state.surplusRun = false;
  }
}

/** Settles a load whose wish does not depend on the surplus of this moment. */
function settle(cycle: Cycle, load: ManagedLoad): void {
  const { settings, state } = load;
  if (settings.use === 'always') choose(cycle, load, true, ALWAYS);
  else if (settings.use === 'manual') choose(cycle, load, false, MANUAL);
  else if (programStarted(load) && remainingMs(load) > 0) choose(cycle, load, true, PROGRAM_RUNS);
  else if (cycle.clockTrusted && isQuiet(cycle, load)) choose(cycle, load, false, QUIET);
  else if (mustRun(cycle, load)) {
    state.surplusRun = false;
    choose(cycle, load, true, deadlineReason(cycle, load));
  } else if (isServed(load)) choose(cycle, load, false, SERVED);
}

function mustRun(cycle: Cycle, load: ManagedLoad): boolean {
  if (!cycle.clockTrusted || load.settings.target === null) return false;
  const { state } = load;
  const leftMs = remainingMs(load);
  const { deadlineMarginMs } = cycle.settings.surplus;
  if (leftMs <= 0) state.deadlineRun = false;
  else if (leftMs + deadlineMarginMs >= timeToDeadlineMs(cycle, load)) state.deadlineRun = true;
  return state.deadlineRun;
}

export function isServed(load: ManagedLoad): boolean {
  const { target } = load.settings;
  return target !== null && !target.beyond && remainingMs(load) <= 0;
}

export function isQuiet(cycle: Cycle, load: ManagedLoad): boolean {
  const quiet = load.settings.quietHours;
  return quiet !== null && inDailySpan(cycle.minute, quiet.fromMinute, quiet.toMinute);
}

function deadlineReason(cycle: Cycle, load: ManagedLoad): Reason {
  const leftS = Math.round(remainingMs(load) / 1000);
  const inS = Math.round((load.state.periodEndsMs - cycle.snapshot.time.wallMs) / 1000);
  return { rule: 'loads', code: 'deadline-run', params: { leftS, inS } };
}

const ALWAYS: Reason = { rule: 'loads', code: 'always-on', params: {} };
const MANUAL: Reason = { rule: 'loads', code: 'manual-off', params: {} };
const PROGRAM_RUNS: Reason = { rule: 'loads', code: 'program-runs', params: {} };
const QUIET: Reason = { rule: 'loads', code: 'quiet-hours', params: {} };
const SERVED: Reason = { rule: 'loads', code: 'target-served', params: {} };
