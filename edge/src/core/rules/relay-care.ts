/**
 * Rule 6, relay care: contacts and appliances live longer when they are left alone.
 *
 * Minimum on and off times, switching budgets in sliding windows, interlocks. Rules 1 to 5 stand before and may cut
 * a minimum on-time; nothing may cut a minimum off-time or close two relays of one interlock group. A start is only
 * made when the budget also holds the stop that must follow it.
 */
import { forbidOff, forbidOn } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { Rule } from '../rule.ts';
import type { LoadSettings } from '../settings.ts';
import type { LoadState } from '../state.ts';
import { DAY_MS, HOUR_MS, switchesWithin } from '../switch-history.ts';

export const relayCare: Rule = { name: 'relay-care', apply };

function apply(cycle: Cycle): void {
  for (let i = 0; i < cycle.loads.length; i++) {
    const settings = cycle.settings.loads[i];
    const state = cycle.state.loads[i];
    const load = cycle.loads[i];
    if (!settings || !state || !load) continue;
    if (load.was) careOfOn(cycle, i, settings, state);
    else careOfOff(cycle, i, settings, state);
  }
}

function careOfOn(cycle: Cycle, i: number, settings: LoadSettings, state: LoadState): void {
  const other = settings.interlock === 0 ? -1 : moreImportantOn(cycle, i, settings);
  if (other >= 0) {
    forbidOn(cycle, i, interlockReason(cycle, other), 'firm');
    return;
  }
  const leftMs = settings.minOnMs - (cycle.nowMs - state.sinceMs);
  if (leftMs > 0) forbidOff(cycle, i, timeReason('min-on', leftMs));
  else if (switchesWithin(state.switchesMs, cycle.nowMs, DAY_MS) >= settings.maxSwitchesPerDay) {
    forbidOff(cycle, i, budgetReason('budget-day', settings.maxSwitchesPerDay));
  } else if (switchesWithin(state.switchesMs, cycle.nowMs, HOUR_MS) >= settings.maxSwitchesPerHour) {
    forbidOff(cycle, i, budgetReason('budget-hour', settings.maxSwitchesPerHour));
  }
}

function careOfOff(cycle: Cycle, i: number, settings: LoadSettings, state: LoadState): void {
  const leftMs = settings.minOffMs - (cycle.nowMs - offSinceMs(state));
  if (leftMs > 0) forbidOn(cycle, i, timeReason('min-off', leftMs), 'loose');
  else if (switchesWithin(state.switchesMs, cycle.nowMs, DAY_MS) + 2 > settings.maxSwitchesPerDay) {
    forbidOn(cycle, i, budgetReason('budget-day', settings.maxSwitchesPerDay), 'loose');
  } else if (switchesWithin(state.switchesMs, cycle.nowMs, HOUR_MS) + 2 > settings.maxSwitchesPerHour) {
    forbidOn(cycle, i, budgetReason('budget-hour', settings.maxSwitchesPerHour), 'loose');
  }
  if (settings.interlock === 0) return;
  for (let k = 0; k < cycle.loads.length; k++) {
    if (k === i || cycle.settings.loads[k]?.interlock !== settings.interlock) continue;
    if (cycle.loads[k]?.was || cycle.snapshot.loads[k]?.reportedOn === true) {
      forbidOn(cycle, i, interlockReason(cycle, k), 'loose');
    }
  }
}

/** A relay that the board itself opened later than we asked for has been off only since then. */
function offSinceMs(state: LoadState): number {
  return state.reportedOn === false ? Math.max(state.sinceMs, state.reportedSinceMs) : state.sinceMs;
}

/** Another load of the group that is on and goes before `i`; -1 when there is none. */
function moreImportantOn(cycle: Cycle, i: number, settings: LoadSettings): number {
  for (const k of cycle.settings.byPriority) {
    if (k === i) return -1;
    if (cycle.settings.loads[k]?.interlock === settings.interlock && cycle.loads[k]?.was) return k;
  }
  return -1;
}

export function interlockReason(cycle: Cycle, other: number): Reason {
  const name = cycle.settings.loads[other]?.name ?? '';
  return { rule: 'relay-care', code: 'interlock', params: { other: name } };
}

function timeReason(code: 'min-on' | 'min-off', leftMs: number): Reason {
  return { rule: 'relay-care', code, params: { leftS: Math.ceil(leftMs / 1000) } };
}

function budgetReason(code: 'budget-hour' | 'budget-day', limit: number): Reason {
  return { rule: 'relay-care', code, params: { limit } };
}
