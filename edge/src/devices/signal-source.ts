/** What the cycle needs of anything that measures. */

import type { ReadingSource } from '../latch/sources.ts';
import type { Failure } from '../registers/device-failure.ts';

export interface SignalSource extends ReadingSource {
  readonly id: string;
  /** Asks once; settles when the answer is latched or the attempt failed. Never rejects; one question at a time. */
  poll(): Promise<void>;
  /** Why the last attempt failed, null when it did not. */
  failure(): Failure | null;
  close(): Promise<void>;
}
