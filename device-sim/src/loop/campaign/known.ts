/** What the oracles of decisions share: limits that hold, and since when the box could know. */
import type { SiteLimits } from './moment.ts';

export type Check = (invariant: string, atMs: number, holds: boolean, what: () => string) => void;

/** Readings that a control may want before it believes a jump, and the cycle in which it then answers. */
export const BELIEVED_CYCLES = 4;
export const MEAN_MS = 10_000;

export interface Known {
  limits: SiteLimits;
  /** The meter has told what is since then. */
  liveSinceMs: number;
  /** The inverter has said since then that the grid is gone; null while it says nothing of the kind. */
  toldOutSinceMs: number | null;
  /** And then that it is back. */
  toldBackMs: number;
  /** The last that it said of the grid, also to an earlier start of the box: a silent inverter takes nothing back. */
  lastToldLost: boolean;
  /** When each load was last ordered off. */
  readonly offAtMs: Map<string, number>;
}
