import { describe, expect, test } from '@jest/globals';
import { stepFridge } from '../../src/physics/fridge.ts';
import { copAt, HOUSE_ZERO_C, stepHeatPump } from '../../src/physics/heat-pump.ts';
import type { LoadMoment } from '../../src/physics/load.ts';
import { programS } from '../../src/physics/program.ts';
import { PROGRAM_PRESETS } from '../../src/physics/program-presets.ts';

const moment = (change: Partial<LoadMoment> = {}): LoadMoment => ({
  nowMs: 0,
  dtS: 1,
  minuteOfDay: 180,
  dayNumber: 20_000,
  weekday: 1,
  outdoorC: 0,
  energised: true,
  seed: 5,
  ...change,
});

const FRIDGE = {
  powerW: 90,
  cop: 2,
  setpointC: 4,
  hysteresisC: 2,
  roomC: 20,
  lossWPerK: 1.6,
  capacityWhPerK: 14,
  openingsPerDay: 24,
};

describe('a refrigerator', () => {
  /** A day of it, minute by minute. */
  function day(change: Partial<typeof FRIDGE> = {}, energised = true) {
    const fridge = { ...FRIDGE, ...change };
    let state = { temperatureC: 5, heating: false };
    let [drawnJ, starts, warmestC] = [0, 0, -99];
    for (let minute = 0; minute < 1440; minute++) {
      const before = state.heating;
      const step = stepFridge(
        fridge,
        state,
        moment({ dtS: 60, minuteOfDay: minute, nowMs: minute * 60_000, energised }),
      );
      expect(step.drawnJ).toBeCloseTo(step.storedJ + step.heatJ + step.usedJ, 6);
      state = step.state;
      drawnJ += step.drawnJ;
      if (state.heating && !before) starts++;
      warmestC = Math.max(warmestC, state.temperatureC);
    }
    return { kwh: drawnJ / 3.6e6, starts, warmestC, temperatureC: state.temperatureC };
  }

  test('cycles around its set-point and takes what it takes to pump the heat out', () => {
    const { kwh, starts, warmestC } = day();
    // 1.6 W/K over 15 K and 24 openings of 12 kJ, at a performance of 2.
    const expectedKwh = ((1.6 * 15 * 24) / 1000 + (24 * 12_000) / 3.6e6) / 2;
    expect(kwh).toBeGreaterThan(expectedKwh * 0.75);
    expect(kwh).toBeLessThan(expectedKwh * 1.25);
    expect(starts).toBeGreaterThan(8);
    expect(warmestC).toBeLessThan(7);
  });

  test('warms towards the room when it has no voltage', () => {
    const { kwh, temperatureC } = day({}, false);
    expect(kwh).toBe(0);
    expect(temperatureC).toBeGreaterThan(15);
    expect(temperatureC).toBeLessThan(20.5);
  });
});

const PUMP = {
  powerW: 2500,
  standbyW: 15,
  setpointC: 21,
  hysteresisC: 0.6,
  flowC: 35,
  qualityPct: 45,
  lossWPerK: 180,
  capacityKWhPerK: 9,
  gainsW: 350,
};

describe('a heat pump', () => {
  test('does better in mild air than in cold air, within what is possible', () => {
    expect(copAt(PUMP, 7)).toBeGreaterThan(3.5);
    expect(copAt(PUMP, 7)).toBeLessThan(5);
    expect(copAt(PUMP, -10)).toBeGreaterThan(2);
    expect(copAt(PUMP, -10)).toBeLessThan(copAt(PUMP, 7));
  });

  test('holds its house for a winter day with the energy that the losses ask for', () => {
    let state = { temperatureC: 21, heating: false };
    let drawnJ = 0;
    for (let minute = 0; minute < 1440; minute++) {
      const step = stepHeatPump(PUMP, state, moment({ dtS: 60, nowMs: minute * 60_000 }));
      expect(step.drawnJ).toBeCloseTo(step.storedJ + step.heatJ, 5);
      state = step.state;
      drawnJ += step.drawnJ;
      expect(Math.abs(state.temperatureC - 21)).toBeLessThan(0.6);
    }
    const heatKwh = ((180 * 21 - 350) * 24) / 1000;
    // What the house holds at the end may differ by the thermostat's swing.
    const swingKwh = (9 * 0.6) / copAt(PUMP, 0);
    const expectedKwh = heatKwh / copAt(PUMP, 0) + (15 * 24) / 1000;
    expect(Math.abs(drawnJ / 3.6e6 - expectedKwh)).toBeLessThan(swingKwh);
  });

  test('a house without it cools by what it loses', () => {
    const dark = moment({ energised: false, dtS: 3600 });
    const { state, drawnJ } = stepHeatPump(PUMP, { temperatureC: HOUSE_ZERO_C, heating: true }, dark);
    expect(drawnJ).toBe(0);
    expect(state.temperatureC).toBeCloseTo(HOUSE_ZERO_C - (180 * 20 - 350) / 9000, 3);
  });
});

test.each([
  ['washing-machine', 0.7, 1.2, 105],
  ['dishwasher', 0.7, 1.2, 151],
] as const)(
  'the %s of a home that writes none takes %f to %f kWh in %f minutes',
  (machine, least, most, minutes) => {
    const phases = PROGRAM_PRESETS[machine];
    const kwh = phases.reduce((sum, phase) => sum + (phase.minutes * phase.powerW) / 60_000, 0);
    expect(kwh).toBeGreaterThan(least);
    expect(kwh).toBeLessThan(most);
    const own = { phases, standbyW: 1, loadsPerDay: 1, loadedFromMinute: 0, loadedToMinute: 60 };
    expect(programS(own)).toBe(minutes * 60);
  },
);
