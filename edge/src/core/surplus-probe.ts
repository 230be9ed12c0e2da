/**
 * Surplus that cannot be seen because nothing may be exported.
 *
 * Under an export limit a full battery makes the inverter curtail the array: the meter shows no surplus although the
 * sun would give more. Where the inverter tells what the array could give, the difference is the surplus. Where it
 * does not, a load is switched on as a probe: if the home does not import after a minute, the sun was there. A
 * failed probe waits longer each time.
 */
import type { Cycle } from './cycle.ts';
import type { ManagedLoad } from './managed.ts';

/** The limit counts as reached when the export is this near to it, watts. */
const NEAR_LIMIT_W = 100;
/** Below this the array gives nothing worth probing for, watts. */
const SUN_W = 200;
/** Batteries that still take this much hide nothing, watts. */
const TAKES_W = 100;

/** Curtailed power, as far as the inverter tells; 0 otherwise. */
export function hiddenSurplusW(cycle: Cycle): number {
  const { availableW, powerW } = cycle.snapshot.pv;
  if (!isCurtailed(cycle) || availableW.quality !== 'good' || powerW.quality !== 'good') return 0;
  return Math.max(0, availableW.value - powerW.value);
}

/** Might this load find hidden surplus now? */
export function mayProbe(cycle: Cycle, load: ManagedLoad): boolean {
  if (!load.canOn || cycle.nowMs < load.state.probeNotBeforeMs || !isCurtailed(cycle)) return false;
  if (cycle.snapshot.pv.availableW.quality === 'good') return false;
  return !cycle.state.loads.some((other) => other.probeSinceMs !== 0);
}

export function startProbe(cycle: Cycle, load: ManagedLoad): void {
  load.state.probeSinceMs = cycle.nowMs;
  load.state.surplusRun = true;
}

/** Judges a probe whose time is over. True when it failed and the load has to go. */
export function endProbe(cycle: Cycle, load: ManagedLoad): boolean {
  const { state } = load;
  const { surplus } = cycle.settings;
  if (state.probeSinceMs === 0 || cycle.nowMs - state.probeSinceMs < surplus.probeMs) return false;
  state.probeSinceMs = 0;
  const { gridMeanW, batteryPowerW } = cycle;
  const failed =
    gridMeanW === null || batteryPowerW === null || gridMeanW > surplus.offImportW || batteryPowerW > TAKES_W;
  state.probeWaitMs = failed
    ? Math.min(surplus.probeMaxWaitMs, Math.max(surplus.probeWaitMs, state.probeWaitMs * 2))
    : 0;
  if (failed) state.probeNotBeforeMs = cycle.nowMs + state.probeWaitMs;
  return failed;
}

/** The export is at its limit, the sun shines, and the batteries take no more. */
function isCurtailed(cycle: Cycle): boolean {
  const { exportLimitW, gridMeanW, pvPowerW, batteryPowerW } = cycle;
  if (exportLimitW === null || gridMeanW === null || pvPowerW === null || pvPowerW < SUN_W) return false;
  if (Math.abs(gridMeanW + exportLimitW) > NEAR_LIMIT_W) return false;
  return batteryPowerW !== null && Math.abs(batteryPowerW) <= TAKES_W;
}
