/**
 * The state a box goes on with after a restart. It is saved at every change that must survive and every 5 minutes;
 * the recorded cycles, committed every minute, lead further: decided again they give the totals as they were then.
 */
import type { State } from '../core/state.ts';

/**
 * @param savedJson as it was saved; null when there is none.
 * @param replayed where the recorded cycles lead to; null when there are none, or they do not come out as they were.
 * @returns the newer of the two, the saved one as JSON holds it; null when there is none.
 */
export function lastState(savedJson: string | null, replayed: State | null): unknown {
  const saved = parsed(savedJson);
  return replayed && replayed.atMs > controlMs(saved) ? replayed : saved;
}

function parsed(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function controlMs(state: unknown): number {
  const atMs = typeof state === 'object' && state !== null && 'atMs' in state ? state.atMs : null;
  return typeof atMs === 'number' ? atMs : Number.NEGATIVE_INFINITY;
}
