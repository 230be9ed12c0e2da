/**
 * Limits that follow the live meter: what a battery may take from the grid, what a charger may draw, so that a
 * limit at the connection point holds without switching anything.
 */
import { capCharge, capCurrent, capGridCharge } from './binding.ts';
import type { Cycle } from './cycle.ts';
import type { Reason } from './decision.ts';
import type { PhaseIndex } from './settings.ts';
import { drawnW, onPhaseW } from './shedding.ts';

/** What all batteries take in now, watts; 0 when not known. */
export function chargingW(cycle: Cycle): number {
  return Math.max(0, -(cycle.batteryPowerW ?? 0));
}

/** Caps charging from the grid so that together the batteries take at most `totalW`. */
export function capGridChargeTotal(cycle: Cycle, totalW: number, reason: Reason): void {
  forEachShare(cycle, totalW, (i, shareW) => capGridCharge(cycle, i, shareW, reason));
}

/** Caps charging from any source so that together the batteries take at most `totalW`. */
export function capChargeTotal(cycle: Cycle, totalW: number, reason: Reason): void {
  forEachShare(cycle, totalW, (i, shareW) => {
    capCharge(cycle, i, shareW, reason);
    capGridCharge(cycle, i, shareW, reason);
  });
}

function forEachShare(cycle: Cycle, totalW: number, cap: (i: number, shareW: number) => void): void {
  let sumW = 0;
  for (const battery of cycle.settings.batteries) sumW += battery.maxChargeW;
  if (sumW === 0) return;
  const boundedW = Math.max(0, totalW);
  for (let i = 0; i < cycle.settings.batteries.length; i++) {
    const shareW = (boundedW * (cycle.settings.batteries[i]?.maxChargeW ?? 0)) / sumW;
    cap(i, Math.round(shareW));
  }
}

/**
 * Lowers chargers with current control by up to `needW` on `phase`, down to their least current.
 * Returns what is still too much.
 */
export function lowerCurrents(cycle: Cycle, needW: number, phase: PhaseIndex, reason: Reason): number {
  let leftW = needW;
  const order = cycle.settings.byPriority;
  for (let k = order.length - 1; k >= 0 && leftW > 0; k--) {
    const i = order[k] ?? -1;
    const settings = cycle.settings.loads[i];
    const state = cycle.state.loads[i];
    if (!settings?.current || !state?.on || state.currentA <= settings.current.minA) continue;
    const voltageV = cycle.settings.grid.nominalVoltageV * settings.current.phases;
    const nowW = drawnW(cycle, i);
    const relevantW = onPhaseW(cycle, i, phase, nowW);
    if (relevantW <= 0) continue;
    const share = relevantW / nowW;
    const wishW = nowW - leftW / share;
    const capA = Math.max(settings.current.minA, Math.floor(wishW / voltageV));
    if (capA >= state.currentA) continue;
    capCurrent(cycle, i, capA, reason);
    leftW -= Math.max(0, nowW - capA * voltageV) * share;
  }
  return Math.max(0, leftW);
}
