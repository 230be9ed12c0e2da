/** What the cycle needs of anything that measures. */
import type { Failure } from './failure.ts';

export interface Readings {
  /** When the values were true, site time on the monotonic clock: the start of the question, not the answer. */
  readonly atMonoMs: number;
  /** Values by point name with its unit; null is the device's own "not available". */
  readonly values: Readonly<Record<string, number | null>>;
}

export interface SignalSource {
  readonly id: string;
  /** Asks once; settles when the answer is latched or the attempt failed. Never rejects; one question at a time. */
  poll(): Promise<void>;
  /** The newest readings, null before the first. */
  readings(): Readings | null;
  /** Why the last attempt failed, null when it did not. */
  failure(): Failure | null;
  close(): Promise<void>;
}
