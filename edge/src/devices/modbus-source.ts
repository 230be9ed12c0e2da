/** A device behind Modbus that is read by one conversation, whole. */
import type { Clock } from '../clock.ts';
import type { Readings } from '../latch/sources.ts';
import type { Conversation, SignalValues } from '../registers/conversation.ts';
import { converse } from './converse.ts';
import type { ModbusBus } from './modbus-bus.ts';
import { PolledSource } from './polled-source.ts';

export interface ModbusSourceOptions {
  readonly id: string;
  readonly bus: ModbusBus;
  readonly unit: number;
  readonly clock: Clock;
  /** Begins one complete reading. */
  readonly read: () => Conversation<SignalValues>;
}

export class ModbusSource extends PolledSource {
  readonly #options: ModbusSourceOptions;

  constructor(options: ModbusSourceOptions) {
    super(options.id);
    this.#options = options;
  }

  protected async ask(): Promise<Readings> {
    const { bus, unit, clock, read } = this.#options;
    const atMonoMs = clock.monoMs();
    return { atMonoMs, values: await converse(bus, unit, read()) };
  }
}
