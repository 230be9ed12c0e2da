/** The switching instants of a relay, for budgets in sliding windows. */

import { at } from './at.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** Bound of the remembered history, far above any budget that makes sense. */
export const MAX_SWITCHES = 200;

/** Switching operations in the span before now. */
export function switchesWithin(history: readonly number[], nowMs: number, spanMs: number): number {
  let count = 0;
  for (let i = history.length - 1; i >= 0 && nowMs - at(history, i) < spanMs; i--) count++;
  return count;
}

/** The history with one more operation, older than a day dropped. */
export function withSwitch(history: readonly number[], nowMs: number): number[] {
  const kept = history.filter((atMs) => nowMs - atMs < DAY_MS).slice(1 - MAX_SWITCHES);
  kept.push(nowMs);
  return kept;
}
