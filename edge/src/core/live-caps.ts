/**
 * Limits that follow the live meter: what batteries may take in, what a charger may draw, so that a limit at the
 * connection point holds without switching anything.
 */
import { at } from './at.ts';
import { capCharge, capCurrent, capGridCharge } from './binding.ts';
import type { Cycle } from './cycle.ts';
import type { Reason } from './decision.ts';
import { drawnW, onPhaseW } from './load-power.ts';
import type { PhaseIndex } from './settings.ts';

/** What all batteries take in now, watts; 0 when not known. */
export function chargingW(cycle: Cycle): number {
  return cycle.batteryPowerW === null ? 0 : Math.max(0, -cycle.batteryPowerW);
}

/** Caps charging from the grid so that together the batteries take at most `totalW`. */
export function capGridChargeTotal(cycle: Cycle, totalW: number, reason: Reason): void {
  const share = shareOf(cycle, totalW);
  for (const battery of cycle.batteries) {
    capGridCharge(cycle, battery, Math.round(share * battery.settings.maxChargeW), reason);
  }
}

/** Caps charging from any source so that together the batteries take at most `totalW`. */
export function capChargeTotal(cycle: Cycle, totalW: number, reason: Reason): void {
  const share = shareOf(cycle, totalW);
  for (const battery of cycle.batteries) {
    capCharge(cycle, battery, Math.round(share * battery.settings.maxChargeW), reason);
  }
  capGridChargeTotal(cycle, totalW, reason);
}

/** Share of its own charging power that each battery may use; 0 to 1 and beyond. */
function shareOf(cycle: Cycle, totalW: number): number {
  let sumW = 0;
  for (const battery of cycle.batteries) sumW += battery.settings.maxChargeW;
  return sumW === 0 ? 0 : Math.max(0, totalW) / sumW;
}

/**
 * Lowers chargers with current control by up to `needW` on `phase`, down to their least current, least important
 * first. Returns what is still too much.
 */
export function lowerCurrents(cycle: Cycle, needW: number, phase: PhaseIndex, reason: Reason): number {
  const { phases, nominalVoltageV } = cycle.settings.grid;
  let leftW = needW;
  for (let k = cycle.byPriority.length - 1; k >= 0 && leftW > 0; k--) {
    const load = at(cycle.byPriority, k);
    const { current } = load.settings;
    const nowW = drawnW(load);
    const share = nowW > 0 ? onPhaseW(load, phase, nowW, phases) / nowW : 0;
    if (current === null || !load.state.on || share === 0) continue;
    const voltageV = nominalVoltageV * current.phases;
    const capA = Math.max(current.minA, Math.floor((nowW - leftW / share) / voltageV));
    if (capA >= load.state.currentA) continue;
    capCurrent(cycle, load, capA, reason);
    leftW -= Math.max(0, nowW - capA * voltageV) * share;
  }
  return Math.max(0, leftW);
}
