/**
 * Control time: epoch milliseconds that only ever go forward. It starts at the wall clock (or where the last run's
 * saved state left off, if the wall clock went back meanwhile) and then follows the monotonic clock, so that no
 * timer in the core jumps when somebody sets the clock.
 */

export class ControlTime {
  readonly #originMs: number;

  constructor(clock: { wallMs(): number; monoMs(): number }, lastControlMs: number) {
    this.#originMs = Math.max(clock.wallMs(), lastControlMs + 1) - clock.monoMs();
  }

  at(monoMs: number): number {
    return this.#originMs + monoMs;
  }
}
