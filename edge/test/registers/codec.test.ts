import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  SUNSPEC_TABLES,
  sunspecCommon,
  sunspecInverter,
  sunspecStorage,
} from '../../src/catalogue/inverters/sunspec-models.ts';
import { sdm630 } from '../../src/catalogue/meters/sdm630.ts';
import { decode, encode, encodePoint, NOT_AVAILABLE } from '../../src/registers/codec.ts';
import { defineTable, planBlocks, pointLength } from '../../src/registers/table.ts';

const everyType = defineTable({
  id: 'every-type',
  model: 'test',
  space: 'holding',
  source: 'test',
  points: {
    aCount: { address: 0, type: 'u16', description: '' },
    bCount: { address: 1, type: 's16', description: '' },
    cCount: { address: 2, type: 'u32', description: '' },
    dCount: { address: 4, type: 's32', description: '' },
    eCount: { address: 6, type: 'u64', description: '' },
    fCount: { address: 10, type: 'f32', description: '' },
    gCount: { address: 12, type: 'acc32', description: '' },
    noteText: { address: 14, type: 'string', length: 4, description: '' },
  },
});
const lowFirst = { ...everyType, wordOrder: 'low-first' } as typeof everyType;

const valuesOfEveryType = fc.record({
  aCount: fc.integer({ min: 0, max: 0xffff }),
  bCount: fc.integer({ min: -0x8000, max: 0x7fff }),
  cCount: fc.integer({ min: 0, max: 0xffff_ffff }),
  dCount: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  eCount: fc.maxSafeNat(),
  fCount: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  gCount: fc.integer({ min: 1, max: 0xffff_ffff }),
  noteText: fc.string({ unit: fc.constantFrom(...'abcXYZ019-'), maxLength: 8 }),
});

describe('codec', () => {
  test('every value of every type survives the way through registers, in both word orders', () => {
    fc.assert(
      fc.property(valuesOfEveryType, fc.nat(50_000), (values, base) => {
        expect(decode(everyType, encode(everyType, values, base), base)).toEqual(values);
        expect(decode(lowFirst, encode(lowFirst, values, base), base)).toEqual(values);
      }),
    );
  });

  test('registers are always 16-bit words, whatever is encoded', () => {
    fc.assert(
      fc.property(valuesOfEveryType, (values) => {
        for (const word of encode(everyType, values).values()) {
          expect(Number.isInteger(word) && word >= 0 && word <= 0xffff).toBe(true);
        }
      }),
    );
  });

  test('any registers decode to finite numbers, texts or not-available, and never throw', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 0, maxLength: 90 }), (words) => {
        const image = new Map(words.map((word, i) => [i, word]));
        for (const table of [everyType, sdm630, ...SUNSPEC_TABLES]) {
          for (const value of Object.values(decode(table, image))) {
            expect(typeof value === 'string' || Number.isFinite(value)).toBe(true);
          }
        }
      }),
    );
  });

  test('a captured SDM630 answer reads as its display showed: 1234.5 W is 0x449A5000', () => {
    const image = new Map([
      [0x34, 0x449a],
      [0x35, 0x5000],
      [0x48, 0x4640],
      [0x49, 0xe6b7],
    ]);
    const values = decode(sdm630, image);
    expect(values.powerW).toBe(1234.5);
    expect(values.importWh).toBeCloseTo(12_345_678.7, 0);
    expect(values.exportWh).toBe(NOT_AVAILABLE);
  });

  test('NaN and infinity of a float meter are not numbers to us', () => {
    const words = (high: number) =>
      new Map([
        [0x34, high],
        [0x35, 0],
      ]);
    for (const high of [0x7fc0, 0x7f80, 0xff80])
      expect(decode(sdm630, words(high)).powerW).toBe(NOT_AVAILABLE);
  });

  test('a SunSpec value follows the scale factor read beside it', () => {
    const scaled = (exponent: number) =>
      decode(sunspecInverter, encode(sunspecInverter, { acPowerW: 1230, acPowerSf: exponent })).acPowerW;
    expect(scaled(-1)).toBe(1230);
    expect(scaled(1)).toBe(1230);
    const image = encode(sunspecInverter, { frequencyHz: 50.02, frequencySf: -2 });
    expect(image.get(16)).toBe(5002);
    expect(decode(sunspecInverter, image).frequencyHz).toBe(50.02);
  });

  test('a missing or absurd scale factor makes the value not available', () => {
    const image = encode(sunspecInverter, { acPowerW: 100, acPowerSf: 0 });
    for (const word of [0x8000, 0x0014]) {
      image.set(15, word);
      expect(decode(sunspecInverter, image).acPowerW).toBe(NOT_AVAILABLE);
    }
  });

  test('each SunSpec code for "not implemented" is told apart from a number', () => {
    const values = decode(sunspecInverter, encode(sunspecInverter, {}));
    expect(new Set(Object.values(values))).toEqual(new Set([NOT_AVAILABLE]));
    expect(encode(sunspecInverter, {}).get(14)).toBe(0x8000);
    expect(encode(sunspecInverter, {}).get(3)).toBe(0xffff);
  });

  test('texts come back without padding and control characters', () => {
    const image = encode(sunspecCommon, { manufacturerText: 'Wattward', serialText: 'A1' });
    expect(decode(sunspecCommon, image)).toMatchObject({ manufacturerText: 'Wattward', serialText: 'A1' });
  });

  test('a value that does not fit is refused by name, never wrapped', () => {
    const write = (value: number) => encodePoint(sunspecStorage, 'dischargeRatePct', value, { rateSf: -2 });
    expect(() => write(400)).toThrow(/sunspec-124 dischargeRatePct: raw value 40000 does not fit s16/);
    expect(() => write(-327.68)).toThrow(RangeError);
    expect(() => encodePoint(sunspecStorage, 'dischargeRatePct', 1)).toThrow(/scale factor rateSf/);
    expect(write(-40)).toEqual([0x10000 - 4000]);
  });
});

describe('block plan', () => {
  const tables = [everyType, sdm630, ...SUNSPEC_TABLES];

  test.each(tables)('reads every point of $id whole and within the limit of the device', (table) => {
    const blocks = planBlocks(table);
    for (const block of blocks) expect(block.count).toBeLessThanOrEqual(table.maxReadRegisters ?? 125);
    for (const point of Object.values(table.points)) {
      const end = point.address + pointLength(point);
      const covering = blocks.filter((b) => b.address <= point.address && end <= b.address + b.count);
      expect(covering).toHaveLength(1);
    }
  });

  test.each(tables)('no two points of $id overlap', (table) => {
    const taken = Object.values(table.points).flatMap((point) =>
      Array.from({ length: pointLength(point) }, (_, i) => point.address + i),
    );
    expect(new Set(taken).size).toBe(taken.length);
  });

  test('all the control needs of an SDM630 is one request', () => {
    expect(planBlocks(sdm630)).toEqual([{ address: 0, count: 76 }]);
  });

  test('points named alone are read alone', () => {
    expect(planBlocks(sdm630, ['powerW'])).toEqual([{ address: 0x34, count: 2 }]);
    expect(planBlocks(sdm630, ['phase1VoltageV', 'powerW'])).toHaveLength(2);
  });
});

test('a key without a unit, and a scale factor that is not in the table, do not compile', () => {
  const rest = { id: 'x', model: 'x', space: 'input', source: 'x' } as const;
  // @ts-expect-error gridPower says no unit
  defineTable({ ...rest, points: { gridPower: { address: 0, type: 'u16', description: '' } } });
  // @ts-expect-error kW is no unit of ours
  defineTable({ ...rest, points: { gridPowerkw: { address: 0, type: 'u16', description: '' } } });
  defineTable({
    ...rest,
    // @ts-expect-error powerSf does not exist
    points: { gridPowerW: { address: 0, type: 'u16', scaleFrom: 'powerSf', description: '' } },
  });
  const table = defineTable({
    ...rest,
    points: { gridPowerW: { address: 0, type: 'u16', description: '' } },
  });
  expect(Object.keys(table.points)).toEqual(['gridPowerW']);
});
