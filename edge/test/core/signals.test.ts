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
  expect(
    frozenTogether(
      [
        { spec: SPEC, memory: still.memory },
        { spec: SPEC, memory: still.memory },
      ],
      still.nowMs,
    ),
  ).toBe(true);
  expect(
    frozenTogether(
      [
        { spec: SPEC, memory: still.memory },
        { spec: SPEC, memory: moving.memory },
      ],
      still.nowMs,
    ),
  ).toBe(false);
  expect(signalAt(SPEC, still.memory, still.nowMs, true).quality).toBe('fault');
  const young = after(Array.from({ length: 55 }, () => 5));
  expect(frozenTogether([{ spec: SPEC, memory: young.memory }], young.nowMs)).toBe(false);
});

test('few samples prove nothing, and a check switched off never finds anything', () => {
  const few = takeReading(SPEC, takeReading(SPEC, NO_MEMORY, 5, 1000), 5, 99_000);
  expect(frozenTogether([{ spec: SPEC, memory: few }], 99_000)).toBe(false);
  const still = after(Array.from({ length: 62 }, () => 5));
  expect(frozenTogether([{ spec: { ...SPEC, frozenMs: 0 }, memory: still.memory }], still.nowMs)).toBe(false);
  expect(frozenTogether([{ spec: SPEC, memory: NO_MEMORY }], 99_000)).toBe(false);
  expect(frozenTogether([], 99_000)).toBe(false);
});

test('a grid of 60 Hz, a known array and the steps of its devices make their own limits', () => {
  const control = {
    signals: {
      frequency: { minHz: 57, maxHz: 63 },
      voltage: { minFactor: 0.9, maxFactor: 1.1 },
      inverter: { pvMaxW: 8000, nightDrawW: 20, stepWPerS: 2000 },
      meter: { stepWPerS: 30_000 },
      load: { stepWPerS: 5000 },
    },
  };
  const specs = signalSpecs(home({ control, loads: [{ id: 'a' }], batteries: [{}] }), 1000);
  const outcomeOf = (spec: SignalSpec, values: readonly number[]) => {
    const { memory, nowMs } = after(values, spec);
    return signalAt(spec, memory, nowMs).quality;
  };
  expect([50, 56.9, 57, 60, 63, 63.1].map((hz) => outcomeOf(specs.frequencyHz, [hz]))).toEqual([
    'fault',
    'fault',
    'good',
    'good',
    'good',
    'fault',
  ]);
  expect([206, 207, 253, 254].map((v) => outcomeOf(specs.voltageV, [v]))).toEqual([
    'fault',
    'good',
    'good',
    'fault',
  ]);
  expect([-21, -20, 8000, 8001].map((w) => outcomeOf(specs.pvPowerW, [w]))).toEqual([
    'fault',
    'good',
    'good',
    'fault',
  ]);
  expect([2000, 2001].map((w) => outcomeOf(specs.pvPowerW, [0, w]))).toEqual(['good', 'fault']);
  expect([30_000, 30_001].map((w) => outcomeOf(specs.gridPowerW, [0, w]))).toEqual(['good', 'fault']);
  expect([5000, 5001].map((w) => outcomeOf(specs.loads[0]?.powerW ?? SPEC, [0, w]))).toEqual([
    'good',
    'fault',
  ]);
  expect(specs.batteries[0]?.powerW.maxStepPerS).toBe(2000);
});

test('ten identical readings are enough to call a slow meter frozen, nine are not', () => {
  const spec = { ...SPEC, ...signalSpecs(home(), 1000).gridPowerW, freshMs: 60_000 };
  const seen = (n: number) => {
    let memory = NO_MEMORY;
    for (let i = 0; i < n; i++) memory = takeReading(spec, memory, 5, 1000 + i * 10_000);
    return frozenTogether([{ spec, memory }], 1000 + 12 * 10_000);
  };
  expect([seen(9), seen(10), seen(11)]).toEqual([false, true, true]);
});

test('plausibility follows from the site: three times the fuse, and never stale before three cycles', () => {
  const specs = signalSpecs(home({ grid: { fuseA: 25 }, loads: [{ id: 'a' }], batteries: [{}] }), 4000);
  expect(specs.gridPowerW).toMatchObject({ min: -51_750, max: 51_750, freshMs: 12_000, frozenMs: 60_000 });
  expect(specs.phasePowerW.max).toBe(17_250);
  expect(specs.phaseCurrentA).toMatchObject({ min: 0, max: 75 });
  expect(specs.batteries[0]?.socPct).toMatchObject({ min: 0, max: 100, maxStepPerS: 1, freshMs: 30_000 });
  expect(specs.loads[0]?.powerW.max).toBe(16_100);
});
