import { describe, expect, test } from '@jest/globals';
import { stepEv } from '../../src/physics/ev.ts';
import type { LoadMoment } from '../../src/physics/load.ts';
import { programS, stepProgram } from '../../src/physics/program.ts';
import { stepWaterHeater } from '../../src/physics/water-heater.ts';

const moment = (change: Partial<LoadMoment> = {}): LoadMoment => ({
  nowMs: 0,
  dtS: 1,
  minuteOfDay: 180,
  dayNumber: 20_000,
  weekday: 1,
  outdoorC: 10,
  energised: true,
  seed: 5,
  ...change,
});

describe('a water heater', () => {
  const heater = {
    powerW: 2000,
    volumeL: 200,
    setpointC: 60,
    hysteresisC: 5,
    lossWPerK: 1.5,
    drawLPerDay: 0,
    coldC: 12,
    roomC: 18,
  };

  test('warms its water by the energy it takes', () => {
    let state = { temperatureC: 40, heating: false };
    for (let i = 0; i < 3600; i += 1) state = stepWaterHeater(heater, state, moment()).state;
    const gainedC = (2000 * 3600 - 1.5 * 23 * 3600) / (200 * 4186);
    expect(state.temperatureC).toBeCloseTo(40 + gainedC, 1);
  });

  test('stops at its set-point and starts again below the hysteresis', () => {
    expect(stepWaterHeater(heater, { temperatureC: 60, heating: true }, moment()).drawnJ).toBe(0);
    expect(stepWaterHeater(heater, { temperatureC: 57, heating: false }, moment()).drawnJ).toBe(0);
    expect(stepWaterHeater(heater, { temperatureC: 57, heating: true }, moment()).drawnJ).toBe(2000);
    expect(stepWaterHeater(heater, { temperatureC: 55, heating: false }, moment()).drawnJ).toBe(2000);
  });

  test('is drained by people by about what they use in a day', () => {
    let state = { temperatureC: 50, heating: false };
    let usedJ = 0;
    for (let minute = 0; minute < 1440; minute += 1) {
      const step = stepWaterHeater(
        { ...heater, drawLPerDay: 130 },
        { ...state, temperatureC: 50 },
        moment({ nowMs: minute * 60_000, minuteOfDay: minute, dtS: 60 }),
      );
      state = step.state;
      usedJ += step.usedJ;
    }
    const litres = usedJ / (4186 * 38);
    expect(litres).toBeGreaterThan(60);
    expect(litres).toBeLessThan(220);
  });
});

describe('a washing machine', () => {
  const machine = {
    phases: [
      { minutes: 10, powerW: 2000 },
      { minutes: 20, powerW: 200 },
    ],
    standbyW: 1,
    loadsPerDay: 0,
    loadedFromMinute: 480,
    loadedToMinute: 600,
  };
  const rest = { loaded: true, doneS: 0, lastLoadedDay: -1, runs: 0 };

  test('runs its program when it gets voltage, and only once', () => {
    let state = rest;
    let drawnJ = 0;
    for (let i = 0; i < programS(machine) + 600; i += 1) {
      const step = stepProgram(machine, state, moment());
      state = step.state;
      drawnJ += step.drawnJ;
    }
    expect(state.runs).toBe(1);
    expect(drawnJ).toBeCloseTo(2000 * 600 + 200 * 1200 + 600, 0);
  });

  test('stands still without voltage and goes on where it was', () => {
    let state = { ...rest, doneS: 300 };
    state = stepProgram(machine, state, moment({ energised: false, dtS: 900 })).state;
    expect(state.doneS).toBe(300);
    expect(stepProgram(machine, state, moment()).drawnJ).toBe(2000);
  });

  test('is loaded once on a day that has laundry, at an hour people are up', () => {
    const busy = { ...machine, loadsPerDay: 1 };
    let state = { ...rest, loaded: false };
    let loadedAt = -1;
    for (let minute = 0; minute < 1440; minute += 1) {
      const before = state.loaded;
      state = stepProgram(busy, state, moment({ minuteOfDay: minute, dtS: 60, energised: false })).state;
      if (!before && state.loaded) loadedAt = minute;
    }
    expect(loadedAt).toBeGreaterThanOrEqual(480);
    expect(loadedAt).toBeLessThanOrEqual(600);
  });
});

describe('an electric car', () => {
  const ev = {
    chargeW: 3700,
    standbyW: 0,
    batteryWh: 50_000,
    efficiencyPct: 90,
    arrivalMinute: 1020,
    departureMinute: 480,
    needWhPerDay: 8000,
    drivingDays: [1, 2, 3, 4, 5],
  };
  const half = { storedJ: 25_000 * 3600, plugged: true };

  test('charges at night and not while it is away', () => {
    expect(stepEv(ev, half, moment({ minuteOfDay: 100 })).drawnJ).toBe(3700);
    expect(stepEv(ev, half, moment({ minuteOfDay: 700 })).drawnJ).toBe(0);
    expect(stepEv(ev, half, moment({ minuteOfDay: 700, weekday: 0 })).drawnJ).toBe(3700);
  });

  test('comes home with the day’s drive missing', () => {
    const back = stepEv(ev, { ...half, plugged: false }, moment({ minuteOfDay: 1020, energised: false }));
    expect(back.usedJ).toBe(8000 * 3600);
    expect(back.state.storedJ).toBe(17_000 * 3600);
  });

  test('stops when it is full', () => {
    const full = { storedJ: 50_000 * 3600, plugged: true };
    expect(stepEv(ev, full, moment()).drawnJ).toBe(0);
  });
});
