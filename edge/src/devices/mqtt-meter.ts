/** A meter on the home bus: it speaks when it likes, so polling it means nothing but looking at what came last. */
import type { MeterReading } from '@wattward/broker/wire/meter';
import type { Clock } from '../clock.ts';
import type { Readings } from '../latch/sources.ts';
import type { MqttBus } from '../link/mqtt-bus.ts';
import type { Failure } from '../registers/device-failure.ts';

import type { SignalSource } from './signal-source.ts';

export class MqttMeter implements SignalSource {
  readonly id: string;
  readonly #clock: Clock;
  #readings: Readings | null = null;
  #seq = -1;

  constructor(options: { readonly id: string; readonly bus: MqttBus; readonly clock: Clock }) {
    this.id = options.id;
    this.#clock = options.clock;
    options.bus.subscribe('meterReading', { meterId: options.id }, ({ message, retained }) => {
      if (!retained) this.#hear(message);
    });
  }

  async poll(): Promise<void> {}

  readings(): Readings | null {
    return this.#readings;
  }

  failure(): Failure | null {
    if (this.#readings) return null;
    const remedy =
      'Check that it is connected to the home broker and that meterId in the site settings is its id there.';
    return { why: `${this.id} has not been heard`, remedy };
  }

  async close(): Promise<void> {}

  /** A repeated reading is not a fresh one; a smaller number is a meter that started anew. */
  #hear(message: MeterReading): void {
    if (message.seq === this.#seq) return;
    this.#seq = message.seq;
    this.#readings = { atMonoMs: this.#clock.monoMs(), values: message.signals };
  }
}
