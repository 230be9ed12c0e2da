/**
 * Whether an inverter (or PV meter) is alive or only repeats itself: a gateway may serve its last picture for hours.
 *
 * Powers may rest: no sun, a battery that idles, an array that is clipped. Grid voltage and frequency never do. A
 * device is frozen when everything watched, these among it, has been bit-identical for longer than is plausible; one
 * that tells neither voltage nor frequency cannot be judged.
 */
import { frozenTogether } from '../core/signal-latch.ts';
import type { SiteSpecs } from '../core/signal-specs.ts';
import { SignalLine } from './signal-line.ts';
import type { ReadingSource } from './sources.ts';

export class DeviceWatch {
  readonly #living: readonly SignalLine[];
  readonly #watched: readonly SignalLine[];

  /** `resting`: the quantities that may rest; whoever made them takes their readings. */
  constructor(source: ReadingSource | undefined, resting: readonly SignalLine[], specs: SiteSpecs) {
    this.#living = [
      new SignalLine(source, 'frequencyHz', specs.inverterFrequencyHz),
      ...[1, 2, 3].map((phase) => new SignalLine(source, `phase${phase}VoltageV`, specs.inverterVoltageV)),
    ];
    this.#watched = [...this.#living, ...resting];
  }

  /** The quantities that only this watch looks at. */
  get lines(): readonly SignalLine[] {
    return this.#living;
  }

  /** `nowMs`: control time. */
  frozen(nowMs: number): boolean {
    if (!this.#living.some(({ memory }) => memory.lastGoodMs !== 0 && !memory.lastWasFault)) return false;
    return frozenTogether(this.#watched, nowMs);
  }
}
