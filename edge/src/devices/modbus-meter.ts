/** A meter behind Modbus, read whole with one register table. */

import type { Clock } from '../clock.ts';
import type { Readings } from '../latch/sources.ts';
import { decode, NOT_AVAILABLE } from '../registers/codec.ts';
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

/** The numeric points; texts are no signals. */
export function numbersOf(decoded: Readonly<Record<string, number | string>>): Record<string, number | null> {
  const values: Record<string, number | null> = {};
  for (const [key, value] of Object.entries(decoded)) {
    if (value === NOT_AVAILABLE) values[key] = null;
    else if (typeof value === 'number') values[key] = value;
  }
  return values;
}
