/**
 * Rule 5, peak watch: the demand drawn from the grid stays below the threshold.
 *
 * Demand is the time-weighted mean over 10 s of `max(0, gridPowerW)`: a spike is no peak. Above the threshold the
 * home enters Peak Mode: the battery discharges as far as rules 1, 2 and 7 allow, and gets a short time to do it
 * where it can cover the excess; then loads that are not essential go, least important first, until it fits. The
 * same happens early when the 15-minute window is going to end above the contract level. Loads come back one by one
 * below 90 % of the threshold; Peak Mode ends when none is out and the mean is below that.
 */
import { chooseSelfConsume, forbidOn } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import { observeWindow, predictedWindowW, windowAllowanceW } from '../demand-window.ts';
import { capGridChargeTotal, chargingW, lowerCurrents } from '../live-caps.ts';
import type { ManagedLoad } from '../managed.ts';
import type { Rule } from '../rule.ts';
import {
  anyShedBy,
  holdShed,
  pendingReliefW,
  pendingStartW,
  type Return,
  returnLoads,
  shedLoads,
  waitingBefore,
} from '../shedding.ts';

export const peakWatch: Rule = { name: 'peak-watch', observe: observeWindow, apply };

function apply(cycle: Cycle): void {
  const { state, demandMeanW } = cycle;
  if (cycle.outage) {
    holdShed(cycle, 'peak-watch');
    return;
  }
  const windowOver = windowIsOver(cycle);
  if (demandMeanW !== null) {
    const over = demandMeanW > cycle.settings.peak.thresholdW || windowOver;
    if (!state.peak.active && over) {
      state.peak.active = true;
      state.peak.sinceMs = cycle.nowMs;
    }
    if (state.peak.active && over) relieve(cycle, demandMeanW, windowOver);
    returnLoads(cycle, BACK);
    const calm = demandMeanW <= exitW(cycle) && !windowOver;
    if (state.peak.active && calm && !anyShedBy(cycle, 'peak-watch')) state.peak.active = false;
  }
  holdShed(cycle, 'peak-watch');
  if (state.peak.active) supportFromBattery(cycle);
  else keepChargingBelow(cycle);
  for (const load of cycle.loads) guard(cycle, load);
}

function relieve(cycle: Cycle, demandMeanW: number, windowOver: boolean): void {
  const { state, settings, nowMs } = cycle;
  const allowanceW = windowOver ? windowAllowanceW(cycle) : Number.POSITIVE_INFINITY;
  const limitW = Math.min(settings.peak.thresholdW, allowanceW);
  // A silent meter cannot show what the last shed load relieved: nothing more goes for it.
  const presentW = Math.min(demandMeanW, Math.max(0, cycle.gridNowW ?? 0));
  let needW = presentW - limitW - pendingReliefW(cycle, 0);
  if (nowMs - state.peak.sinceMs < settings.peak.batteryFirstMs) needW -= cycle.batteryHeadroomW;
  if (needW <= 0) return;
  const early = demandMeanW <= settings.peak.thresholdW;
  const measured = early ? predictedWindowW(cycle, demandMeanW) : demandMeanW;
  const limit = early ? (settings.peak.contractW ?? limitW) : settings.peak.thresholdW;
  const params = { measured, limit };
  needW = lowerCurrents(cycle, needW, 0, { rule: 'peak-watch', code: 'peak-reduce', params });
  if (needW <= 0) return;
  const code = early ? 'peak-window-shed' : 'peak-shed';
  const scope = { phase: 0, programsToo: false, essentialToo: false } as const;
  shedLoads(cycle, { rule: 'peak-watch', code, needW, measured, limit, ...scope });
}

/** The predicted window mean has been above the contract level for long enough to act. */
function windowIsOver(cycle: Cycle): boolean {
  const { windowOverSinceMs } = cycle.state.peak;
  if (windowOverSinceMs === 0) return false;
  return cycle.nowMs - windowOverSinceMs >= cycle.settings.peak.windowPersistMs;
}

/** Below it loads return and Peak Mode ends, watts. */
export function exitW(cycle: Cycle): number {
  const { thresholdW, contractW, exitFactor } = cycle.settings.peak;
  return exitFactor * Math.min(thresholdW, contractW ?? Number.POSITIVE_INFINITY);
}

const BACK: Return = {
  rule: 'peak-watch',
  fitMs: (cycle) => cycle.settings.returns.fitMs,
  fits: (cycle, load) => fitsBelow(cycle, load, exitW(cycle)),
};

function fitsBelow(cycle: Cycle, load: ManagedLoad, limitW: number): boolean {
  if (cycle.demandMeanW === null) return false;
  const startingW = pendingStartW(cycle, 0, cycle.settings.peak.meanMs);
  return (
    cycle.demandMeanW + startingW + cycle.settings.returns.nominalFactor * load.settings.nominalPowerW <=
    limitW
  );
}

function supportFromBattery(cycle: Cycle): void {
  const params = { measured: cycle.demandMeanW, limit: cycle.settings.peak.thresholdW };
  const reason: Reason = { rule: 'peak-watch', code: 'peak-support', params };
  capGridChargeTotal(cycle, 0, reason);
  for (const battery of cycle.batteries) chooseSelfConsume(cycle, battery, reason);
}

const PEAK_CHARGE: Reason = { rule: 'peak-watch', code: 'peak-charge', params: {} };

/** Charging from the grid never makes a peak. */
function keepChargingBelow(cycle: Cycle): void {
  const { thresholdW, contractW, chargeFactor } = cycle.settings.peak;
  const limitW = chargeFactor * Math.min(thresholdW, contractW ?? Number.POSITIVE_INFINITY);
  const { demandMeanW, gridNowW } = cycle;
  const roomW = demandMeanW === null || gridNowW === null ? 0 : limitW - Math.max(demandMeanW, gridNowW);
  capGridChargeTotal(cycle, chargingW(cycle) + roomW, PEAK_CHARGE);
}

/** Nothing that is not essential is switched on when it would make a peak, or while a more important one waits. */
function guard(cycle: Cycle, load: ManagedLoad): void {
  const { settings, state } = cycle;
  if (load.was || load.settings.essential) return;
  const limitW = state.peak.active ? exitW(cycle) : settings.peak.thresholdW + cycle.batteryHeadroomW;
  if (fitsBelow(cycle, load, limitW) && waitingBefore(cycle, 'peak-watch', load) === null) return;
  const params = { measured: cycle.demandMeanW, limit: settings.peak.thresholdW };
  forbidOn(cycle, load, { rule: 'peak-watch', code: 'peak-hold', params }, 'loose');
}
