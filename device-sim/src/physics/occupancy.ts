/**
 * Who is at home and awake. Each person of a household has habits (by the seed) and days (by seed and date): gets up,
 * goes out or not, comes back, goes to bed, later at weekends; now and then the whole household is away for days.
 *
 * A day is a hash of seed, person and local day, to the minute: nothing is remembered.
 */
import { chance } from './chance.ts';

/** Local: minutes since midnight, and a number that changes at midnight; day 0 was a Thursday. */
export interface LocalMinute {
  readonly minuteOfDay: number;
  readonly dayNumber: number;
}

interface Habit {
  /** How often this person is out on a working day, and on a day of a weekend. */
  readonly workdayOut: number;
  readonly weekendOut: number;
  /** Minutes after the household's usual time of getting up. */
  readonly laterMin: number;
  /** Minutes since midnight of coming back on a working day. */
  readonly backMin: number;
}

const PEOPLE: readonly Habit[] = [
  { workdayOut: 0.85, weekendOut: 0.45, laterMin: 0, backMin: 1050 },
  { workdayOut: 0.55, weekendOut: 0.45, laterMin: 20, backMin: 940 },
  { workdayOut: 0.4, weekendOut: 0.4, laterMin: 40, backMin: 960 },
];
const DAY_MIN = 1440;
const UP_MIN = 375;
const BED_MIN = 1365;
const WEEKEND_LATER_MIN = 65;
/** One stretch of this many days out of so many is spent elsewhere. */
const STRETCH_DAYS = 4;
const AWAY_SHARE = 0.04;
/** After this minute nobody is up from the day before. */
const LATEST_MIN = 180;

/** Share of the household that is at home and awake, 0..1. */
export function awakeShare(seed: number, { minuteOfDay, dayNumber }: LocalMinute): number {
  if (isAway(seed, dayNumber)) return 0;
  let awake = 0;
  for (let person = 0; person < PEOPLE.length; person += 1) {
    const today = isAwakeAt(seed, person, dayNumber, minuteOfDay);
    const late = minuteOfDay < LATEST_MIN && isAwakeAt(seed, person, dayNumber - 1, minuteOfDay + DAY_MIN);
    if (today || late) awake += 1;
  }
  return awake / PEOPLE.length;
}

function isAway(seed: number, dayNumber: number): boolean {
  return chance(seed, Math.floor(dayNumber / STRETCH_DAYS), 40) < AWAY_SHARE;
}

function isAwakeAt(seed: number, person: number, dayNumber: number, minute: number): boolean {
  const habit = PEOPLE[person];
  if (!habit) return false;
  const roll = (n: number) => chance(seed, dayNumber, 100 * (person + 1) + n);
  const habitual = chance(seed, person, 41) - 0.5;
  const weekend = isWeekend(dayNumber);
  const up =
    UP_MIN + habit.laterMin + 60 * habitual + bell(roll(1), roll(2)) * 45 + (weekend ? WEEKEND_LATER_MIN : 0);
  if (minute < up) return false;
  const bed = BED_MIN + 60 * habitual + bell(roll(3), roll(4)) * 60;
  if (minute >= bed) return false;
  if (roll(5) >= (weekend ? habit.weekendOut : habit.workdayOut)) return true;
  const out = weekend ? 600 + 300 * roll(6) : up + 55 + 40 * roll(6);
  const back = weekend ? out + 60 + 240 * roll(7) : habit.backMin + bell(roll(7), roll(8)) * 90;
  return minute < out || minute >= back;
}

/** -1..1, around 0 mostly. */
function bell(a: number, b: number): number {
  return a + b - 1;
}

/** Day 0 was a Thursday. */
export function isWeekend(dayNumber: number): boolean {
  const weekday = (((dayNumber + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6;
}
