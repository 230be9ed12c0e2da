/**
 * What has changed since the cycle before: home mode, a mode, a desired state, or the rule that binds an actuator.
 * A limit that follows the sun is no change. In a quiet cycle the list is one shared empty list.
 */
import type { HomeMode } from '@wattward/broker/wire/site';
import { at } from './at.ts';
import type { Cycle } from './cycle.ts';
import type { BatteryCommand, ExportCommand, LoadCommand, OutcomeChange, Reason } from './decision.ts';
import type { State } from './state.ts';

const NONE: readonly OutcomeChange[] = [];

export interface Concluded {
  readonly homeMode: HomeMode;
  readonly reason: Reason;
  readonly loads: readonly LoadCommand[];
  readonly batteries: readonly BatteryCommand[];
  readonly exportLimit: ExportCommand;
}

/** Lists the changes, home first, and notes in the state which rule binds each actuator now. */
export function outcomesOf(previous: State, cycle: Cycle, now: Concluded): readonly OutcomeChange[] {
  let changes: OutcomeChange[] | null = null;
  const add = (change: OutcomeChange) => {
    changes ??= [];
    changes.push(change);
  };
  if (previous.homeMode !== now.homeMode || previous.cycle === 0) {
    add({ actuator: 'home', outcome: now.homeMode, reason: now.reason });
  }
  for (const [i, command] of now.batteries.entries()) {
    const { state } = at(cycle.batteries, i);
    if (command.changed || state.reasonRule !== command.reason.rule) {
      add({ actuator: `battery:${command.id}`, outcome: command.mode, reason: command.reason });
    }
    state.reasonRule = command.reason.rule;
  }
  for (const [i, command] of now.loads.entries()) {
    const { state } = at(cycle.loads, i);
    if (command.changed || state.reasonRule !== command.reason.rule) {
      add({ actuator: `load:${command.id}`, outcome: command.on ? 'on' : 'off', reason: command.reason });
    }
    state.reasonRule = command.reason.rule;
  }
  if (now.exportLimit.changed) {
    const { limitW } = now.exportLimit;
    const outcome = limitW === null ? 'free' : String(limitW);
    add({ actuator: 'export', outcome, reason: now.exportLimit.reason });
  }
  return changes ?? NONE;
}

/** Latches that must survive a power cut although no outcome shows them yet. */
export function survivalChanged(previous: State, next: State): boolean {
  if (previous.trust.level !== next.trust.level || previous.plan.left !== next.plan.left) return true;
  if (previous.outage.lost !== next.outage.lost || previous.operator.lostAtMs !== next.operator.lostAtMs)
    return true;
  for (const [i, after] of next.batteries.entries()) {
    const before = at(previous.batteries, i);
    if (before.dischargeOn !== after.dischargeOn || before.maintenance !== after.maintenance) return true;
    if (before.full !== after.full || before.empty !== after.empty) return true;
  }
  for (const [i, after] of next.loads.entries()) {
    const before = at(previous.loads, i);
    if (before.shed !== after.shed || before.deadlineRun !== after.deadlineRun) return true;
    if (before.periodEndsMs !== after.periodEndsMs || before.on !== after.on) return true;
  }
  return false;
}
