/**
 * Chargers with current control: 0 or 6 to 32 A [IEC 61851-1], following the surplus in whole amperes.
 *
 * Lower at once, raise slowly: one ampere every 30 s, and only where the demand stays clear of the threshold, so
 * that what a protective rule took does not come back as a saw-tooth.
 */
import type { Cycle } from './cycle.ts';
import { drawnW } from './load-power.ts';
import type { ManagedLoad } from './managed.ts';
import type { CurrentSettings } from './settings.ts';

const RAISE_A = 1;

/** The current to command for a charger that is to be on, amperes. */
export function chargerCurrentA(cycle: Cycle, load: ManagedLoad, current: CurrentSettings): number {
  const { state } = load;
  const beforeA = load.was ? state.currentA : 0;
  if (beforeA < current.minA) {
    state.currentRaisedMs = cycle.nowMs;
    return current.minA;
  }
  const wishA = Math.min(current.maxA, wishedA(cycle, load, current), load.currentCapA);
  const targetA = Math.max(current.minA, Math.floor(wishA));
  if (targetA <= beforeA) return targetA;
  if (cycle.nowMs - state.currentRaisedMs < cycle.settings.surplus.raiseMs || !hasRoom(cycle, current))
    return beforeA;
  state.currentRaisedMs = cycle.nowMs;
  return beforeA + RAISE_A;
}

function hasRoom(cycle: Cycle, current: CurrentSettings): boolean {
  const { peak, grid } = cycle.settings;
  const stepW = RAISE_A * current.phases * grid.nominalVoltageV;
  return cycle.demandMeanW !== null && cycle.demandMeanW + stepW <= peak.exitFactor * peak.thresholdW;
}

/** By surplus where the load runs on surplus, else as much as it may. */
function wishedA(cycle: Cycle, load: ManagedLoad, current: CurrentSettings): number {
  if (!load.state.surplusRun || cycle.gridMeanW === null) return current.maxA;
  const dischargeW = cycle.batteryPowerW === null ? 0 : Math.max(0, cycle.batteryPowerW);
  const freeW = drawnW(load) - cycle.gridMeanW - dischargeW;
  return freeW / (current.phases * cycle.settings.grid.nominalVoltageV);
}
