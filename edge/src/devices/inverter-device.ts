/**
 * An inverter with a battery that the box may command: what every make has in common. An order is written when it
 * changed and renewed before the device forgets it; writing never makes the cycle wait, and a write that failed is
 * tried again at the next cycle.
 */
import type { Clock } from '../clock.ts';
import { STANDARD_COMMANDS } from '../core/command-settings.ts';
import type { StorageOrder } from '../registers/sunspec-storage.ts';
import type { ModbusBus } from './modbus-bus.ts';
import { PolledSource } from './polled-source.ts';

export interface InverterDeviceOptions {
  readonly id: string;
  readonly bus: ModbusBus;
  readonly unit: number;
  readonly clock: Clock;
  /** Revert time of an order where the device has one to set, seconds. */
  readonly leaseS?: number;
  /** An order is written again at least so often, milliseconds. */
  readonly renewMs?: number;
}

/** `C`: what is written to this make of device. */
export abstract class InverterDevice<C = unknown> extends PolledSource {
  protected readonly options: InverterDeviceOptions;
  #order: StorageOrder | null = null;
  #reservePct: number | null = null;
  #written: { readonly command: C; readonly atMonoMs: number } | null = null;
  #writing: Promise<void> | null = null;
  #writeFailure: string | null = null;

  constructor(options: InverterDeviceOptions) {
    super(options.id);
    this.options = options;
  }

  /**
   * What the battery is to do from now on; written when it changed, renewed by `tick`.
   * @param reservePct what the device itself keeps when nobody commands it; null: left alone
   */
  order(order: StorageOrder, reservePct: number | null = null): void {
    this.#order = order;
    this.#reservePct = reservePct;
    this.tick();
  }

  /** Once per cycle: writes what is due. Never waits. */
  tick(): void {
    const command = this.#order && this.commandFor(this.#order);
    if (this.#writing || !command || !this.#due(command)) return;
    this.#writing = this.#write(command)
      .catch((cause: unknown) => {
        this.#written = null;
        this.#writeFailure = cause instanceof Error ? cause.message : String(cause);
      })
      .finally(() => {
        this.#writing = null;
      });
  }

  /** Why the last order could not be written; null when it could. */
  writeFailure(): string | null {
    return this.#writeFailure;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#writing;
  }

  /** What to write for an order; null while the device has not been read. */
  protected abstract commandFor(order: StorageOrder): C | null;

  /** Whether a command differs enough from the one in force to be written at once. */
  protected abstract differs(command: C, written: C): boolean;

  /** @throws DeviceFailure */
  protected abstract write(command: C, reservePct: number | null): Promise<void>;

  #due(command: C): boolean {
    const written = this.#written;
    const { clock, renewMs = STANDARD_COMMANDS.renewMs } = this.options;
    if (!written || clock.monoMs() - written.atMonoMs >= renewMs) return true;
    return this.differs(command, written.command);
  }

  async #write(command: C): Promise<void> {
    await this.write(command, this.#reservePct);
    this.#written = { command, atMonoMs: this.options.clock.monoMs() };
    this.#writeFailure = null;
  }
}
