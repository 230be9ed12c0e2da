import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hybridAcPower } from '../../src/catalogue/inverters/hybrid-power.ts';
import {
  SUNSPEC_TABLES,
  sunspecCommon,
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '../../src/catalogue/inverters/sunspec-models.ts';
import { storageRates, storageWindow } from '../../src/catalogue/inverters/sunspec-storage.ts';
import type { StorageOrder } from '../../src/catalogue/storage-order.ts';
import { decode } from '../../src/registers/codec.ts';
import { carryOut, type ModbusQuestion } from '../../src/registers/conversation.ts';
import { discoverModels, modelContents, sunspecImage } from '../../src/registers/sunspec-discovery.ts';
import { pointLength } from '../../src/registers/table.ts';

const contents = [
  modelContents(sunspecCommon, { manufacturerText: 'Wattward', modelText: 'Hybrid 8' }),
  modelContents(sunspecInverter, { acPowerW: -1500, acPowerSf: 0 }),
  modelContents(sunspecMppt, { pv1PowerW: 800, dcPowerSf: 0 }),
  modelContents(sunspecStorage, { socPct: 34.25, socSf: -2, chargeMaxW: 5000, chargeMaxSf: 0 }),
];

/** The models that a device finds to have which answers so. */
const modelsOf = (answer: (address: number, count: number) => readonly number[]) =>
  carryOut(discoverModels(), (question: ModbusQuestion) =>
    question.ask === 'read' ? answer(question.address, question.count) : [],
  );

function reader(image: ReadonlyMap<number, number>) {
  return (address: number, count: number) => {
    const words = Array.from({ length: count }, (_, i) => image.get(address + i));
    if (words.includes(undefined)) throw new Error('Modbus exception 2');
    return words.map(Number);
  };
}

describe('discovery', () => {
  test.each([40_000, 0, 50_000])(
    'finds all models from the base %d, in whatever order they stand',
    (base) => {
      const image = sunspecImage(base, contents);
      const models = modelsOf(reader(image));
      expect(models.map((model) => model.modelId)).toEqual([1, 103, 160, 124]);
      const storage = models[3];
      expect(decode(sunspecStorage, image, storage?.address).socPct).toBe(34.25);
    },
  );

  test('a device without the marker has no models', () => {
    expect(modelsOf((_, count) => Array(count).fill(7))).toEqual([]);
  });

  test('a device that answers nothing is an error, not an empty device', () => {
    expect(() => modelsOf(reader(new Map()))).toThrow('Modbus exception 2');
  });

  test('a walk over nonsense ends', () => {
    const walk = modelsOf((address) => (address === 40_000 ? [0x5375, 0x6e53] : [5, 0]));
    expect(walk.length).toBeLessThanOrEqual(100);
  });

  test.each(SUNSPEC_TABLES)('all points of $id lie inside its model', (table) => {
    const end = 2 + (table.sunspec?.lengthRegisters ?? 0);
    for (const point of Object.values(table.points)) {
      expect(point.address).toBeGreaterThanOrEqual(2);
      expect(point.address + pointLength(point)).toBeLessThanOrEqual(end);
    }
  });
});

describe('power of a hybrid inverter at the house bus', () => {
  const dc = (acPowerW: number, pvDcPowerW: number, chargeDcPowerW = 0, dischargeDcPowerW = 0) =>
    hybridAcPower({ acPowerW, pvDcPowerW, chargeDcPowerW, dischargeDcPowerW });

  test.each([
    ['PV feeds the house', dc(960, 1000), { pvPowerW: 960, batteryPowerW: 0 }],
    ['PV charges the battery', dc(-10, 1000, 980), { pvPowerW: 970, batteryPowerW: -980 }],
    ['the battery feeds the house at night', dc(950, 0, 0, 1000), { pvPowerW: 0, batteryPowerW: 950 }],
    ['the grid charges the battery', dc(-2000, 0, 1900), { pvPowerW: 0, batteryPowerW: -2000 }],
    ['both feed and share the loss', dc(2850, 2000, 0, 1000), { pvPowerW: 1900, batteryPowerW: 950 }],
    ['nothing moves', dc(-15, 0), { pvPowerW: 0, batteryPowerW: 0 }],
  ])('%s', (_, got, expected) => {
    expect(got).toEqual(expected);
  });

  test('PV and battery always add up to the AC power when anything moves', () => {
    const watts = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(
        fc.integer({ min: -10_000, max: 10_000 }),
        watts,
        watts,
        watts,
        (ac, pv, charge, discharge) => {
          const { pvPowerW, batteryPowerW } = dc(ac, pv, charge, discharge);
          expect(pvPowerW + batteryPowerW).toBeCloseTo(ac, 6);
        },
      ),
    );
  });
});

describe('battery orders in model 124', () => {
  const order = (mode: StorageOrder['mode'], chargeLimitW = 3000, dischargeLimitW = 2000) =>
    storageWindow(storageRates({ mode, chargeLimitW, dischargeLimitW }, 5000), 5000);

  test.each([
    ['self-consume', -3000, 2000, false],
    ['hold', -3000, 0, false],
    ['idle', 0, 0, false],
    ['charge-grid', -3000, -3000, true],
    ['discharge-grid', 2000, 2000, false],
    ['auto', -5000, 5000, false],
  ] as const)('%s leaves the battery the window %d W to %d W', (mode, minPowerW, maxPowerW, gridCharge) => {
    expect(order(mode)).toEqual({ minPowerW, maxPowerW, gridCharge });
  });

  test('no limit is exceeded by rounding, nor by more than the device has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 500, max: 8000 }), (limitW, maxW) => {
        const window = storageWindow(
          storageRates({ mode: 'self-consume', chargeLimitW: limitW, dischargeLimitW: limitW }, maxW),
          maxW,
        );
        expect(window.maxPowerW).toBeLessThanOrEqual(Math.min(limitW, maxW) + 1e-6);
        expect(window.maxPowerW).toBeGreaterThan(Math.min(limitW, maxW) - maxW / 10_000 - 1e-6);
        expect(window.minPowerW).toBeCloseTo(-window.maxPowerW, 9);
      }),
    );
  });

  test('a battery whose size is unknown gets no power', () => {
    expect(
      storageRates({ mode: 'self-consume', chargeLimitW: 1000, dischargeLimitW: 1000 }, 0),
    ).toMatchObject({
      chargeRatePct: 0,
      dischargeRatePct: 0,
    });
  });
});
