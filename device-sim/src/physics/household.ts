/**
 * Everything in a household that nobody controls: standby, refrigerator, light and screens in the evening, and the
 * short strong things (kettle, hob, vacuum cleaner) that people switch on when they are at home and awake.
 *
 * The power of a minute depends on nothing but seed and time. A ten-minute slot may start an appliance; the power of
 * a minute is the sum of what still runs.
 */
import { chance, wander } from './chance.ts';

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
  readonly nowMs: number;
  readonly minuteOfDay: number;
  readonly weekday: number;
}

const MINUTE_MS = 60_000;
const SLOT_MIN = 10;
const LONGEST_MIN = 60;

/** Appliances with their power, running time in minutes, and share of all starts. */
const APPLIANCES = [
  { powerW: 2100, minutes: 3, share: 0.3 },
  { powerW: 900, minutes: 4, share: 0.18 },
  { powerW: 1500, minutes: 22, share: 0.16 },
  { powerW: 1900, minutes: 40, share: 0.08 },
  { powerW: 1200, minutes: 12, share: 0.12 },
  { powerW: 400, minutes: 55, share: 0.16 },
] as const;

/** How likely people are at home and awake, by hour: working day, then weekend. */
const ACTIVITY = [
  [1, 0.5, 0.3, 0.2, 0.2, 1, 5, 8, 6, 4, 3, 4, 6, 5, 3, 3, 4, 7, 10, 10, 9, 8, 6, 3],
  [2, 1, 0.5, 0.3, 0.2, 0.5, 1, 3, 6, 8, 8, 8, 9, 8, 6, 5, 5, 7, 9, 10, 9, 8, 7, 4],
] as const;

export function householdPowerW(household: Household, seed: number, moment: HouseholdMoment): number {
  const active = activityAt(moment.minuteOfDay, moment.weekday);
  const evening =
    household.eveningW * (active / 10) * (0.8 + 0.35 * wander(seed + 1, moment.nowMs, 25 * MINUTE_MS));
  const flicker = 1 + 0.06 * wander(seed + 2, moment.nowMs, 7_000);
  return (
    (household.standbyW + evening) * flicker +
    fridgeW(household, seed, moment) +
    startedW(household, seed, moment)
  );
}

function fridgeW(household: Household, seed: number, { nowMs }: HouseholdMoment): number {
  const cycleMs = (38 + 14 * chance(seed, 3)) * MINUTE_MS;
  const position = (nowMs / cycleMs + chance(seed, 4)) % 1;
  const share = 0.34 + 0.08 * wander(seed + 5, nowMs, 6 * 60 * MINUTE_MS);
  return position < share ? household.fridgeW * (1.15 - 0.3 * position) : 0;
}

function startedW(household: Household, seed: number, moment: HouseholdMoment): number {
  if (household.startsPerDay <= 0) return 0;
  let sumW = 0;
  const slotNow = Math.floor(moment.nowMs / MINUTE_MS / SLOT_MIN);
  for (let back = 0; back <= LONGEST_MIN / SLOT_MIN; back += 1) {
    const slot = slotNow - back;
    const minuteThen = (moment.minuteOfDay - back * SLOT_MIN + 1440) % 1440;
    const likely = (household.startsPerDay / 144) * (activityAt(minuteThen, moment.weekday) / ACTIVITY_MEAN);
    if (chance(seed + 21, slot) >= likely) continue;
    const appliance = pick(chance(seed + 22, slot));
    const startMs = (slot + chance(seed + 23, slot)) * SLOT_MIN * MINUTE_MS;
    const ranMin = (moment.nowMs - startMs) / MINUTE_MS;
    const longMin = appliance.minutes * (0.6 + 0.8 * chance(seed + 24, slot));
    if (ranMin >= 0 && ranMin < longMin) sumW += appliance.powerW * (0.8 + 0.4 * chance(seed + 25, slot));
  }
  return sumW;
}

const ACTIVITY_MEAN = 4.4;

function activityAt(minuteOfDay: number, weekday: number): number {
  const day = ACTIVITY[weekday === 0 || weekday === 6 ? 1 : 0];
  const hour = Math.floor(minuteOfDay / 60) % 24;
  const next = day[(hour + 1) % 24] ?? 0;
  const share = (minuteOfDay / 60) % 1;
  return (day[hour] ?? 0) * (1 - share) + next * share;
}

function pick(roll: number): (typeof APPLIANCES)[number] {
  let sum = 0;
  for (const appliance of APPLIANCES) {
    sum += appliance.share;
    if (roll < sum) return appliance;
  }
  return APPLIANCES[0];
}
