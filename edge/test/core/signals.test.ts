import { expect, test } from '@jest/globals';
import {
  frozenTogether,
  NO_MEMORY,
  type SignalMemory,
  type SignalSpec,
  signalAt,
  takeReading,
} from '../../src/core/signal-latch.ts';
import { signalSpecs } from '../../src/core/signal-specs.ts';
import { home } from './home.ts';

const SPEC: SignalSpec = {
  freshMs: 5000,
  min: -100,
  max: 100,
  maxStepPerS: 10,
  confirmSamples: 3,
  frozenMs: 60_000,
  frozenSamples: 30,
};

/** Readings one second apart, from 1000 ms on. */
function after(values: readonly (number | null)[], spec = SPEC): { memory: SignalMemory; nowMs: number } {
  let memory = NO_MEMORY;
  let nowMs = 0;
  for (const value of values) {
    nowMs += 1000;
    memory = takeReading(spec, memory, value, nowMs);
  }
  return { memory, nowMs };
}

test.each([
  { sentence: 'a plausible reading is good', values: [1], quality: 'good' },
  { sentence: 'none at all is absent', values: [], quality: 'absent' },
  { sentence: 'both ends of the range are plausible', values: [100], quality: 'good' },
  { sentence: 'above the range is a fault', values: [100.1], quality: 'fault' },
  { sentence: 'below the range is a fault', values: [-100.1], quality: 'fault' },
  { sentence: 'NaN is a fault', values: [Number.NaN], quality: 'fault' },
  { sentence: 'infinity is a fault', values: [Number.POSITIVE_INFINITY], quality: 'fault' },
  { sentence: '"not available" is a fault', values: [1, null], quality: 'fault' },
  { sentence: 'a step at the rate limit is believed', values: [0, 10], quality: 'good' },
  { sentence: 'a jump beyond it is a fault', values: [0, 50], quality: 'fault' },
  { sentence: 'a spike is gone and the old level good', values: [0, 50, 1], quality: 'good' },
  { sentence: 'two samples of a new level do not confirm it', values: [0, 50, 51], quality: 'fault' },
  { sentence: 'three do', values: [0, 50, 51, 52], quality: 'good' },
  { sentence: 'three that disagree do not', values: [0, 50, -50, 50], quality: 'fault' },
])('$sentence', ({ values, quality }) => {
  const { memory, nowMs } = after(values);
  expect(signalAt(SPEC, memory, nowMs).quality).toBe(quality);
});

test('a reading is fresh up to its limit and stale after it, and a stale one carries no number', () => {
  const { memory, nowMs } = after([42]);
  expect(signalAt(SPEC, memory, nowMs + 5000)).toEqual({ quality: 'good', value: 42, atMs: nowMs });
  expect(signalAt(SPEC, memory, nowMs + 5001)).toEqual({ quality: 'stale', value: null, atMs: nowMs });
});

test('a meter is frozen when everything it says has stood still for 60 s', () => {
  const still = after(Array.from({ length: 62 }, () => 5));
  const moving = after(Array.from({ length: 62 }, (_, i) => i % 2));
  expect(frozenTogether([SPEC, SPEC], [still.memory, still.memory], still.nowMs)).toBe(true);
  expect(frozenTogether([SPEC, SPEC], [still.memory, moving.memory], still.nowMs)).toBe(false);
  expect(signalAt(SPEC, still.memory, still.nowMs, true).quality).toBe('fault');
  const young = after(Array.from({ length: 55 }, () => 5));
  expect(frozenTogether([SPEC], [young.memory], young.nowMs)).toBe(false);
});

test('few samples prove nothing, and a check switched off never finds anything', () => {
  const few = takeReading(SPEC, takeReading(SPEC, NO_MEMORY, 5, 1000), 5, 99_000);
  expect(frozenTogether([SPEC], [few], 99_000)).toBe(false);
  const still = after(Array.from({ length: 62 }, () => 5));
  expect(frozenTogether([{ ...SPEC, frozenMs: 0 }], [still.memory], still.nowMs)).toBe(false);
  expect(frozenTogether([SPEC], [NO_MEMORY], 99_000)).toBe(false);
  expect(frozenTogether([SPEC], [], 99_000)).toBe(false);
});

test('plausibility follows from the site: three times the fuse, and never stale before three cycles', () => {
  const specs = signalSpecs(home({ grid: { fuseA: 25 }, loads: [{ id: 'a' }], batteries: [{}] }), 4000);
  expect(specs.gridPowerW).toMatchObject({ min: -51_750, max: 51_750, freshMs: 12_000, frozenMs: 60_000 });
  expect(specs.phasePowerW.max).toBe(17_250);
  expect(specs.phaseCurrentA).toMatchObject({ min: 0, max: 75 });
  expect(specs.batteries[0]?.socPct).toMatchObject({ min: 0, max: 100, maxStepPerS: 1, freshMs: 30_000 });
  expect(specs.loads[0]?.powerW.max).toBe(16_100);
});
