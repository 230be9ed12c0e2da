/**
 * Finding SunSpec models, and laying them out. A SunSpec map starts with `SunS` at one of three addresses; from
 * there each model tells its id and length, so that the next one is found by walking. Nothing is assumed about the
 * order. [SunSpec Information Model 1.9, 6.2]
 */
import { encode, type RegisterImage, type Values } from './codec.ts';
import type { Conversation } from './conversation.ts';
import type { RegisterTable } from './table.ts';

export const SUNSPEC_BASES = [40_000, 0, 50_000] as const;
const MARKER = [0x5375, 0x6e53] as const;
const END_MODEL = 0xffff;
/** More models than this is a device that talks nonsense. */
const MAX_MODELS = 100;

export interface FoundModel {
  readonly modelId: number;
  /** Address of the model's ID register. */
  readonly address: number;
  /** Registers after ID and L. */
  readonly lengthRegisters: number;
}

/**
 * All models of the device, in its order; empty when no base holds the marker.
 * @throws DeviceFailure once the marker was found: a half-read map is no map.
 */
export function* discoverModels(
  bases: readonly number[] = SUNSPEC_BASES,
): Conversation<readonly FoundModel[]> {
  const base = yield* findBase(bases);
  const models: FoundModel[] = [];
  if (base === undefined) return models;
  let address = base + MARKER.length;
  while (models.length < MAX_MODELS && address < 0xffff) {
    const [modelId, lengthRegisters] = yield* read(address, 2);
    if (modelId === undefined || lengthRegisters === undefined || modelId === END_MODEL) break;
    models.push({ modelId, address, lengthRegisters });
    address += 2 + lengthRegisters;
  }
  return models;
}

function* findBase(bases: readonly number[]): Conversation<number | undefined> {
  let failure: unknown;
  for (const base of bases) {
    try {
      const words = yield* read(base, 2);
      if (words[0] === MARKER[0] && words[1] === MARKER[1]) return base;
    } catch (cause) {
      failure = cause;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function* read(address: number, count: number): Conversation<readonly number[]> {
  return yield { ask: 'read', space: 'holding', address, count };
}

export interface ModelContents {
  readonly table: RegisterTable;
  readonly values: Readonly<Record<string, number | string | undefined>>;
  /** Of a model with the same layout; the table's own when left out. */
  readonly modelId?: number;
}

/** One model with its values, typed by its table. */
export function modelContents<T extends RegisterTable>(
  table: T,
  values: Partial<Values<T>>,
  modelId?: number,
): ModelContents {
  return { table, values, ...(modelId === undefined ? {} : { modelId }) };
}

/**
 * The whole map of a device that has these models one after another: marker, headers, contents, end. Registers of
 * a model that no point covers hold 0xFFFF ("not implemented").
 */
export function sunspecImage(base: number, models: readonly ModelContents[]): Map<number, number> {
  const image = new Map<number, number>(MARKER.map((word, i) => [base + i, word]));
  let address = base + MARKER.length;
  for (const { table, values, modelId } of models) {
    const shape = table.sunspec;
    if (!shape) throw new RangeError(`${table.id} is no SunSpec model`);
    image.set(address, modelId ?? shape.modelId);
    image.set(address + 1, shape.lengthRegisters);
    for (let i = 0; i < shape.lengthRegisters; i++) image.set(address + 2 + i, END_MODEL);
    copyInto(image, encode(table, values as Partial<Values<RegisterTable>>, address));
    address += 2 + shape.lengthRegisters;
  }
  image.set(address, END_MODEL);
  image.set(address + 1, 0);
  return image;
}

function copyInto(target: Map<number, number>, source: RegisterImage): void {
  for (const [address, word] of source) target.set(address, word);
}
