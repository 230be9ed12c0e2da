/**
 * The generated household as a load on a grid, and the household that is most like a measured one: its base and night
 * give standby and refrigerator, its 99th percentile how often strong things run, its mean the light and screens.
 */
import { localDay, type SiteTime } from '@wattward/edge/core/site-time';
import { siteTimeAt } from '@wattward/edge/core/zone';
import { type Household, householdPowerW } from '../physics/household.ts';
import { type GridLoad, type LoadStatistics, loadStatistics } from './load-statistics.ts';

const MINUTE_MS = 60_000;
const DAY_MIN = 1440;

export interface Span {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
  readonly zone: string;
}

export function generatedLoad(household: Household, seed: number, span: Span): GridLoad {
  const loadW = new Float64Array(span.steps);
  const dtS = span.stepMs / 1000;
  let time: SiteTime | null = null;
  for (let i = 0; i < span.steps; i += 1) {
    const nowMs = span.startMs + i * span.stepMs;
    time = siteTimeAt(span.zone, nowMs, true, time);
    const dayNumber = localDay(time);
    const minuteOfDay = (nowMs + time.offsetMs) / MINUTE_MS - dayNumber * DAY_MIN;
    loadW[i] = householdPowerW(household, seed, { nowMs, dtS, minuteOfDay, dayNumber });
  }
  return { startMs: span.startMs, stepMs: span.stepMs, loadW };
}

/** Hours in which nobody is up. */
const NIGHT_HOURS = [1, 2, 3, 4];
const MOST_STARTS = 40;
const ROUNDS = 9;
const FIT_DAYS = 56;

/** What `weekdayW`, `baseW`, `meanW` and `p99W` of `target` ask of a household in steps of `span`. */
export function fittedHousehold(target: LoadStatistics, seed: number, span: Span): Household {
  const days = { ...span, steps: Math.min(span.steps, Math.ceil((FIT_DAYS * 86_400_000) / span.stepMs)) };
  const generated = (household: Household) => loadStatistics(generatedLoad(household, seed, days), span.zone);
  const empty: Household = { standbyW: 0, fridgeW: 0, eveningW: 0, startsPerDay: 0 };
  const perFridgeW = generated({ ...empty, fridgeW: 1000 }).meanW / 1000;
  const perEveningW = generated({ ...empty, eveningW: 1000 }).meanW / 1000;
  const nightW =
    NIGHT_HOURS.reduce((sum, hour) => sum + (target.weekdayW[hour] ?? 0), 0) / NIGHT_HOURS.length;
  const standbyW = Math.min(target.baseW, nightW);
  const quiet = { ...empty, standbyW, fridgeW: (nightW - standbyW) / perFridgeW };
  let [few, many] = [0, MOST_STARTS];
  let fitted: Household = quiet;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startsPerDay = (few + many) / 2;
    const withoutLight = generated({ ...quiet, startsPerDay }).meanW;
    fitted = { ...quiet, startsPerDay, eveningW: Math.max(0, target.meanW - withoutLight) / perEveningW };
    const tooMuch = withoutLight > target.meanW || generated(fitted).p99W > target.p99W;
    if (tooMuch) many = startsPerDay;
    else few = startsPerDay;
  }
  return fitted;
}
