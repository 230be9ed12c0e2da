/** One word for a load, from the three values kept apart: what is wanted, what the board says, what is measured. */
import type { LoadState } from '@wattward/broker/wire/site';
import type { BadgeTone } from '../shell/panel.tsx';

export interface LoadCondition {
  readonly key: 'on' | 'off' | 'shed' | 'switching-on' | 'switching-off' | 'not-reported';
  readonly tone: BadgeTone;
}

export function loadCondition({
  desired,
  reported,
  shed,
}: Pick<LoadState, 'desired' | 'reported' | 'shed'>): LoadCondition {
  if (reported === null) return { key: 'not-reported', tone: 'solar' };
  if (desired && !reported) return { key: 'switching-on', tone: 'solar' };
  if (!desired && reported) return { key: 'switching-off', tone: 'solar' };
  if (shed) return { key: 'shed', tone: 'alert' };
  return desired ? { key: 'on', tone: 'battery' } : { key: 'off', tone: 'neutral' };
}
