/** Relays of a bought board: coils with a timer each that opens them, as the firmware of all three kinds has one. */

interface Coil {
  on: boolean;
  /** The board's own monotonic milliseconds; null when nothing ends the ON. */
  offAtMs: number | null;
}

export class Relays {
  readonly #coils: readonly Coil[];
  readonly #moved: (channel: number, on: boolean) => void;

  constructor(channels: number, moved: (channel: number, on: boolean) => void) {
    this.#coils = Array.from({ length: channels }, () => ({ on: false, offAtMs: null }));
    this.#moved = moved;
  }

  get channels(): readonly number[] {
    return this.#coils.map((_, i) => i + 1);
  }

  isOn(channel: number): boolean {
    return this.#coils[channel - 1]?.on ?? false;
  }

  /** Milliseconds until the timer opens the relay; 0 when none runs. */
  leftMs(channel: number, nowMs: number): number {
    return Math.max(0, (this.#coils[channel - 1]?.offAtMs ?? nowMs) - nowMs);
  }

  /** Every ON starts the timer anew, also that of a relay which is on already. False when there is no such relay. */
  set(channel: number, on: boolean, offAtMs: number | null = null): boolean {
    const coil = this.#coils[channel - 1];
    if (!coil) return false;
    coil.offAtMs = on ? offAtMs : null;
    this.#put(coil, channel, on);
    return true;
  }

  /** Opens what has run out. */
  tick(nowMs: number): void {
    for (const [i, coil] of this.#coils.entries()) {
      if (coil.on && coil.offAtMs !== null && nowMs >= coil.offAtMs) this.set(i + 1, false);
    }
  }

  /** Without current every coil drops. */
  drop(): void {
    for (const [i] of this.#coils.entries()) this.set(i + 1, false);
  }

  #put(coil: Coil, channel: number, on: boolean): void {
    if (coil.on === on) return;
    coil.on = on;
    this.#moved(channel, on);
  }
}
