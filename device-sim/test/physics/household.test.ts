import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seedOf } from '../../src/physics/chance.ts';
import { householdPowerW } from '../../src/physics/household.ts';
import { awakeShare, isWeekend } from '../../src/physics/occupancy.ts';

const HOUSEHOLD = { standbyW: 110, fridgeW: 200, eveningW: 300, startsPerDay: 12 };
/** Monday 2025-01-13, UTC. */
const MONDAY = 20_101;
const DAY_MS = 86_400_000;

function powerW(nowMs: number, dtS: number, seed = 7, household = HOUSEHOLD): number {
  const dayNumber = Math.floor(nowMs / DAY_MS);
  const minuteOfDay = (nowMs - dayNumber * DAY_MS) / 60_000;
  return householdPowerW(household, seed, { nowMs, dtS, minuteOfDay, dayNumber });
}

function energyJ(fromMs: number, toMs: number, stepMs: number, seed: number): number {
  let sumJ = 0;
  for (let nowMs = fromMs; nowMs < toMs; nowMs += stepMs) {
    const dtS = Math.min(stepMs, toMs - nowMs) / 1000;
    sumJ += powerW(nowMs, dtS, seed) * dtS;
  }
  return sumJ;
}

describe('a household', () => {
  test('is the same for the same seed and moment, in whatever order it is asked', () => {
    const moments = [1, 500, 1200].map((minute) => MONDAY * DAY_MS + minute * 60_000);
    const forward = moments.map((ms) => powerW(ms, 1));
    const backward = moments.toReversed().map((ms) => powerW(ms, 1));
    expect(backward.toReversed()).toEqual(forward);
    expect(moments.map((ms) => powerW(ms, 1, 8))).not.toEqual(forward);
  });

  test('uses the same energy in whatever steps it is run', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000_000),
        fc.nat(1000),
        fc.constantFrom(100, 700, 1000, 7000, 60_000, 77_777, 1_800_000),
        (fromS, seed, stepMs) => {
          const fromMs = MONDAY * DAY_MS + fromS * 1000;
          const toMs = fromMs + 300_000;
          const whole = powerW(fromMs, 300, seed) * 300;
          expect(energyJ(fromMs, toMs, stepMs, seed)).toBeCloseTo(whole, 3);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('never stands still from one second to the next, and flickers by little', () => {
    const fromMs = MONDAY * DAY_MS + 3 * 3_600_000;
    const seconds = Array.from({ length: 60 }, (_, s) =>
      powerW(fromMs + s * 1000, 1, 7, { ...HOUSEHOLD, fridgeW: 0, startsPerDay: 0 }),
    );
    expect(new Set(seconds).size).toBeGreaterThan(50);
    expect(Math.max(...seconds)).toBeLessThan(110 * 1.07);
    expect(Math.min(...seconds)).toBeGreaterThan(110 * 0.93);
  });

  test('starts strong things about as often as it says, of every seed', () => {
    const only = { standbyW: 0, fridgeW: 0, eveningW: 0, startsPerDay: 10 };
    const days = 120;
    let kWh = 0;
    const seeds = 6;
    for (let seed = 1; seed <= seeds; seed += 1) {
      for (let hour = 0; hour < days * 24; hour += 1) {
        kWh += powerW(MONDAY * DAY_MS + hour * 3_600_000, 3600, seedOf(seed, 'household'), only) / 1000;
      }
    }
    // The mean start takes 210 Wh: the appliances of the table by their shares.
    expect(kWh / days / seeds).toBeGreaterThan(10 * 0.21 * 0.85);
    expect(kWh / days / seeds).toBeLessThan(10 * 0.21 * 1.15);
  });

  test('draws its standby and its refrigerator when nobody is up', () => {
    const dead = { ...HOUSEHOLD, fridgeW: 0 };
    expect(powerW(MONDAY * DAY_MS + 4 * 3_600_000, 3600, 7, dead)).toBeCloseTo(110, 6);
    expect(
      powerW(MONDAY * DAY_MS, 7 * 86_400, 7, { standbyW: 0, fridgeW: 100, eveningW: 0, startsPerDay: 0 }),
    ).toBeCloseTo(37.4, 0);
  });
});

describe('people', () => {
  const shareAt = (hour: number, weekend: boolean) => {
    let sum = 0;
    let count = 0;
    for (let seed = 1; seed <= 30; seed += 1) {
      for (let day = 0; day < 28; day += 1) {
        if (isWeekend(MONDAY + day) !== weekend) continue;
        sum += awakeShare(seedOf(seed, 'people'), { minuteOfDay: hour * 60 + 30, dayNumber: MONDAY + day });
        count += 1;
      }
    }
    return sum / count;
  };

  test('sleep at night, are out by day, and at home in the evening', () => {
    expect(shareAt(3, false)).toBeLessThan(0.01);
    expect(shareAt(7, false)).toBeGreaterThan(0.6);
    expect(shareAt(12, false)).toBeLessThan(0.55);
    expect(shareAt(20, false)).toBeGreaterThan(0.9);
  });

  test('get up later at weekends and are more at home', () => {
    expect(shareAt(7, true)).toBeLessThan(shareAt(7, false));
    expect(shareAt(14, true)).toBeGreaterThan(shareAt(14, false));
  });

  test('are away together for some days of a year', () => {
    let empty = 0;
    const years = 30;
    for (let seed = 1; seed <= years; seed += 1) {
      for (let day = 0; day < 364; day += 1) {
        const atAnyTime = [7, 12, 18, 20, 21].some(
          (hour) =>
            awakeShare(seedOf(seed, 'people'), { minuteOfDay: hour * 60, dayNumber: MONDAY + day }) > 0,
        );
        if (!atAnyTime) empty += 1;
      }
    }
    expect(empty / years / 364).toBeGreaterThan(0.02);
    expect(empty / years / 364).toBeLessThan(0.06);
  });

  test('know the weekend by the number of the day', () => {
    expect([0, 1, 2, 3, 4].map(isWeekend)).toEqual([false, false, true, true, false]);
    expect(isWeekend(-4)).toBe(true);
  });
});
