/**
 * Chance that can be asked twice: every number is a hash of a seed and a position in time, not of what was drawn
 * before. A home may so be stepped in any tick length, stopped, moved in time and started again, and it meets the
 * same weather and the same people.
 */

/** 0 <= n < 1 from a seed and two integers. */
export function chance(seed: number, a: number, b = 0): number {
  let h = (seed ^ 0x9e3779b9) >>> 0;
  h = mix(h ^ (a >>> 0));
  h = mix(h ^ (Math.floor(a / 2 ** 32) | 0) ^ Math.imul(b | 0, 0x85ebca6b));
  return h / 2 ** 32;
}

/** A smooth wander between -1 and 1 that forgets itself within about `periodMs`. */
export function wander(seed: number, nowMs: number, periodMs: number): number {
  const position = nowMs / periodMs;
  const left = Math.floor(position);
  const t = position - left;
  const s = t * t * (3 - 2 * t);
  return (chance(seed, left) * (1 - s) + chance(seed, left + 1) * s) * 2 - 1;
}

/** A seed of its own for each named thing in a home. */
export function seedOf(seed: number, name: string): number {
  let h = mix(seed >>> 0);
  for (let i = 0; i < name.length; i += 1) h = mix(h ^ name.charCodeAt(i));
  return h;
}

function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}
