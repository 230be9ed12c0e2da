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
import { type Cycle, observeGrid, openCycle } from './cycle.ts';
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

const EXPORT_LEASE_S = 90;

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
  return decideTraced(state, { snapshot, settings, plan, nowMs, trace: null });
}

export interface TracedArguments {
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  readonly plan: Plan | null;
  readonly nowMs: number;
  readonly trace: Trace | null;
}

/** `decide`, noting every attempt of every rule in `trace` when one is given. */
export function decideTraced(state: State, args: TracedArguments): Outcome {
  const previous = args.nowMs < state.atMs ? rebaseState(state, args.nowMs) : state;
  const cycle = openCycle(previous, args);
  observeRelays(cycle);
  observeGrid(cycle);
  for (const rule of RULES) rule.observe?.(cycle);
  for (const rule of RULES) rule.apply(cycle);
  return conclude(previous, cycle);
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
  return { limitW, leaseS: EXPORT_LEASE_S, changed, reason };
}
