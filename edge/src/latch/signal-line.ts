/** One quantity from one device on its way to the snapshot: its source, its limits, and what is remembered of it. */

import { ABSENT, type Signal } from '../core/signal.ts';
import {
  NO_MEMORY,
  type SignalMemory,
  type SignalSpec,
  signalAt,
  takeReading,
} from '../core/signal-latch.ts';
import type { ControlTime } from './control-time.ts';
import type { ReadingSource } from './sources.ts';

export class SignalLine {
  readonly #source: ReadingSource | undefined;
  readonly #key: string;
  readonly spec: SignalSpec;
  #memory: SignalMemory = NO_MEMORY;
  #takenAtMonoMs = Number.NEGATIVE_INFINITY;

  /** Without a source the quantity is absent. */
  constructor(source: ReadingSource | undefined, key: string, spec: SignalSpec) {
    this.#source = source;
    this.#key = key;
    this.spec = spec;
  }

  get memory(): SignalMemory {
    return this.#memory;
  }

  /** Takes in what is new; every reading counts once. */
  take(control: ControlTime): void {
    const readings = this.#source?.readings();
    const value = readings?.values[this.#key];
    if (!readings || value === undefined || readings.atMonoMs <= this.#takenAtMonoMs) return;
    this.#takenAtMonoMs = readings.atMonoMs;
    this.#memory = takeReading(this.spec, this.#memory, value, control.at(readings.atMonoMs));
  }

  signal(nowMs: number, frozen = false): Signal {
    return this.#source ? signalAt(this.spec, this.#memory, nowMs, frozen) : ABSENT;
  }
}
