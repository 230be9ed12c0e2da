/** An inverter behind Modbus: its readings, and the orders to its battery. Writing never makes the cycle wait. */
import type { InverterFamily } from '../catalogue/inverter-family.ts';
import type { StorageOrder } from '../catalogue/storage-order.ts';
import type { Clock } from '../clock.ts';
import { InverterDrive } from '../drive/inverter-drive.ts';
import type { OrderTerms } from '../drive/order-terms.ts';
import type { Failure } from '../registers/device-failure.ts';
import { converse } from './converse.ts';
import type { ModbusBus } from './modbus-bus.ts';
import { ModbusSource } from './modbus-source.ts';

export interface ModbusInverterOptions {
  readonly id: string;
  readonly family: InverterFamily;
  readonly terms: OrderTerms;
  readonly bus: ModbusBus;
  readonly unit: number;
  readonly clock: Clock;
}

export class ModbusInverter extends ModbusSource {
  readonly #drive: InverterDrive;
  #writing: Promise<void> = Promise.resolve();

  constructor({ id, family, terms, bus, unit, clock }: ModbusInverterOptions) {
    const talk = family.open(`${id} at ${bus.address}`);
    super({ id, bus, unit, clock, read: () => talk.read() });
    this.#drive = new InverterDrive({
      talk,
      clock,
      terms,
      carry: (conversation) => {
        this.#writing = converse(bus, unit, conversation);
      },
    });
  }

  /** What the battery is to do from now on; see `InverterDrive`. */
  order(order: StorageOrder, reservePct: number | null = null): void {
    this.#drive.order(order, reservePct);
  }

  /** Once per cycle. */
  tick(): void {
    this.#drive.tick();
  }

  /** Why the last order could not be written; null when it could. */
  writeFailure(): Failure | null {
    return this.#drive.writeFailure();
  }

  /** The same once it has failed so often that a person should know. */
  givenUp(): Failure | null {
    return this.#drive.givenUp();
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#writing;
  }
}
