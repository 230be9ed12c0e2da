/**
 * From readings to signals: freshness, plausibility, jumps and frozen values, for one quantity at a time.
 *
 * A reading outside its range, NaN, or a vendor's "not available" code (null) is a fault, never a number. A jump
 * beyond the rate limit is a fault until a few readings in a row agree on the new level: a spike is gone by then, a
 * real step is not. A quantity is frozen when it has been bit-identical longer than is plausible; quantities of one
 * meter are judged together (power, voltage and frequency all still), because one of them alone may rest.
 */
import { ABSENT, good, missing, type Signal } from './signal.ts';

export interface SignalSpec {
  /** Older than this is stale. */
  readonly freshMs: number;
  /** Plausible range, both ends included. */
  readonly min: number;
  readonly max: number;
  /** Largest plausible change per second; null: any step is possible. */
  readonly maxStepPerS: number | null;
  /** Readings that must agree after a jump before the new level is believed. */
  readonly confirmSamples: number;
  /** Bit-identical for so long is frozen; 0 switches the check off. */
  readonly frozenMs: number;
  /** Fewer identical readings than this are no proof of anything. */
  readonly frozenSamples: number;
}

/** What is remembered of one quantity. */
export interface SignalMemory {
  readonly lastValue: number;
  /** When a believed value last came; 0 when there was none. */
  readonly lastGoodMs: number;
  /** When a reading last came, good or not; 0 when there was none. */
  readonly lastAtMs: number;
  readonly lastWasFault: boolean;
  readonly suspectValue: number;
  readonly suspectCount: number;
  readonly sameSinceMs: number;
  readonly sameCount: number;
}

export const NO_MEMORY: SignalMemory = {
  lastValue: 0,
  lastGoodMs: 0,
  lastAtMs: 0,
  lastWasFault: false,
  suspectValue: 0,
  suspectCount: 0,
  sameSinceMs: 0,
  sameCount: 0,
};

/** Takes in one reading. `value` null means that the device answered, but with "not available". */
export function takeReading(
  spec: SignalSpec,
  memory: SignalMemory,
  value: number | null,
  atMs: number,
): SignalMemory {
  if (value === null || !(value >= spec.min && value <= spec.max)) {
    return { ...memory, lastAtMs: atMs, lastWasFault: true, suspectCount: 0 };
  }
  if (isJump(spec, memory, value, atMs)) {
    const agrees =
      memory.suspectCount > 0 && withinStep(spec, memory.suspectValue, value, atMs - memory.lastAtMs);
    const suspectCount = agrees ? memory.suspectCount + 1 : 1;
    if (suspectCount < spec.confirmSamples) {
      return { ...memory, lastAtMs: atMs, lastWasFault: true, suspectValue: value, suspectCount };
    }
  }
  const same = memory.lastGoodMs !== 0 && value === memory.lastValue;
  return {
    lastValue: value,
    lastGoodMs: atMs,
    lastAtMs: atMs,
    lastWasFault: false,
    suspectValue: 0,
    suspectCount: 0,
    sameSinceMs: same ? memory.sameSinceMs : atMs,
    sameCount: same ? memory.sameCount + 1 : 1,
  };
}

/** The signal as it stands at `nowMs`. `frozen`: the verdict over the whole meter, see `frozenTogether`. */
export function signalAt(spec: SignalSpec, memory: SignalMemory, nowMs: number, frozen = false): Signal {
  if (memory.lastAtMs === 0) return ABSENT;
  if (nowMs - memory.lastAtMs > spec.freshMs) return missing('stale', memory.lastAtMs);
  if (memory.lastWasFault || frozen) return missing('fault', memory.lastAtMs);
  return good(memory.lastValue, memory.lastGoodMs);
}

/**
 * True when all quantities of one meter have stood still for longer than is plausible. One that is a fault anyway says
 * nothing: it neither moves nor stands still.
 */
export function frozenTogether(
  quantities: readonly { readonly spec: SignalSpec; readonly memory: SignalMemory }[],
  nowMs: number,
): boolean {
  let judged = 0;
  for (const { spec, memory } of quantities) {
    if (memory.lastGoodMs === 0 || memory.lastWasFault) continue;
    if (spec.frozenMs === 0) continue;
    judged++;
    if (memory.sameCount < spec.frozenSamples || nowMs - memory.sameSinceMs < spec.frozenMs) return false;
  }
  return judged > 0;
}

function isJump(spec: SignalSpec, memory: SignalMemory, value: number, atMs: number): boolean {
  if (memory.lastGoodMs === 0) return false;
  return !withinStep(spec, memory.lastValue, value, atMs - memory.lastGoodMs);
}

function withinStep(spec: SignalSpec, from: number, to: number, elapsedMs: number): boolean {
  if (spec.maxStepPerS === null) return true;
  return Math.abs(to - from) <= (spec.maxStepPerS * Math.max(1000, elapsedMs)) / 1000;
}
