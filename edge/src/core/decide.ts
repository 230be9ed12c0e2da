/**
 * The decision of one cycle.
 *
 * Pure: same arguments, same answer, to the bit. No clock, no chance, no I/O; arguments are never changed. Every
 * rule first looks (`observe`), then the rules act in their order on the freedom of the actuators, then what is left
 * becomes commands, reasons, flows and money.
 */
import { alarmsOf } from './alarms.ts';
import { allocate, balanceOf } from './allocation.ts';
import { concludeBatteries } from './battery-outcome.ts';
import { observeCharge } from './charge-check.ts';
import { type Cycle, type CycleArguments, observeGrid, openCycle } from './cycle.ts';
import type { Decision, ExportCommand } from './decision.ts';
import { predictedWindowW } from './demand-window.ts';
import { homeModeOf, homeReason } from './home-mode.ts';
import { book, todayOf } from './ledger.ts';
import { concludeLoads } from './load-outcome.ts';
import type { Trace } from './managed.ts';
import { outcomesOf, survivalChanged } from './outcomes.ts';
import type { Plan } from './plan.ts';
import { observeRelays } from './relay-echo.ts';
import { rebaseState } from './restore-state.ts';
import { RULES } from './rules/order.ts';
import type { Settings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';
import type { State } from './state.ts';

export interface Outcome {
  readonly state: State;
  readonly decision: Decision;
}

/**
 * Decides one cycle.
 * @param settings the effective ones: approved set-points already folded in (`effectiveSettings`).
 * @param nowMs control time, epoch milliseconds; where it lies before the state's own (a clock set back over a
 *   restart), every timer is moved with it, so that none ends early.
 * @throws RangeError when state and settings differ in their actuators: align the state first (`alignState`).
 */
export function decide(
  state: State,
  snapshot: Snapshot,
  settings: Settings,
  plan: Plan | null,
  nowMs: number,
): Outcome {
  const { previous, cycle } = applyRules(state, { snapshot, settings, plan, nowMs, trace: null });
  return conclude(previous, cycle);
}

export interface TracedOutcome extends Outcome {
  /** The cycle as it ended: what freedom the rules left to each actuator. */
  readonly cycle: Cycle;
}

/** `decide`, noting every attempt of every rule in `trace`. */
export function decideTraced(state: State, args: CycleArguments & { readonly trace: Trace }): TracedOutcome {
  const { previous, cycle } = applyRules(state, args);
  return { ...conclude(previous, cycle), cycle };
}

function applyRules(state: State, args: CycleArguments): { previous: State; cycle: Cycle } {
  const previous = args.nowMs < state.atMs ? rebaseState(state, args.nowMs) : state;
  const cycle = openCycle(previous, args);
  observeRelays(cycle);
  observeCharge(cycle);
  observeGrid(cycle);
  for (const rule of RULES) rule.observe?.(cycle);
  for (const rule of RULES) rule.apply(cycle);
  return { previous, cycle };
}

function conclude(previous: State, cycle: Cycle): Outcome {
  const { state, settings, nowMs } = cycle;
  const loads = concludeLoads(cycle);
  const batteries = concludeBatteries(cycle);
  const exportLimit = concludeExport(cycle);
  const homeMode = homeModeOf(cycle);
  const reason = homeReason(cycle, homeMode);
  state.homeMode = homeMode;
  const balance = balanceOf(cycle.snapshot, cycle.outage);
  const allocation = allocate(balance);
  const closedSlot = book(cycle, balance, allocation);
  const outcomes = outcomesOf(previous, cycle, { homeMode, reason, loads, batteries, exportLimit });
  const { demandMeanW } = cycle;
  const decision: Decision = {
    atMs: nowMs,
    cycle: state.cycle,
    homeMode,
    reason,
    loads,
    batteries,
    exportLimit,
    balance,
    allocation,
    demand: {
      demandW: demandMeanW,
      windowDemandW: demandMeanW === null ? null : predictedWindowW(cycle, demandMeanW),
      thresholdW: settings.peak.thresholdW,
      peakActive: state.peak.active,
    },
    today: todayOf(state.ledger),
    closedSlot,
    importPricePerKwh: cycle.importPricePerKwh,
    exportPricePerKwh: cycle.exportPricePerKwh,
    outcomes,
    alarms: alarmsOf(cycle),
    mustPersist: outcomes.length > 0 || survivalChanged(previous, state),
  };
  return { state, decision };
}

function concludeExport(cycle: Cycle): ExportCommand {
  const limitW = cycle.exportLimitW;
  const changed = limitW !== cycle.state.exportLimitW;
  cycle.state.exportLimitW = limitW;
  const reason =
    limitW === null
      ? ({ rule: 'sources', code: 'export-free', params: {} } as const)
      : ({ rule: 'operator-limit', code: 'export-limit', params: { limit: limitW } } as const);
  return { limitW, leaseS: cycle.settings.commands.exportLeaseS, changed, reason };
}
