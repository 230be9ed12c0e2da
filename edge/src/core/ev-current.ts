/**
 * Chargers with current control: 0 or 6 to 32 A [IEC 61851-1], following the surplus in whole amperes.
 *
 * Lower at once, raise slowly: one ampere every 30 s, and only where the demand stays clear of the threshold, so
 * that what a protective rule took does not come back as a saw-tooth.
 */
import type { Cycle } from './cycle.ts';
import { drawnW } from './shedding.ts';

const RAISE_MS = 30_000;
const RAISE_A = 1;

/** The current to command for load `i` that is to be on, amperes; null for a load without current control. */
export function chargerCurrentA(cycle: Cycle, i: number): number | null {
  const settings = cycle.settings.loads[i]?.current;
  const state = cycle.state.loads[i];
  const load = cycle.loads[i];
  if (!settings || !state || !load) return null;
  const wishA = Math.min(settings.maxA, wishedA(cycle, i), load.currentCapA);
  const beforeA = load.was ? state.currentA : 0;
  const floorA = Math.max(settings.minA, Math.floor(wishA));
  if (beforeA < settings.minA) {
    state.currentRaisedMs = cycle.nowMs;
    return settings.minA;
  }
  if (floorA <= beforeA) return floorA;
  const stepW = RAISE_A * settings.phases * cycle.settings.grid.nominalVoltageV;
  const roomW =
    cycle.settings.peak.exitFactor * cycle.settings.peak.thresholdW -
    (cycle.demandMeanW ?? Number.POSITIVE_INFINITY);
  if (cycle.nowMs - state.currentRaisedMs < RAISE_MS || roomW < stepW) return beforeA;
  state.currentRaisedMs = cycle.nowMs;
  return beforeA + RAISE_A;
}

/** By surplus where the load runs on surplus, else as much as it may. */
function wishedA(cycle: Cycle, i: number): number {
  const settings = cycle.settings.loads[i]?.current;
  const state = cycle.state.loads[i];
  if (!settings || !state?.surplusRun || cycle.gridMeanW === null) return Number.POSITIVE_INFINITY;
  const dischargeW = Math.max(0, cycle.batteryPowerW ?? 0);
  const freeW = drawnW(cycle, i) - cycle.gridMeanW - dischargeW;
  return freeW / (settings.phases * cycle.settings.grid.nominalVoltageV);
}
