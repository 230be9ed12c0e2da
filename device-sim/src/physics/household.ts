/**
 * Everything in a household that nobody controls: standby, refrigerator, light and screens of those who are awake,
 * and the short strong things (kettle, hob, vacuum cleaner) that they switch on.
 *
 * Power depends on nothing but seed and time, and what is told is the mean over the step, by integration: a home uses
 * the same energy in whatever steps it is run. Light and screens hold for a minute; a ten-minute slot may start one
 * appliance. Fitted to measured homes: the report of `npm run device-sim -- household-report`.
 */
import { chance, wander } from './chance.ts';
import { awakeShare } from './occupancy.ts';

export interface Household {
  /** Standby of everything, without the refrigerator. */
  readonly standbyW: number;
  readonly fridgeW: number;
  /** Light, screens, computers on a full evening. */
  readonly eveningW: number;
  /** Strong short appliances started on an average day. */
  readonly startsPerDay: number;
}

export interface HouseholdMoment {
  /** The step begins here and is so long. */
  readonly nowMs: number;
  readonly dtS: number;
  readonly minuteOfDay: number;
  readonly dayNumber: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const SLOT_MS = 10 * MINUTE_MS;
const DAY_MIN = 1440;
const SLOTS_PER_DAY = 144;
/** Mean of `eagerness` over days of many seeds: it makes `startsPerDay` come true. */
const MEAN_EAGERNESS = 0.395;

/** Mean power of the household over the step. */
export function householdPowerW(household: Household, seed: number, moment: HouseholdMoment): number {
  const { nowMs } = moment;
  const endMs = nowMs + moment.dtS * 1000;
  let meanW = fridgeW(household, seed, nowMs, endMs) + startedW(household, seed, moment, endMs);
  let fromMs = nowMs;
  while (fromMs < endMs) {
    const minute = Math.floor(fromMs / MINUTE_MS);
    const toMs = Math.min(endMs, (minute + 1) * MINUTE_MS);
    const steadyW =
      household.standbyW + livingW(household, seed, minute, localAt(moment, minute * MINUTE_MS));
    meanW += (steadyW * (toMs - fromMs + flickerMs(seed, minute, fromMs, toMs))) / (endMs - nowMs);
    fromMs = toMs;
  }
  return meanW;
}

/** Some days more is done than on others, around 1. */
function busyness(seed: number, dayNumber: number): number {
  return 0.6 + 0.8 * chance(seed + 7, dayNumber);
}

/** Light and screens of this minute. */
function livingW(household: Household, seed: number, minute: number, local: LocalTime): number {
  const awake = household.eveningW > 0 ? awakeShare(seed, local) : 0;
  if (awake === 0) return 0;
  const nowMs = minute * MINUTE_MS;
  const mood =
    1 + 0.35 * wander(seed + 1, nowMs, 2.5 * HOUR_MS) + 0.25 * wander(seed + 6, nowMs, 20 * MINUTE_MS);
  const busy = busyness(seed, local.dayNumber);
  // The second person shares the light of the first.
  return household.eveningW * Math.sqrt(awake) * hourly(LIVING, local.minuteOfDay) * mood * busy;
}

/**
 * Nothing draws quite steadily: each second is a little off, the next one as much to the other side. The integral, so
 * that no step length sees more of it: milliseconds by which the steady power counts longer.
 */
function flickerMs(seed: number, minute: number, fromMs: number, toMs: number): number {
  const area = (ms: number) => {
    const within = ms - minute * MINUTE_MS;
    const pair = Math.floor(within / 2000);
    const phaseMs = within - pair * 2000;
    if (phaseMs === 0) return 0;
    const swing = 0.12 * (chance(seed + 2, minute, pair) - 0.5);
    return swing * (phaseMs < 1000 ? phaseMs : 2000 - phaseMs);
  };
  return area(toMs) - area(fromMs);
}

/** Compressor cycles, each on for a share of its length, most power at its start. */
function fridgeW(household: Household, seed: number, nowMs: number, endMs: number): number {
  if (household.fridgeW <= 0) return 0;
  const cycleMs = (38 + 14 * chance(seed, 3)) * MINUTE_MS;
  const phase = chance(seed, 4);
  let sumWms = 0;
  const last = Math.ceil(endMs / cycleMs + phase);
  for (let cycle = Math.floor(nowMs / cycleMs + phase); cycle < last; cycle += 1) {
    const startMs = (cycle - phase) * cycleMs;
    const onMs = cycleMs * (0.34 + 0.16 * (chance(seed + 5, cycle) - 0.5));
    const a = Math.max(nowMs, startMs) - startMs;
    const b = Math.min(endMs, startMs + onMs) - startMs;
    if (b > a) sumWms += household.fridgeW * (1.15 * (b - a) - (0.3 * (b * b - a * a)) / (2 * cycleMs));
  }
  return sumWms / (endMs - nowMs);
}

interface Appliance {
  readonly powerW: number;
  readonly minutes: number;
  /** Of all starts. */
  readonly share: number;
  /** Share of its time that a thermostat lets it draw. */
  readonly onShare: number;
}

/** Kettle, microwave, oven, what heats its water, a big meal, vacuum cleaner or iron, something that runs for an hour. */
const APPLIANCES: readonly [Appliance, ...Appliance[]] = [
  { powerW: 2700, minutes: 2.5, share: 0.4, onShare: 1 },
  { powerW: 1250, minutes: 3.5, share: 0.2, onShare: 1 },
  { powerW: 2200, minutes: 28, share: 0.11, onShare: 0.4 },
  { powerW: 2100, minutes: 15, share: 0.04, onShare: 1 },
  { powerW: 3600, minutes: 24, share: 0.02, onShare: 0.8 },
  { powerW: 1100, minutes: 8, share: 0.12, onShare: 1 },
  { powerW: 350, minutes: 60, share: 0.11, onShare: 1 },
];
const THERMOSTAT_MS = 2.5 * MINUTE_MS;
const LONGEST_MS = 60 * 1.4 * MINUTE_MS;

function startedW(household: Household, seed: number, moment: HouseholdMoment, endMs: number): number {
  const perSlot = household.startsPerDay / SLOTS_PER_DAY / MEAN_EAGERNESS;
  let sumWms = 0;
  const first = Math.floor((moment.nowMs - LONGEST_MS) / SLOT_MS);
  for (let slot = first; slot * SLOT_MS < endMs; slot += 1) {
    const roll = chance(seed + 21, slot);
    // Most slots start nothing however eager anybody was: nobody needs to be asked.
    if (roll >= perSlot * MOST_EAGER) continue;
    const startMs = (slot + chance(seed + 23, slot)) * SLOT_MS;
    const appliance = pick(chance(seed + 22, slot));
    const stopMs = startMs + appliance.minutes * (0.6 + 0.8 * chance(seed + 24, slot)) * MINUTE_MS;
    const [a, b] = [Math.max(moment.nowMs, startMs) - startMs, Math.min(endMs, stopMs) - startMs];
    if (b <= a || roll >= perSlot * eagerness(seed, localAt(moment, slot * SLOT_MS))) continue;
    const onMs = heatingMs(b, appliance.onShare) - heatingMs(a, appliance.onShare);
    sumWms += appliance.powerW * (0.8 + 0.4 * chance(seed + 25, slot)) * onMs;
  }
  return sumWms / (endMs - moment.nowMs);
}

/** How long of its first `ranMs` a thermostat has let it draw. */
function heatingMs(ranMs: number, onShare: number): number {
  const full = Math.floor(ranMs / THERMOSTAT_MS);
  return onShare * THERMOSTAT_MS * full + Math.min(ranMs - full * THERMOSTAT_MS, onShare * THERMOSTAT_MS);
}

function eagerness(seed: number, local: LocalTime): number {
  return awakeShare(seed, local) * hourly(EAGER, local.minuteOfDay) * busyness(seed, local.dayNumber);
}

/** What those who are awake do, by local hour: light and screens, and strong things. */
const LIVING = [
  0.7, 0.6, 0.5, 0.5, 0.5, 0.6, 0.7, 0.7, 0.6, 0.55, 0.55, 0.55, 0.6, 0.6, 0.6, 0.65, 0.8, 0.95, 1, 1, 1, 1,
  0.9, 0.8,
];
const EAGER = [
  0.3, 0.2, 0.2, 0.2, 0.3, 0.6, 0.9, 1, 0.9, 0.8, 0.7, 0.75, 0.9, 0.7, 0.6, 0.7, 0.95, 1.2, 1.2, 0.9, 0.7,
  0.6, 0.5, 0.4,
];
const MOST_EAGER = 1.2 * 1.4;

interface LocalTime {
  readonly minuteOfDay: number;
  readonly dayNumber: number;
}

/** Local time of another instant close by. */
function localAt(moment: HouseholdMoment, atMs: number): LocalTime {
  const minute = moment.minuteOfDay + (atMs - moment.nowMs) / MINUTE_MS;
  const day = Math.floor(minute / DAY_MIN);
  return { minuteOfDay: minute - day * DAY_MIN, dayNumber: moment.dayNumber + day };
}

function hourly(table: readonly number[], minuteOfDay: number): number {
  const hour = Math.floor(minuteOfDay / 60);
  const share = minuteOfDay / 60 - hour;
  return (table[hour % 24] ?? 0) * (1 - share) + (table[(hour + 1) % 24] ?? 0) * share;
}

function pick(roll: number): Appliance {
  let sum = 0;
  for (const appliance of APPLIANCES) {
    sum += appliance.share;
    if (roll < sum) return appliance;
  }
  return APPLIANCES[0];
}
