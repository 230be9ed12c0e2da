/**
 * From what freedom is left to the state of each load, most important first.
 *
 * Loads are switched on one per cycle, so that every start sees the meter and the guards after the one before it;
 * two of one interlock group never in the same cycle.
 */

import type { Cycle } from './cycle.ts';
import type { LoadCommand, Reason } from './decision.ts';
import { chargerCurrentA } from './ev-current.ts';
import type { LoadFreedom } from './freedom.ts';
import { interlockReason } from './rules/relay-care.ts';
import { withSwitch } from './switch-history.ts';

const UNDECIDED: Reason = { rule: 'start', code: 'starting', params: {} };
const NEXT_TURN: Reason = { rule: 'relay-care', code: 'next-turn', params: {} };

/** Settles all loads: writes their state and returns their commands in the order of the settings. */
export function concludeLoads(cycle: Cycle): LoadCommand[] {
  const commands: LoadCommand[] = new Array(cycle.loads.length);
  let started = false;
  for (const i of cycle.settings.byPriority) {
    const load = cycle.loads[i];
    if (!load) continue;
    const wanted = load.choice === true;
    let on = load.canOn && load.canOff ? wanted : load.canOn;
    let reason = reasonOf(load, on);
    if (on && !load.was) {
      const other = interlockedWith(cycle, i, commands);
      if (other >= 0) {
        on = false;
        reason = interlockReason(cycle, other);
      } else if (started && !cycle.settings.loads[i]?.essential) {
        on = false;
        reason = NEXT_TURN;
      } else started = true;
    }
    commands[i] = conclude(cycle, i, on, reason);
  }
  return commands;
}

/** A firm binding explains the load; a loose one only where the load would have been otherwise without it. */
function reasonOf(load: LoadFreedom, on: boolean): Reason {
  const decisive = load.firm || load.choice === null || load.choice !== on;
  return (decisive ? load.bound : null) ?? load.choiceReason ?? load.bound ?? UNDECIDED;
}

/** A load of the same group that this very cycle switches on; -1 when there is none. */
function interlockedWith(cycle: Cycle, i: number, commands: readonly (LoadCommand | undefined)[]): number {
  const group = cycle.settings.loads[i]?.interlock ?? 0;
  if (group === 0) return -1;
  for (let k = 0; k < commands.length; k++) {
    if (k !== i && commands[k]?.on && cycle.settings.loads[k]?.interlock === group) return k;
  }
  return -1;
}

function conclude(cycle: Cycle, i: number, on: boolean, reason: Reason): LoadCommand {
  const state = cycle.state.loads[i];
  const settings = cycle.settings.loads[i];
  if (!state || !settings) throw new RangeError(`no load ${i}`);
  const changed = on !== state.on;
  if (changed) {
    state.on = on;
    state.sinceMs = cycle.nowMs;
    state.switchesMs = withSwitch(state.switchesMs, cycle.nowMs);
    if (on) cycle.state.lastOnMs = cycle.nowMs;
    else state.probeSinceMs = 0;
  }
  const currentLimitA = settings.current ? (on ? chargerCurrentA(cycle, i) : 0) : null;
  state.currentA = currentLimitA ?? 0;
  return {
    id: settings.id,
    on,
    currentLimitA,
    leaseS: settings.leaseS,
    urgent: changed && !on && isProtective(reason),
    changed,
    shed: state.shed !== null,
    sinceMs: state.sinceMs,
    reason,
  };
}

const PROTECTIVE: readonly string[] = ['trust', 'outage', 'fuse', 'operator-limit', 'peak-watch'];

function isProtective(reason: Reason): boolean {
  return PROTECTIVE.includes(reason.rule);
}
