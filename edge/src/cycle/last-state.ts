/**
 * The state a box goes on with after a restart. It is saved at every change that must survive and every 5 minutes;
 * the recorded cycles, committed every minute, lead further: decided again they give the totals as they were then.
 */
import type { State } from '../core/state.ts';
import { SOFTWARE_VERSION } from '../link/site-description.ts';
import { newestState } from '../replay/replay-range.ts';
import { openLogReader } from '../store/log-reader.ts';
import type { Store } from '../store/store.ts';
import { CONTROL_STATE_KEY } from './recorder.ts';

/** JSON of the saved state, or of the one the recorded cycles lead to when that is newer; null when there is none. */
export async function lastState(store: Store, dataDir: string): Promise<unknown> {
  const saved = parsed(await store.loadState(CONTROL_STATE_KEY));
  const replayed = await replayedState(dataDir);
  return replayed && replayed.atMs > controlMs(saved) ? replayed : saved;
}

async function replayedState(dataDir: string): Promise<State | null> {
  // What cannot be read or decided again costs a few minutes of totals, never the start.
  try {
    const reader = openLogReader(dataDir);
    if (!reader) return null;
    try {
      const newestMs = reader.newestMs();
      return newestMs === null ? null : await newestState(reader, newestMs, SOFTWARE_VERSION);
    } finally {
      reader.close();
    }
  } catch {
    return null;
  }
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
