/**
 * Rule 3, fuse: the main fuse is not to trip. No protective device: it acts before one must.
 *
 * Per phase, amperes drawn. Above 1.45 In at once, 1.13 to 1.45 In after a few seconds, 1.0 to 1.13 In on a 30 s
 * mean (a fuse carries 1.13 In for an hour [IEC 60898-1]). First charging from the grid is reduced, then the
 * current of chargers, then loads on that phase go, least important first. A load comes back when the phase has had
 * room for it for two minutes.
 */
import { at } from '../at.ts';
import { forbidOn } from '../binding.ts';
import { type Cycle, maxGapMs } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import { capChargeTotal, capGridChargeTotal, chargingW, lowerCurrents } from '../live-caps.ts';
import { onPhaseW } from '../load-power.ts';
import type { ManagedLoad } from '../managed.ts';
import type { Rule } from '../rule.ts';
import type { PhaseIndex } from '../settings.ts';
import { anyShedBy, holdShed, pendingReliefW, type Return, returnLoads, shedLoads } from '../shedding.ts';
import type { FusePhaseState } from '../state.ts';
import { addSample, meanOf } from '../time-mean.ts';

export const fuse: Rule = { name: 'fuse', observe, apply };

function observe(cycle: Cycle): void {
  const { settings, state, nowMs } = cycle;
  for (const [p, phase] of state.fuse.entries()) {
    const currentA = phaseCurrentA(cycle, p);
    if (currentA === null) {
      phase.overMediumSinceMs = 0;
      continue;
    }
    const spanMs = settings.fuse.slowMeanMs;
    phase.meanA = addSample(phase.meanA, Math.max(0, currentA), nowMs, spanMs, maxGapMs(settings));
    if (currentA <= settings.fuse.mediumFactor * settings.grid.fuseA) phase.overMediumSinceMs = 0;
    else if (phase.overMediumSinceMs === 0) phase.overMediumSinceMs = nowMs;
  }
}

function apply(cycle: Cycle): void {
  if (cycle.outage) {
    holdShed(cycle, 'fuse');
    return;
  }
  for (const [p, phase] of cycle.state.fuse.entries()) relieve(cycle, p, phase);
  const roomW = chargeRoomW(cycle);
  if (roomW !== null) capGridChargeTotal(cycle, chargingW(cycle) + roomW, FUSE_CHARGE);
  returnLoads(cycle, BACK);
  holdShed(cycle, 'fuse');
  for (const load of cycle.loads) {
    if (!load.was) guard(cycle, load);
  }
  if (anyShedBy(cycle, 'fuse')) cycle.limited = true;
}

/** Amperes drawn on phase `p`, negative when it feeds; null when nothing is known. */
export function phaseCurrentA(cycle: Cycle, p: number): number | null {
  const { grid } = cycle.snapshot;
  const { nominalVoltageV, phases } = cycle.settings.grid;
  const reading = at(grid.phases, p);
  if (reading.currentA.quality === 'good') {
    const feeds = reading.powerW.quality === 'good' && reading.powerW.value < 0;
    return feeds ? -reading.currentA.value : reading.currentA.value;
  }
  if (reading.powerW.quality === 'good') {
    const voltageV = reading.voltageV.quality === 'good' ? reading.voltageV.value : nominalVoltageV;
    return reading.powerW.value / voltageV;
  }
  return grid.powerW.quality === 'good' ? grid.powerW.value / phases / nominalVoltageV : null;
}

function relieve(cycle: Cycle, p: number, phase: FusePhaseState): void {
  const { settings, nowMs } = cycle;
  const { fuse: limits, grid } = settings;
  const currentA = phaseCurrentA(cycle, p);
  if (currentA === null) return;
  const meanA = meanOf(phase.meanA, nowMs, limits.slowMeanMs);
  const slowA = limits.slowFactor * grid.fuseA;
  const fast = currentA > limits.fastFactor * grid.fuseA;
  const medium = phase.overMediumSinceMs !== 0 && nowMs - phase.overMediumSinceMs >= limits.mediumMs;
  const slow = meanA !== null && meanA > slowA;
  if (!(fast || medium || slow) || currentA <= slowA) return;
  const index = (p + 1) as PhaseIndex;
  const params = { phase: index, measured: currentA, limit: grid.fuseA };
  const reason: Reason = { rule: 'fuse', code: 'fuse-reduce', params };
  let needW = (currentA - slowA) * grid.nominalVoltageV - pendingReliefW(cycle, index);
  if (needW <= 0) return;
  cycle.limited = true;
  const chargeW = chargingW(cycle);
  if (chargeW > 0) {
    const lessW = Math.min(chargeW, needW * grid.phases);
    capChargeTotal(cycle, chargeW - lessW, reason);
    needW -= lessW / grid.phases;
  }
  if (needW > 0) needW = lowerCurrents(cycle, needW, index, reason);
  if (needW <= 0) return;
  const programsToo = true;
  const shed = {
    rule: 'fuse',
    code: 'fuse-shed',
    needW,
    phase: index,
    programsToo,
    essentialToo: true,
  } as const;
  cycle.overloadW = Math.max(
    cycle.overloadW,
    shedLoads(cycle, { ...shed, measured: currentA, limit: grid.fuseA }),
  );
}

const FUSE_CHARGE: Reason = { rule: 'fuse', code: 'fuse-charge', params: {} };

/** How much more may be charged over all phases before one of them is full; null when a phase is not known. */
function chargeRoomW(cycle: Cycle): number | null {
  const { grid, fuse: limits } = cycle.settings;
  let leastW = Number.POSITIVE_INFINITY;
  for (let p = 0; p < cycle.state.fuse.length; p++) {
    const currentA = phaseCurrentA(cycle, p);
    if (currentA === null) return null;
    leastW = Math.min(leastW, (limits.chargeFactor * grid.fuseA - currentA) * grid.nominalVoltageV);
  }
  return leastW * grid.phases;
}

const BACK: Return = { rule: 'fuse', fitMs: (cycle) => cycle.settings.fuse.returnMs, fits };

function fits(cycle: Cycle, load: ManagedLoad): boolean {
  const { fuse: limits, grid } = cycle.settings;
  return hasRoom(cycle, load, limits.returnFactor, limits.returnMarginFactor * grid.fuseA);
}

/** Is there room for a load on each of its phases? Unknown phases have none. */
function hasRoom(cycle: Cycle, load: ManagedLoad, factor: number, marginA: number): boolean {
  const { grid, fuse: limits } = cycle.settings;
  const nominalW = load.settings.nominalPowerW;
  for (let p = 0; p < cycle.state.fuse.length; p++) {
    const loadA = onPhaseW(load, (p + 1) as PhaseIndex, nominalW, grid.phases) / grid.nominalVoltageV;
    if (loadA === 0) continue;
    const currentA = phaseCurrentA(cycle, p);
    if (currentA === null || currentA + factor * loadA + marginA > limits.slowFactor * grid.fuseA)
      return false;
  }
  return true;
}

/** Nothing is switched on that would overload a phase. */
function guard(cycle: Cycle, load: ManagedLoad): void {
  if (hasRoom(cycle, load, 1, 0)) return;
  const params = { phase: load.settings.phase, limit: cycle.settings.grid.fuseA };
  forbidOn(cycle, load, { rule: 'fuse', code: 'fuse-full', params }, 'loose');
}
