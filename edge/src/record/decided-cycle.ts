/** One cycle with all that went into its decision: what is recorded, shown, and decided again when somebody asks why. */
import type { Decision } from '../core/decision.ts';
import type { Plan } from '../core/plan.ts';
import type { Settings } from '../core/settings.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { State } from '../core/state.ts';
import type { Stamp } from './store.ts';

export interface DecidedCycle {
  readonly at: Stamp;
  /** The state it was decided from. */
  readonly before: State;
  readonly snapshot: Snapshot;
  /** The effective ones. */
  readonly core: Settings;
  /** The plan rule 9 was given. */
  readonly plan: Plan | null;
  readonly decision: Decision;
}

/** Writes cycles so that they can be decided again. */
export interface CycleWriter {
  /** The record of one cycle, as it is to be kept. */
  next(cycle: DecidedCycle): string;
  /** Hash of the newest record: whoever keeps it notices an end cut off. */
  readonly hash: string;
}
