/** Where the cycles recorded on the disk lead to, for a box that starts again. */
import type { State } from '../core/state.ts';
import { openLogReader } from '../store/log-reader.ts';
import { newestState } from './replay-range.ts';

/** Null when there are none, or they cannot be read or decided again: that costs a few minutes of totals, no start. */
export async function replayedState(dataDir: string, software: string): Promise<State | null> {
  try {
    const reader = openLogReader(dataDir);
    if (!reader) return null;
    try {
      const newestMs = reader.newestMs();
      return newestMs === null ? null : await newestState(reader, newestMs, software);
    } finally {
      reader.close();
    }
  } catch {
    return null;
  }
}
