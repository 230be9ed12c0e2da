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
import { interlockOf, interlockPartners, lockedBy } from '../interlock.ts';
import type { ManagedLoad } from '../managed.ts';
import type { Rule } from '../rule.ts';
import { DAY_MS, HOUR_MS, switchesWithin } from '../switch-history.ts';

export const relayCare: Rule = { name: 'relay-care', apply };

function apply(cycle: Cycle): void {
  for (const load of cycle.loads) {
    if (load.was) careOfOn(cycle, load);
    else careOfOff(cycle, load);
  }
}

function careOfOn(cycle: Cycle, load: ManagedLoad): void {
  const { settings, state } = load;
  const other = moreImportantOn(cycle, load);
  if (other !== null) forbidOn(cycle, load, other, 'firm');
  const leftMs = settings.minOnMs - (cycle.nowMs - state.sinceMs);
  if (leftMs > 0) forbidOff(cycle, load, timeReason('min-on', leftMs));
  const spent = spentBudget(cycle, load, 1);
  if (spent !== null) forbidOff(cycle, load, spent);
}

function careOfOff(cycle: Cycle, load: ManagedLoad): void {
  const { settings } = load;
  const leftMs = settings.minOffMs - (cycle.nowMs - offSinceMs(load));
  if (leftMs > 0) forbidOn(cycle, load, timeReason('min-off', leftMs), 'loose');
  const spent = spentBudget(cycle, load, 2);
  if (spent !== null) forbidOn(cycle, load, spent, 'loose');
  const locked = interlockOf(cycle, load);
  if (locked !== null) forbidOn(cycle, load, locked, 'loose');
}

/** Why `more` further operations do not fit a budget; null when they do. */
function spentBudget(cycle: Cycle, load: ManagedLoad, more: number): Reason | null {
  const { maxSwitchesPerDay, maxSwitchesPerHour } = load.settings;
  const history = load.state.switchesMs;
  if (history.length + more <= Math.min(maxSwitchesPerDay, maxSwitchesPerHour)) return null;
  if (switchesWithin(history, cycle.nowMs, DAY_MS) + more > maxSwitchesPerDay) {
    return { rule: 'relay-care', code: 'budget-day', params: { limit: maxSwitchesPerDay } };
  }
  if (switchesWithin(history, cycle.nowMs, HOUR_MS) + more > maxSwitchesPerHour) {
    return { rule: 'relay-care', code: 'budget-hour', params: { limit: maxSwitchesPerHour } };
  }
  return null;
}

/** A relay that the board itself opened later than we asked for has been off only since then. */
export function offSinceMs(load: ManagedLoad): number {
  const { reportedOn, reportedSinceMs, sinceMs } = load.state;
  return reportedOn === false ? Math.max(sinceMs, reportedSinceMs) : sinceMs;
}

/** Another load of the group that is on and goes before this one; null when there is none. */
function moreImportantOn(cycle: Cycle, load: ManagedLoad): Reason | null {
  const rank = cycle.byPriority.indexOf(load);
  const other = interlockPartners(cycle, load).find(
    (partner) => partner.was && cycle.byPriority.indexOf(partner) < rank,
  );
  return other === undefined ? null : lockedBy(other);
}

function timeReason(code: 'min-on' | 'min-off', leftMs: number): Reason {
  return { rule: 'relay-care', code, params: { leftS: Math.ceil(leftMs / 1000) } };
}
