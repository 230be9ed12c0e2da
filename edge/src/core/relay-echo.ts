/**
 * What the boards say of their relays, taken into the state before any rule looks.
 *
 * The first report after a fresh start is adopted: a load that runs goes on running, and counts as just switched. A
 * relay that its board opened by itself (lease end, reboot, button) is off for us too after a short while: it is not
 * simply closed again, it has to earn its start like any other, resting from the moment that this is sure.
 */
import type { Cycle } from './cycle.ts';
import type { LoadReading } from './snapshot.ts';
import type { LoadState } from './state.ts';
import { MAX_SWITCHES, withSwitch } from './switch-history.ts';

export function observeRelays(cycle: Cycle): void {
  for (const load of cycle.loads) {
    const { state, reading } = load;
    countOperations(cycle, state, reading);
    if (reading.reportedOn !== null && reading.reportedOn !== state.reportedOn) {
      state.reportedOn = reading.reportedOn;
      state.reportedSinceMs = cycle.nowMs;
    }
    if (state.sinceMs === 0) {
      state.on = state.reportedOn === true;
      state.sinceMs = cycle.nowMs;
    } else if (fellOff(cycle, state, reading)) {
      state.on = false;
      // It counts as just switched: one that never obeyed is not tried again every few seconds, and a report that
      // came late has not seen its contact rest.
      state.sinceMs = cycle.nowMs;
    }
    // The cycle's freedom begins from what is true now.
    load.was = state.on;
  }
}

/**
 * Its lease ended, the board began anew, a person pressed the button: the contact wears all the same, and the board
 * has counted it, also while it was not heard. A count that falls is that of other hardware: it begins anew. An order
 * that was counted and never moved the contact stands for no later movement: it stays in the budget, and no longer.
 */
function countOperations(cycle: Cycle, state: LoadState, reading: LoadReading): void {
  const { nowMs } = cycle;
  const { switches } = reading;
  if (switches === null) return;
  if (state.countedFrom === null || switches < state.countedFrom) {
    state.countedFrom = switches;
    state.countedSince = 0;
  }
  const settled = reading.reportedOn === state.on && standsForMs(cycle, state) >= obeyMs(cycle);
  if (settled) state.countedSince = Math.min(state.countedSince, switches - state.countedFrom);
  for (; state.countedSince < switches - state.countedFrom; state.countedSince++) {
    if (state.countedSince < switches - state.countedFrom - MAX_SWITCHES) continue;
    state.switchesMs = withSwitch(state.switchesMs, nowMs);
  }
}

/** Off although wanted on for as long as all tries of an order take. */
function fellOff(cycle: Cycle, state: LoadState, reading: LoadReading): boolean {
  if (!state.on || reading.reportedOn !== false || !reading.online) return false;
  return standsForMs(cycle, state) >= obeyMs(cycle);
}

/** How long both the wish and the report have been as they are. */
function standsForMs({ nowMs }: Cycle, state: LoadState): number {
  return nowMs - Math.max(state.sinceMs, state.reportedSinceMs);
}

/** What all tries of an order take. */
function obeyMs({ settings }: Cycle): number {
  return settings.commands.echoMs * settings.commands.echoTries;
}
