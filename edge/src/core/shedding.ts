/**
 * Shedding and returning, for the rules that protect: least important first out, most important first back.
 *
 * A shed load counts with what it is seen to draw (its nominal power when it is not measured), and its relief is
 * expected in the meter for a short time after, so that one excess does not cost two loads. It comes back alone,
 * when there has been room for it long enough, and not before its back-off, which doubles whenever its return
 * caused the next shed.
 */
import type { ReasonCode } from '@wattward/broker/wire/reasons';
import { forbidOn } from './binding.ts';
import type { Cycle } from './cycle.ts';
import type { Reason, RuleName } from './decision.ts';
import type { PhaseIndex } from './settings.ts';

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
    const order = cycle.settings.byPriority;
    for (let k = order.length - 1; k >= 0 && needW > 0; k--) {
      const i = order[k];
      if (i !== undefined && mayShed(cycle, i, shed, essential)) needW -= shedLoad(cycle, i, shed);
    }
  }
  return Math.max(0, needW);
}

function mayShed(cycle: Cycle, i: number, shed: Shed, essential: boolean): boolean {
  const settings = cycle.settings.loads[i];
  const state = cycle.state.loads[i];
  const freedom = cycle.loads[i];
  if (!settings || !state || !freedom) return false;
  if (!state.on || state.shed !== null || !freedom.canOff || !freedom.canOn) return false;
  if (settings.essential !== essential) return false;
  if (shed.phase !== 0 && settings.phase !== 0 && settings.phase !== shed.phase) return false;
  return shed.programsToo || !programStarted(cycle, i);
}

function shedLoad(cycle: Cycle, i: number, shed: Shed): number {
  const state = cycle.state.loads[i];
  if (!state) return 0;
  const { nowMs, settings } = cycle;
  const { returns } = settings;
  const powerW = drawnW(cycle, i);
  const caused = state.returnedAtMs !== 0 && nowMs - state.returnedAtMs <= returns.causedWithinMs;
  state.backoffMs = caused
    ? Math.min(returns.maxBackoffMs, Math.max(returns.minShedMs, state.backoffMs) * 2)
    : returns.minShedMs;
  state.shed = {
    rule: shed.rule,
    atMs: nowMs,
    code: shed.code,
    measured: shed.measured,
    limit: shed.limit,
    phase: shed.phase,
    powerW,
  };
  state.fitSinceMs = 0;
  return onPhaseW(cycle, i, shed.phase, powerW);
}

/** Binds every load that this rule has shed, with the numbers of the moment it was shed. */
export function holdShed(cycle: Cycle, rule: RuleName): void {
  for (let i = 0; i < cycle.state.loads.length; i++) {
    const shed = cycle.state.loads[i]?.shed;
    if (shed?.rule === rule) forbidOn(cycle, i, shedReason(cycle, i), 'firm');
  }
}

function shedReason(cycle: Cycle, i: number): Reason {
  const shed = cycle.state.loads[i]?.shed;
  const settings = cycle.settings.loads[i];
  if (!shed || !settings) throw new RangeError('no such shed load');
  return {
    rule: shed.rule,
    code: shed.code,
    params: {
      measured: shed.measured,
      limit: shed.limit,
      phase: shed.phase,
      name: settings.name,
      powerW: shed.powerW,
      priority: settings.priority,
    },
  };
}

/** Relief that was ordered but may not show in the meter yet, watts on `phase`. */
export function pendingReliefW(cycle: Cycle, phase: PhaseIndex): number {
  let sumW = 0;
  for (let i = 0; i < cycle.state.loads.length; i++) {
    const shed = cycle.state.loads[i]?.shed;
    if (!shed || cycle.nowMs - shed.atMs >= cycle.settings.peak.settleMs) continue;
    sumW += onPhaseW(cycle, i, phase, shed.powerW);
  }
  return sumW;
}

export interface Return {
  readonly rule: RuleName;
  /** How long the room must have lasted. */
  fitMs(cycle: Cycle): number;
  /** Is there room for load `i` now? */
  fits(cycle: Cycle, i: number): boolean;
}

/** Lets at most one load of a rule come back: the most important, when its room has lasted. */
export function returnLoads(cycle: Cycle, back: Return): void {
  let candidate = -1;
  for (const i of cycle.settings.byPriority) {
    const state = cycle.state.loads[i];
    if (state?.shed?.rule !== back.rule) continue;
    if (candidate === -1) candidate = i;
    else state.fitSinceMs = 0;
  }
  const state = cycle.state.loads[candidate];
  if (!state?.shed) return;
  if (!back.fits(cycle, candidate)) {
    state.fitSinceMs = 0;
    return;
  }
  const { nowMs } = cycle;
  if (state.fitSinceMs === 0) state.fitSinceMs = nowMs;
  if (nowMs - state.fitSinceMs < back.fitMs(cycle) || nowMs - state.shed.atMs < state.backoffMs) return;
  state.shed = null;
  state.fitSinceMs = 0;
  state.returnedAtMs = nowMs;
}

/** True while some load that this rule has shed waits and is at least as important as `i`. */
export function moreImportantWaits(cycle: Cycle, rule: RuleName, i: number): boolean {
  const priority = cycle.settings.loads[i]?.priority ?? 0;
  for (let k = 0; k < cycle.state.loads.length; k++) {
    if (k === i || cycle.state.loads[k]?.shed?.rule !== rule) continue;
    if ((cycle.settings.loads[k]?.priority ?? 0) <= priority) return true;
  }
  return false;
}

export function anyShedBy(cycle: Cycle, rule: RuleName): boolean {
  for (const load of cycle.state.loads) {
    if (load.shed?.rule === rule) return true;
  }
  return false;
}

/** What a load draws now: measured, else its nominal power when its relay is closed. */
export function drawnW(cycle: Cycle, i: number): number {
  const reading = cycle.snapshot.loads[i];
  if (!reading) return 0;
  if (reading.powerW.quality === 'good') return Math.max(0, reading.powerW.value);
  if (reading.reportedOn === false) return 0;
  return cycle.settings.loads[i]?.nominalPowerW ?? 0;
}

/** The part of `powerW` of load `i` that lies on `phase`; all of it for phase 0. */
export function onPhaseW(cycle: Cycle, i: number, phase: PhaseIndex, powerW: number): number {
  const of = cycle.settings.loads[i]?.phase ?? 0;
  if (phase === 0 || of === phase) return powerW;
  return of === 0 ? powerW / cycle.settings.grid.phases : 0;
}

/** A washing program that has begun: to be ended only by outage, fuse or the grid operator. */
export function programStarted(cycle: Cycle, i: number): boolean {
  const state = cycle.state.loads[i];
  return cycle.settings.loads[i]?.kind === 'program' && state?.on === true && state.activeAtMs !== 0;
}

/**
 * Power of loads just switched on that the meter (averaged over `meanMs`) does not show yet, watts on `phase`.
 * Fades as the mean takes them in.
 */
export function pendingStartW(cycle: Cycle, phase: PhaseIndex, meanMs: number): number {
  const spanMs = meanMs + cycle.settings.peak.settleMs;
  let sumW = 0;
  for (let i = 0; i < cycle.state.loads.length; i++) {
    const load = cycle.state.loads[i];
    if (!load?.on || load.switchesMs.at(-1) !== load.sinceMs) continue;
    const ageMs = cycle.nowMs - load.sinceMs;
    if (ageMs >= spanMs) continue;
    const nominalW = cycle.settings.loads[i]?.nominalPowerW ?? 0;
    sumW += onPhaseW(cycle, i, phase, nominalW) * (1 - ageMs / spanMs);
  }
  return sumW;
}
