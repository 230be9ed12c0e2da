/**
 * From what freedom is left to the state of each load, most important first.
 *
 * Loads are switched on one per cycle, so that every start sees the meter and the guards after the one before it;
 * two of one interlock group never in the same cycle.
 */

import type { Cycle } from './cycle.ts';
import type { LoadCommand, Reason } from './decision.ts';
import { chargerCurrentA } from './ev-current.ts';
import { interlockOf } from './interlock.ts';
import type { ManagedLoad } from './managed.ts';
import { isProtective } from './protective.ts';
import { withSwitch } from './switch-history.ts';

const UNDECIDED: Reason = { rule: 'start', code: 'starting', params: {} };
const NEXT_TURN: Reason = { rule: 'relay-care', code: 'next-turn', params: {} };

/** Settles all loads: writes their state and returns their commands in the order of the settings. */
export function concludeLoads(cycle: Cycle): LoadCommand[] {
  let started = false;
  for (const load of cycle.byPriority) {
    const wanted = load.choice === true;
    let on = load.canOn && load.canOff ? wanted : load.canOn;
    let reason = reasonOf(load, on);
    if (on && !load.was) {
      // A partner may have been switched on in this very cycle.
      const locked = interlockOf(cycle, load);
      if (locked !== null) {
        on = false;
        reason = locked;
      } else if (started && !load.settings.essential) {
        on = false;
        reason = NEXT_TURN;
      } else started = true;
    }
    conclude(cycle, load, on);
    load.bound = reason;
  }
  return cycle.loads.map(commandOf);
}

/** A firm binding explains the load; a loose one only where the load would have been otherwise without it. */
function reasonOf(load: ManagedLoad, on: boolean): Reason {
  const decisive = load.firm || load.choice === null || load.choice !== on;
  return (decisive ? load.bound : null) ?? load.choiceReason ?? load.bound ?? UNDECIDED;
}

/** Writes the state; the reason that counts is kept in `bound` until the command is made. */
function conclude(cycle: Cycle, load: ManagedLoad, on: boolean): void {
  const { state, settings } = load;
  if (on !== state.on) {
    state.on = on;
    state.sinceMs = cycle.nowMs;
    state.switchesMs = withSwitch(state.switchesMs, cycle.nowMs);
    state.countedSince++;
    if (on) cycle.state.lastOnMs = cycle.nowMs;
    else state.probeSinceMs = 0;
  }
  if (settings.current !== null) state.currentA = on ? chargerCurrentA(cycle, load, settings.current) : 0;
}

function commandOf(load: ManagedLoad): LoadCommand {
  const { state, settings } = load;
  const reason = load.bound ?? UNDECIDED;
  const changed = state.on !== load.before;
  return {
    id: settings.id,
    on: state.on,
    currentLimitA: settings.current === null ? null : state.currentA,
    leaseS: settings.leaseS,
    urgent: changed && !state.on && isProtective(reason),
    changed,
    shed: state.shed !== null,
    sinceMs: state.sinceMs,
    reason,
  };
}
