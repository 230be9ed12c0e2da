import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Battery,
  batteryLimits,
  capacityJ,
  newBattery,
  socPct,
  stepBattery,
} from '../../src/physics/battery.ts';
import {
  acFromDcW,
  dcFromAcW,
  type Inverter,
  type InverterInput,
  OWN_WINDOW,
  settleInverter,
} from '../../src/physics/inverter.ts';

const BATTERY: Battery = {
  capacityWh: 10_000,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  minSocPct: 5,
  maxSocPct: 100,
  chargeEfficiencyPct: 97,
  dischargeEfficiencyPct: 97,
  taperAbovePct: 92,
  selfDischargePctPerMonth: 2,
  cycleLife: 6000,
};
const INVERTER: Inverter = {
  ratedW: 8000,
  efficiencyPct: 96,
  standbyW: 12,
  backup: true,
  coupling: 'hybrid',
};

describe('an inverter with the curve of its data sheet', () => {
  const efficiencyCurve = [
    { loadPct: 5, efficiencyPct: 88 },
    { loadPct: 20, efficiencyPct: 95 },
    { loadPct: 50, efficiencyPct: 97.2 },
    { loadPct: 100, efficiencyPct: 96.5 },
  ];
  const curved: Inverter = { ...INVERTER, efficiencyCurve };

  test.each(efficiencyCurve)('has $efficiencyPct % at $loadPct %', ({ loadPct, efficiencyPct }) => {
    const acW = (curved.ratedW * loadPct) / 100;
    expect((100 * acW) / dcFromAcW(curved, acW)).toBeCloseTo(efficiencyPct, 9);
  });

  test('converts there and back without a gap, and never makes power', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 12_000, noNaN: true }), (dcW) => {
        const acW = acFromDcW(curved, dcW);
        expect(acW).toBeLessThanOrEqual(dcW);
        expect(Math.abs(dcFromAcW(curved, acW) - dcW)).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('a battery', () => {
  test('gives back what went in, less the losses of both ways', () => {
    let state = newBattery(BATTERY, 50);
    state = stepBattery(BATTERY, state, -2000, 3600).state;
    const gainedJ = state.storedJ - newBattery(BATTERY, 50).storedJ;
    expect(gainedJ / 3.6e6).toBeCloseTo(1.94, 2);
    const out = stepBattery(BATTERY, state, 1940 * 0.97, 3600);
    expect(socPct(BATTERY, out.state)).toBeCloseTo(50, 1);
  });

  test('stays inside its window however hard it is driven', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 5, max: 100, noNaN: true }),
        fc.array(fc.boolean(), { maxLength: 200 }),
        (soc, ways) => {
          let state = newBattery(BATTERY, soc);
          for (const charge of ways) {
            const limits = batteryLimits(BATTERY, state, 60);
            state = stepBattery(BATTERY, state, charge ? -limits.maxChargeW : limits.maxDischargeW, 60).state;
            expect(socPct(BATTERY, state)).toBeGreaterThan(4.98);
            expect(socPct(BATTERY, state)).toBeLessThan(100.001);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('tapers near full and near empty', () => {
    expect(batteryLimits(BATTERY, newBattery(BATTERY, 80), 1).maxChargeW).toBe(5000);
    expect(batteryLimits(BATTERY, newBattery(BATTERY, 98), 1).maxChargeW).toBeLessThan(2000);
    expect(batteryLimits(BATTERY, newBattery(BATTERY, 6), 1).maxDischargeW).toBeLessThan(2000);
  });

  test('ages with what it delivers: a fifth of its capacity over its cycles', () => {
    const used = { storedJ: 0, throughputJ: 10_000 * 3600 * 6000 };
    expect(capacityJ(BATTERY, used) / capacityJ(BATTERY, newBattery(BATTERY, 0))).toBeCloseTo(0.8, 6);
  });
});

describe('an inverter', () => {
  const input: InverterInput = {
    pvAvailableW: 0,
    houseLoadW: 1000,
    seenLoadW: 1000,
    maxChargeW: 5000,
    maxDischargeW: 5000,
    window: OWN_WINDOW,
    gridPresent: true,
    exportLimitW: Number.POSITIVE_INFINITY,
  };
  const settle = (change: Partial<InverterInput>) => settleInverter(INVERTER, { ...input, ...change });

  test('converts as PVWatts does', () => {
    const small: Inverter = { ...INVERTER, ratedW: 95, efficiencyPct: 95 };
    expect(acFromDcW(small, 90)).toBeCloseTo(85.58556604752516, 6);
    expect(acFromDcW(small, 50)).toBeCloseTo(47.60843624, 6);
  });

  test('knows the way back', () => {
    for (const acW of [0, 50, 700, 4000, 8000]) {
      expect(acFromDcW(INVERTER, dcFromAcW(INVERTER, acW))).toBeCloseTo(acW, 6);
    }
  });

  test('serves the house from the battery when there is no sun', () => {
    const flow = settle({});
    expect(flow.acPowerW).toBeCloseTo(1000, 6);
    expect(flow.batteryDcPowerW).toBeGreaterThan(1000);
  });

  test('charges with what the house leaves, then feeds in', () => {
    expect(settle({ pvAvailableW: 4000 }).batteryDcPowerW).toBeLessThan(-2800);
    const full = settle({ pvAvailableW: 4000, maxChargeW: 0 });
    expect(full.batteryDcPowerW).toBeCloseTo(0, 9);
    expect(full.acPowerW).toBeGreaterThan(3700);
  });

  test('clips at its rating and at zero export', () => {
    expect(settle({ pvAvailableW: 12_000, maxChargeW: 0 }).acPowerW).toBeCloseTo(8000, 6);
    const zero = settle({ pvAvailableW: 6000, maxChargeW: 0, exportLimitW: 0 });
    expect(zero.acPowerW).toBeCloseTo(1000, 6);
    expect(zero.state).toBe('throttled');
  });

  test('neither charges nor discharges when told to idle', () => {
    const idle = { minPowerW: 0, maxPowerW: 0, gridCharge: false };
    expect(settle({ window: idle, pvAvailableW: 4000 }).batteryDcPowerW).toBeCloseTo(0, 9);
    expect(settle({ window: idle }).batteryDcPowerW).toBe(0);
  });

  test('charges from the grid only when allowed', () => {
    const demand = { minPowerW: -2000, maxPowerW: -2000, gridCharge: true };
    expect(settle({ window: demand }).batteryDcPowerW).toBe(-2000);
    expect(settle({ window: demand }).acPowerW).toBeLessThan(-2000);
    expect(settle({ window: { ...demand, gridCharge: false }, pvAvailableW: 700 }).batteryDcPowerW).toBe(
      -700,
    );
  });

  test('discharges into the grid when it must, but not beyond its rating', () => {
    const demand = { minPowerW: 3000, maxPowerW: 3000, gridCharge: false };
    expect(settle({ window: demand, houseLoadW: 200, seenLoadW: 200 }).batteryDcPowerW).toBeCloseTo(3000, 6);
    const sunny = settle({ window: demand, pvAvailableW: 7000 });
    expect(sunny.acPowerW).toBeLessThanOrEqual(8000 + 1e-6);
  });

  test('never loses a joule, whatever it is asked', () => {
    const power = fc.double({ min: 0, max: 15_000, noNaN: true });
    fc.assert(
      fc.property(
        power,
        power,
        power,
        fc.integer({ min: -8000, max: 8000 }),
        fc.boolean(),
        (pv, load, limit, bound, grid) => {
          const window = { minPowerW: Math.min(bound, 0), maxPowerW: Math.max(bound, 0), gridCharge: grid };
          const flow = settle({
            pvAvailableW: pv,
            houseLoadW: load,
            seenLoadW: load,
            maxChargeW: limit,
            window,
          });
          const left = flow.pvDcPowerW + flow.batteryDcPowerW - flow.acPowerW - flow.lossW;
          expect(Math.abs(left)).toBeLessThan(1e-6);
          expect(flow.lossW).toBeGreaterThanOrEqual(-1e-9);
          expect(flow.pvDcPowerW).toBeLessThanOrEqual(pv);
          expect(-flow.batteryDcPowerW).toBeLessThanOrEqual(limit + 1e-9);
        },
      ),
      { numRuns: 300 },
    );
  });
});
