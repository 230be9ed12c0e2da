/**
 * Inverters by SunSpec: AC power, DC inputs, state of charge, and control of the battery by model 124.
 *
 * Models are found by walking their headers once per connection, never assumed. Each model is decoded from its own
 * registers only, so that a shorter one never borrows its neighbour's. PV and battery power are given at the house
 * bus (`hybridAcPower`). An order to the battery is written with the revert time first, then the rates, last the
 * mode bits: a box that dies in between leaves a device that falls back by itself.
 */
import { decode, encodePoint, NOT_AVAILABLE, type Values } from '../../registers/codec.ts';
import { type Conversation, readBlocks, type SignalValues } from '../../registers/conversation.ts';
import { DeviceFailure } from '../../registers/device-failure.ts';
import { discoverModels, type FoundModel } from '../../registers/sunspec-discovery.ts';
import type { RegisterTable } from '../../registers/table.ts';
import type { InverterFamily, InverterTalk, WriteTerms } from '../inverter-family.ts';
import type { StorageOrder } from '../storage-order.ts';
import { sunspecInverter, sunspecMppt, sunspecStorage } from './sunspec-models.ts';
import { sunspecSignals } from './sunspec-signals.ts';
import { type StorageRates, storageRates } from './sunspec-storage.ts';

/** A limit that follows the sun is not rewritten for less than this share of the full rate, percent. */
const DEADBAND_PCT = 0.5;
/** Most registers of one answer. [Modbus Application Protocol 1.1b3, 6.3] */
const LONGEST_READ = 125;

export const sunspec: InverterFamily = {
  id: 'sunspec',
  maker: 'makers that follow SunSpec',
  models: ['any with models 101 to 103; batteries by models 124 and 160, e.g. Fronius GEN24'],
  source: 'SunSpec models 1, 101 to 103, 124, 160',
  // InOutWRte_RvrtTms is a number of seconds in 16 bits; the settings offer no more than a quarter of an hour.
  lease: { shortestS: 10, longestS: 900 },
  open: (name) => new SunspecTalk(name),
};

type Storage = Values<typeof sunspecStorage>;

class SunspecTalk implements InverterTalk<StorageRates> {
  readonly #name: string;
  #models: readonly FoundModel[] | null = null;
  #storage: Storage | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  *read(): Conversation<SignalValues> {
    try {
      this.#models ??= yield* this.#discover();
      const inverter = yield* readModel(this.#models, sunspecInverter);
      const storage = yield* readModel(this.#models, sunspecStorage);
      const inputs = yield* readModel(this.#models, sunspecMppt);
      this.#storage = storage;
      return sunspecSignals(inverter, storage, inputs);
    } catch (cause) {
      // A device that was away may have come back as another one: walk its models again.
      if (!(cause instanceof DeviceFailure && cause.code === 'exception')) this.#models = null;
      throw cause;
    }
  }

  commandFor(order: StorageOrder): StorageRates | null {
    const chargeMaxW = this.#storage?.chargeMaxW;
    return typeof chargeMaxW === 'number' ? storageRates(order, chargeMaxW) : null;
  }

  differs(rates: StorageRates, written: StorageRates): boolean {
    return (
      rates.controlBits !== written.controlBits ||
      rates.gridChargeCode !== written.gridChargeCode ||
      apart(rates.chargeRatePct, written.chargeRatePct) ||
      apart(rates.dischargeRatePct, written.dischargeRatePct)
    );
  }

  *write(rates: StorageRates, { leaseS, reservePct }: WriteTerms): Conversation<void> {
    const storage = this.#storage;
    const model = this.#models && found(this.#models, sunspecStorage);
    if (!storage || !model) {
      throw new DeviceFailure('offline', `${this.#name} is not reached: its storage cannot be commanded`);
    }
    const { controlBits, gridChargeCode, dischargeRatePct, chargeRatePct } = rates;
    const put = (key: keyof Storage & string, value: number) => ({
      ask: 'write' as const,
      address: model.address + sunspecStorage.points[key].address,
      words: encodePoint(sunspecStorage, key, value, storage),
    });
    if (typeof storage.revertS === 'number') yield put('revertS', leaseS);
    if (
      reservePct !== null &&
      typeof storage.reservePct === 'number' &&
      apart(storage.reservePct, reservePct)
    ) {
      yield put('reservePct', reservePct);
      this.#storage = { ...storage, reservePct };
    }
    // Neighbours, and so one request: no moment has one of them without the other.
    const discharge = put('dischargeRatePct', dischargeRatePct);
    yield {
      ...discharge,
      words: [...discharge.words, ...encodePoint(sunspecStorage, 'chargeRatePct', chargeRatePct, storage)],
    };
    if (storage.gridChargeCode !== NOT_AVAILABLE) yield put('gridChargeCode', gridChargeCode);
    yield put('controlBits', controlBits);
  }

  *#discover(): Conversation<readonly FoundModel[]> {
    const models = yield* discoverModels();
    if (models.length > 0) return models;
    throw new DeviceFailure('garbage', `${this.#name} shows no SunSpec map`);
  }
}

function found(models: readonly FoundModel[], { sunspec: shape }: RegisterTable): FoundModel | undefined {
  const { modelId: wanted, sameAsIds = [] } = shape ?? {};
  return models.find(({ modelId }) => modelId === wanted || sameAsIds.includes(modelId));
}

/** Null where the device has no such model. Of a longer one, only what the table knows is read. */
function* readModel<T extends RegisterTable>(
  models: readonly FoundModel[],
  table: T,
): Conversation<Values<T> | null> {
  const model = found(models, table);
  if (!model) return null;
  const length = Math.min(model.lengthRegisters, table.sunspec?.lengthRegisters ?? 0);
  const end = model.address + 2 + length;
  const blocks: { address: number; count: number }[] = [];
  for (let { address } = model; address < end; address += LONGEST_READ) {
    blocks.push({ address, count: Math.min(LONGEST_READ, end - address) });
  }
  return decode(table, yield* readBlocks(table.space, blocks), model.address);
}

function apart(a: number, b: number): boolean {
  return Math.abs(a - b) >= DEADBAND_PCT || (a === 0) !== (b === 0) || a < 0 !== b < 0;
}
