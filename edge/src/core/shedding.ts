/**
 * Shedding and returning, for the rules that protect: least important first out, most important first back.
 *
 * A shed load counts with what it is seen to draw (its nominal power when it is not measured), and its relief is
 * expected in the meter for a short time after, so that one excess does not cost two loads. It comes back alone,
 * when there has been room for it long enough, and not before its back-off, which doubles whenever its return
 * caused the next shed.
 */
import type { ReasonCode } from '@wattward/broker/wire/reasons';
import { at } from './at.ts';
import { forbidOn } from './binding.ts';
import type { Cycle } from './cycle.ts';
import type { Reason, RuleName } from './decision.ts';
import { drawnW, onPhaseW, programStarted } from './load-power.ts';
import type { ManagedLoad } from './managed.ts';
import type { PhaseIndex } from './settings.ts';
import type { ShedRecord } from './state.ts';

export interface Shed {
  readonly rule: RuleName;
  readonly code: ReasonCode;
  /** What must go, watts on `phase`, 0 for the sum of all phases. */
  readonly needW: number;
  readonly phase: PhaseIndex;
  /** For the reason: what was measured against which limit. */
  readonly measured: number;
  readonly limit: number;
  /** Started programs and essential loads (these last) may go too. */
  readonly programsToo: boolean;
  readonly essentialToo: boolean;
}

/** Sheds until `needW` is met or nothing is left. Returns what is still too much, watts. */
export function shedLoads(cycle: Cycle, shed: Shed): number {
  let needW = shed.needW;
  for (const essential of shed.essentialToo ? [false, true] : [false]) {
    for (let k = cycle.byPriority.length - 1; k >= 0 && needW > 0; k--) {
      const load = at(cycle.byPriority, k);
      if (load.settings.essential === essential && mayShed(load, shed)) needW -= shedLoad(cycle, load, shed);
    }
  }
  return Math.max(0, needW);
}

function mayShed(load: ManagedLoad, shed: Shed): boolean {
  const { state, settings } = load;
  if (!state.on || state.shed !== null || !load.canOff || !load.canOn) return false;
  if (shed.phase !== 0 && settings.phase !== 0 && settings.phase !== shed.phase) return false;
  return shed.programsToo || !programStarted(load);
}

function shedLoad(cycle: Cycle, load: ManagedLoad, shed: Shed): number {
  const { nowMs, settings } = cycle;
  const { returns } = settings;
  const { state } = load;
  const powerW = drawnW(load);
  const caused = state.returnedAtMs !== 0 && nowMs - state.returnedAtMs <= returns.causedWithinMs;
  state.backoffMs = caused
    ? Math.min(returns.maxBackoffMs, Math.max(returns.minShedMs, state.backoffMs) * 2)
    : returns.minShedMs;
  const { rule, code, measured, limit, phase } = shed;
  state.shed = { rule, atMs: nowMs, code, measured, limit, phase, powerW };
  state.fitSinceMs = 0;
  return onPhaseW(load, phase, powerW, settings.grid.phases);
}

/** Binds every load that this rule has shed, with the numbers of the moment it was shed. */
export function holdShed(cycle: Cycle, rule: RuleName): void {
  for (const load of cycle.loads) {
    const { shed } = load.state;
    if (shed?.rule === rule) forbidOn(cycle, load, shedReason(load, shed), 'firm');
  }
}

function shedReason(load: ManagedLoad, shed: ShedRecord): Reason {
  const { rule, code, measured, limit, phase, powerW } = shed;
  const { name, priority } = load.settings;
  return { rule, code, params: { measured, limit, phase, name, powerW, priority } };
}

/** Relief that was ordered but may not show in the meter yet, watts on `phase`. */
export function pendingReliefW(cycle: Cycle, phase: PhaseIndex): number {
  let sumW = 0;
  for (const load of cycle.loads) {
    const { shed } = load.state;
    if (shed === null || cycle.nowMs - shed.atMs >= cycle.settings.peak.settleMs) continue;
    sumW += onPhaseW(load, phase, shed.powerW, cycle.settings.grid.phases);
  }
  return sumW;
}

/**
 * Power of loads just switched on that the meter (averaged over `meanMs`) does not show yet, watts on `phase`.
 * Fades as the mean takes them in.
 */
export function pendingStartW(cycle: Cycle, phase: PhaseIndex, meanMs: number): number {
  const spanMs = meanMs + cycle.settings.peak.settleMs;
  let sumW = 0;
  for (const load of cycle.loads) {
    const { state, settings } = load;
    const ageMs = cycle.nowMs - state.sinceMs;
    if (!state.on || ageMs >= spanMs || !state.switchesMs.includes(state.sinceMs)) continue;
    sumW += onPhaseW(load, phase, settings.nominalPowerW, cycle.settings.grid.phases) * (1 - ageMs / spanMs);
  }
  return sumW;
}

export interface Return {
  readonly rule: RuleName;
  /** How long the room must have lasted. */
  fitMs(cycle: Cycle): number;
  /** Is there room for this load now? */
  fits(cycle: Cycle, load: ManagedLoad): boolean;
}

/** Lets at most one load of a rule come back: the most important, when its room has lasted. */
export function returnLoads(cycle: Cycle, back: Return): void {
  let candidate: ManagedLoad | null = null;
  for (const load of cycle.byPriority) {
    if (load.state.shed?.rule !== back.rule) continue;
    if (candidate === null) {
      candidate = load;
      considerReturn(cycle, load, load.state.shed, back);
    } else load.state.fitSinceMs = 0;
  }
}

function considerReturn(cycle: Cycle, load: ManagedLoad, shed: ShedRecord, back: Return): void {
  const { state } = load;
  const { nowMs } = cycle;
  if (!back.fits(cycle, load)) {
    state.fitSinceMs = 0;
    return;
  }
  if (state.fitSinceMs === 0) state.fitSinceMs = nowMs;
  if (nowMs - state.fitSinceMs < back.fitMs(cycle) || nowMs - shed.atMs < state.backoffMs) return;
  release(cycle, load);
}

/** The load is free again; whether it runs is for the later rules to say. */
export function release(cycle: Cycle, load: ManagedLoad): void {
  load.state.shed = null;
  load.state.fitSinceMs = 0;
  load.state.returnedAtMs = cycle.nowMs;
}

/** A load that this rule has shed, that waits, and is at least as important as `load`; null when there is none. */
export function waitingBefore(cycle: Cycle, rule: RuleName, load: ManagedLoad): ManagedLoad | null {
  for (const other of cycle.loads) {
    if (other === load || other.state.shed?.rule !== rule) continue;
    if (other.settings.priority <= load.settings.priority) return other;
  }
  return null;
}

export function anyShedBy(cycle: Cycle, rule: RuleName): boolean {
  for (const load of cycle.loads) {
    if (load.state.shed?.rule === rule) return true;
  }
  return false;
}
