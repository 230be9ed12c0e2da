/**
 * The 15-minute demand window of the contract: quarters of an hour of the wall clock, mean of what is drawn.
 *
 * What was not measured (the box started in between) counts with the present mean, which also stands for the rest
 * of the window: the prediction is what the meter will show at its end if nothing changes.
 */
import type { Cycle } from './cycle.ts';

const HOUR_MS = 3_600_000;

/** Integrates the demand and notices when the prediction rises above the contract level. */
export function observeWindow(cycle: Cycle): void {
  const { state, settings, snapshot, dtMs } = cycle;
  const { peak } = state;
  const { windowMs, contractW } = settings.peak;
  const clockMs = snapshot.time.trusted ? snapshot.time.wallMs : cycle.nowMs;
  const startMs = Math.floor(clockMs / windowMs) * windowMs;
  if (startMs !== peak.windowStartMs) {
    peak.windowStartMs = startMs;
    peak.windowImportWh = 0;
    peak.windowCoveredMs = 0;
  }
  const elapsedMs = Math.min(dtMs, clockMs - startMs, windowMs - peak.windowCoveredMs);
  if (cycle.gridNowW !== null && elapsedMs > 0) {
    peak.windowImportWh += (Math.max(0, cycle.gridNowW) * elapsedMs) / HOUR_MS;
    peak.windowCoveredMs += elapsedMs;
  }
  const demandW = cycle.demandMeanW;
  const over = contractW !== null && demandW !== null && predictedWindowW(cycle, demandW) > contractW;
  if (!over) peak.windowOverSinceMs = 0;
  else if (peak.windowOverSinceMs === 0) peak.windowOverSinceMs = cycle.nowMs;
}

/** Mean of the window as it will be at its end if the present demand stays, watts. */
export function predictedWindowW(cycle: Cycle, demandW: number): number {
  const { windowImportWh, windowCoveredMs } = cycle.state.peak;
  const { windowMs } = cycle.settings.peak;
  const restWh = (demandW * (windowMs - windowCoveredMs)) / HOUR_MS;
  return ((windowImportWh + restWh) * HOUR_MS) / windowMs;
}

/** Demand that would just end the window at the contract level, watts; never negative. */
export function windowAllowanceW(cycle: Cycle): number {
  const { contractW, windowMs } = cycle.settings.peak;
  const { windowImportWh, windowCoveredMs } = cycle.state.peak;
  if (contractW === null) return Number.POSITIVE_INFINITY;
  const leftMs = Math.max(1000, windowMs - windowCoveredMs);
  const leftWh = (contractW * windowMs) / HOUR_MS - windowImportWh;
  return Math.max(0, (leftWh * HOUR_MS) / leftMs);
}
