/**
 * A SunSpec inverter with storage: AC power, DC inputs, state of charge, and control of the battery by model 124.
 *
 * Models are found by walking their headers once per connection, never assumed. Each model is decoded from its own
 * registers only, so that a shorter one never borrows its neighbour's. PV and battery power are given at the house
 * bus (`hybridAcPower`). An order to the battery is written with the revert time first, then the rates, last the
 * mode bits: a box that dies in between leaves a device that falls back by itself.
 */
import type { Readings } from '../latch/sources.ts';
import { decode, encodePoint, NOT_AVAILABLE, type RegisterImage, type Values } from '../registers/codec.ts';
import { discoverModels, type FoundModel } from '../registers/sunspec-discovery.ts';
import { sunspecInverter, sunspecMppt, sunspecStorage } from '../registers/sunspec-inverter.ts';
import { sunspecSignals } from '../registers/sunspec-signals.ts';
import { type StorageOrder, type StorageRates, storageRates } from '../registers/sunspec-storage.ts';
import type { RegisterTable } from '../registers/table.ts';
import { DeviceFailure } from './failure.ts';
import { InverterDevice } from './inverter-device.ts';

const DEFAULT_LEASE_S = 90;
/** A limit that follows the sun is not rewritten for less than this share of the full rate, percent. */
const DEADBAND_PCT = 0.5;

type Storage = Values<typeof sunspecStorage>;

export class SunspecDevice extends InverterDevice<StorageRates> {
  #models: readonly FoundModel[] | null = null;
  #storage: Storage | null = null;

  protected async ask(): Promise<Readings> {
    const atMonoMs = this.options.clock.monoMs();
    try {
      const models = await this.#found();
      const inverter = await this.#model(models, sunspecInverter);
      const storage = await this.#model(models, sunspecStorage);
      const inputs = await this.#model(models, sunspecMppt);
      this.#storage = storage;
      return { atMonoMs, values: sunspecSignals(inverter, storage, inputs) };
    } catch (cause) {
      // A device that was away may have come back as another one: walk its models again.
      if (!(cause instanceof DeviceFailure && cause.code === 'exception')) this.#models = null;
      throw cause;
    }
  }

  async #found(): Promise<readonly FoundModel[]> {
    const { bus, unit } = this.options;
    this.#models ??= await discoverModels((address, count) =>
      bus.read({ unit, space: 'holding', address, count }),
    );
    if (this.#models.length === 0) {
      this.#models = null;
      throw new DeviceFailure('garbage', `${this.id} at ${bus.address} shows no SunSpec map`);
    }
    return this.#models;
  }

  async #model<T extends RegisterTable>(models: readonly FoundModel[], table: T): Promise<Values<T> | null> {
    const { modelId, sameAsIds = [] } = table.sunspec ?? {};
    const found = models.find((model) => model.modelId === modelId || sameAsIds.includes(model.modelId));
    if (!found) return null;
    const { bus, unit } = this.options;
    const image = new Map<number, number>();
    const end = found.address + 2 + found.lengthRegisters;
    for (let address = found.address; address < end; address += 125) {
      const count = Math.min(125, end - address);
      const words = await bus.read({ unit, space: 'holding', address, count });
      for (const [i, word] of words.entries()) image.set(address + i, word);
    }
    return decode(table, image as RegisterImage, found.address);
  }

  protected commandFor(order: StorageOrder): StorageRates | null {
    const chargeMaxW = this.#storage?.chargeMaxW;
    return typeof chargeMaxW === 'number' ? storageRates(order, chargeMaxW) : null;
  }

  protected differs(rates: StorageRates, written: StorageRates): boolean {
    return (
      rates.controlBits !== written.controlBits ||
      rates.gridChargeCode !== written.gridChargeCode ||
      differs(rates.chargeRatePct, written.chargeRatePct) ||
      differs(rates.dischargeRatePct, written.dischargeRatePct)
    );
  }

  protected async write(rates: StorageRates, reservePct: number | null): Promise<void> {
    const storage = this.#storage;
    const model = this.#models?.find(({ modelId }) => modelId === sunspecStorage.sunspec?.modelId);
    if (!storage || !model) {
      throw new DeviceFailure('offline', `${this.id} is not reached: its storage cannot be commanded`);
    }
    const put = async (first: keyof Storage & string, values: Partial<Storage>) => {
      const words = Object.entries(values).flatMap(([key, value]) =>
        encodePoint(sunspecStorage, key as keyof Storage & string, value, storage),
      );
      const address = model.address + sunspecStorage.points[first].address;
      await this.options.bus.write({ unit: this.options.unit, address, words });
    };
    if (typeof storage.revertS === 'number') {
      await put('revertS', { revertS: this.options.leaseS ?? DEFAULT_LEASE_S });
    }
    if (reservePct !== null && typeof storage.reservePct === 'number') {
      if (differs(storage.reservePct, reservePct)) await put('reservePct', { reservePct });
    }
    await put('dischargeRatePct', {
      dischargeRatePct: rates.dischargeRatePct,
      chargeRatePct: rates.chargeRatePct,
    });
    if (storage.gridChargeCode !== NOT_AVAILABLE) {
      await put('gridChargeCode', { gridChargeCode: rates.gridChargeCode });
    }
    await put('controlBits', { controlBits: rates.controlBits });
  }
}

function differs(a: number, b: number): boolean {
  return Math.abs(a - b) >= DEADBAND_PCT || (a === 0) !== (b === 0) || a < 0 !== b < 0;
}
