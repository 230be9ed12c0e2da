/**
 * Asks all devices that are due and waits a little for those that usually answer, so that the decision sees this
 * cycle's values. A device that is late, or that failed last time, is never waited for.
 */
import type { Clock } from '../clock.ts';
import type { Devices, PolledDevice } from '../devices/open-devices.ts';

export class Poller {
  readonly #devices: readonly PolledDevice[];
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #cycleMs: number;
  readonly #askedAtMonoMs = new Map<string, number>();

  /** @param cycleMs site milliseconds; half a cycle of real time, at most 250 ms, is the longest wait. */
  constructor(devices: Devices, clock: Clock, cycleMs: number) {
    this.#devices = [...devices.meters.values(), ...devices.inverters.values()];
    this.#clock = clock;
    this.#cycleMs = cycleMs;
    this.#waitMs = Math.min(250, cycleMs / clock.speed / 2);
  }

  async poll(): Promise<void> {
    const nowMonoMs = this.#clock.monoMs();
    const awaited: Promise<void>[] = [];
    for (const { source, pollMs } of this.#devices) {
      const askedAtMs = this.#askedAtMonoMs.get(source.id) ?? Number.NEGATIVE_INFINITY;
      // Half a cycle of grace: the pace of the cycle is never exact.
      if (nowMonoMs - askedAtMs < pollMs - this.#cycleMs / 2) continue;
      this.#askedAtMonoMs.set(source.id, nowMonoMs);
      const healthy = source.failure() === null;
      const answer = source.poll();
      if (healthy) awaited.push(answer);
    }
    if (awaited.length === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#waitMs);
    await Promise.race([Promise.all(awaited), late]);
    clearTimeout(timer);
  }
}
