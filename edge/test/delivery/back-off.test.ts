import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backOffMs } from '../../src/delivery/back-off.ts';

const BUS = { firstMs: 500, longestMs: 30_000, steady: 0.5 };

test('waits double from failure to failure up to the longest, and never grow beyond it', () => {
  const waits = [0, 1, 2, 5, 6, 7, 40, 5_000].map((failures) => backOffMs(failures, BUS, 1));
  expect(waits).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

test('chance moves the part of a wait that is not steady, and no more', () => {
  expect([0, 0.5, 1].map((random) => backOffMs(0, BUS, random))).toEqual([250, 375, 500]);
  expect([0, 0.5, 1].map((random) => backOffMs(1, { ...BUS, steady: 0 }, random))).toEqual([0, 500, 1_000]);
});

test('however many failures and whatever chance says, a wait is between its least and its longest', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const waitMs = backOffMs(
        failures,
        { firstMs: 1_000, longestMs: 60_000, steady: 0, leastMs: 200 },
        random,
      );
      expect(waitMs).toBeGreaterThanOrEqual(200);
      expect(waitMs).toBeLessThanOrEqual(60_000);
    }),
  );
});
