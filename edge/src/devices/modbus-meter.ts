/** A meter behind Modbus, read whole with one register table. */

import type { Clock } from '../clock.ts';
import type { Readings } from '../latch/sources.ts';
import { decode, numbersOf } from '../registers/codec.ts';
import { planBlocks, type RegisterTable } from '../registers/table.ts';
import type { ModbusBus } from './modbus-bus.ts';
import { PolledSource } from './polled-source.ts';

export interface ModbusMeterOptions {
  readonly id: string;
  readonly bus: ModbusBus;
  readonly unit: number;
  readonly table: RegisterTable;
  readonly clock: Clock;
}

export class ModbusMeter extends PolledSource {
  readonly #options: ModbusMeterOptions;
  readonly #blocks: ReturnType<typeof planBlocks>;

  constructor(options: ModbusMeterOptions) {
    super(options.id);
    this.#options = options;
    this.#blocks = planBlocks(options.table);
  }

  protected async ask(): Promise<Readings> {
    const { bus, unit, table, clock } = this.#options;
    const atMonoMs = clock.monoMs();
    const image = new Map<number, number>();
    for (const { address, count } of this.#blocks) {
      const words = await bus.read({ unit, space: table.space, address, count });
      for (const [i, word] of words.entries()) image.set(address + i, word);
    }
    return { atMonoMs, values: numbersOf(decode(table, image)) };
  }
}
