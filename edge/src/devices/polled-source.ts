/** The part all polled devices share: one question at a time, the newest answer kept, failures kept apart. */

import type { Readings } from '../latch/sources.ts';
import { type Failure, failureOf } from '../registers/device-failure.ts';
import type { SignalSource } from './signal-source.ts';

export abstract class PolledSource implements SignalSource {
  readonly id: string;
  #asking: Promise<void> | null = null;
  #readings: Readings | null = null;
  #failure: Failure | null = null;

  constructor(id: string) {
    this.id = id;
  }

  /** One complete reading of the device. @throws DeviceFailure */
  protected abstract ask(): Promise<Readings>;

  poll(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  readings(): Readings | null {
    return this.#readings;
  }

  failure(): Failure | null {
    return this.#failure;
  }

  async close(): Promise<void> {
    await this.#asking;
  }

  async #askOnce(): Promise<void> {
    try {
      this.#readings = await this.ask();
      this.#failure = null;
    } catch (cause) {
      this.#failure = failureOf(cause);
    }
  }
}
