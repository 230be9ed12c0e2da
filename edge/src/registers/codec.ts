/**
 * From registers to values and back, both directions from one table, so that the box and a simulated device cannot
 * disagree. Values come out in the table's units; what a vendor marks as missing, what was not read, and what is
 * not a finite number comes out as `not-available`, never as a number.
 */
import type { NotAvailableCodes, Point, RegisterTable, RegisterType } from './table.ts';
import { pointLength } from './table.ts';

export const NOT_AVAILABLE = 'not-available';
export type NotAvailable = typeof NOT_AVAILABLE;

/** Contents of registers by their address on the wire, 0..65535 each. */
export type RegisterImage = ReadonlyMap<number, number>;

export type Value<K> = K extends `${string}Text` ? string : number | NotAvailable;
export type Values<T extends RegisterTable> = { readonly [K in keyof T['points']]: Value<K> };

/** All points of `table`, read from `image`; `base` is added to every address (the start of a SunSpec model). */
export function decode<T extends RegisterTable>(table: T, image: RegisterImage, base = 0): Values<T> {
  const raw = new Map<string, number | string | undefined>();
  for (const [key, point] of Object.entries(table.points)) raw.set(key, readRaw(table, point, image, base));
  const values: Record<string, number | string> = {};
  for (const [key, point] of Object.entries(table.points)) {
    const found = raw.get(key);
    if (point.type === 'string') values[key] = found ?? '';
    else values[key] = typeof found === 'number' ? scaled(point, found, raw) : NOT_AVAILABLE;
  }
  return values as Values<T>;
}

/**
 * The registers that hold `values`. Points left out are coded as not available; scale factors of a SunSpec table
 * must be among the values when a scaled point is.
 * @throws RangeError when a value does not fit its register: a wrapped number is never written.
 */
export function encode<T extends RegisterTable>(
  table: T,
  values: Partial<Values<T>>,
  base = 0,
): Map<number, number> {
  const image = new Map<number, number>();
  for (const [key, point] of Object.entries(table.points)) {
    const value = (values as Readonly<Record<string, number | string | undefined>>)[key];
    const words = encodePoint(table, key, value, values);
    for (const [i, word] of words.entries()) image.set(base + point.address + i, word);
  }
  return image;
}

/** The words of one point. `values` holds its scale factor where it has one. */
export function encodePoint<T extends RegisterTable>(
  table: T,
  key: string & keyof T['points'],
  value: number | string | undefined,
  values: Partial<Values<T>> = {},
): number[] {
  const point: Point | undefined = table.points[key];
  if (!point) throw new RangeError(`${table.id} has no point ${key}`);
  if (point.type === 'string') return textToWords(String(value ?? ''), pointLength(point));
  if (value === undefined || value === NOT_AVAILABLE) return ordered(table, missingWords(table, point));
  if (typeof value !== 'number') throw new RangeError(`${table.id} ${key}: "${value}" is not a number`);
  const factors = values as Readonly<Record<string, number | string | undefined>>;
  const exponent = point.scaleFrom === undefined ? 0 : factors[point.scaleFrom];
  if (typeof exponent !== 'number') {
    throw new RangeError(`${table.id} ${key}: its scale factor ${point.scaleFrom} is not given`);
  }
  const raw = (value * (point.sign ?? 1)) / (point.scale ?? 1) / 10 ** exponent;
  return ordered(table, numberToWords(table, key, point, raw));
}

/** SunSpec's codes for "not implemented" [SunSpec Information Model 1.9, 6.3]; an acc32 of 0 is one too. */
export const SUNSPEC_NOT_AVAILABLE: NotAvailableCodes = {
  u16: [0xffff],
  s16: [-0x8000],
  sunssf: [-0x8000],
  u32: [0xffff_ffff],
  s32: [-0x8000_0000],
  acc32: [0],
};

const RANGES: Readonly<Record<Exclude<RegisterType, 'string' | 'f32'>, readonly [number, number]>> = {
  u16: [0, 0xffff],
  s16: [-0x8000, 0x7fff],
  sunssf: [-10, 10],
  u32: [0, 0xffff_ffff],
  acc32: [0, 0xffff_ffff],
  s32: [-0x8000_0000, 0x7fff_ffff],
  u64: [0, Number.MAX_SAFE_INTEGER],
};

function codesOf(table: RegisterTable, point: Point): readonly number[] {
  return [...(point.notAvailable ?? []), ...(table.notAvailable?.[point.type] ?? [])];
}

function readRaw(
  table: RegisterTable,
  point: Point,
  image: RegisterImage,
  base: number,
): number | string | undefined {
  const words: number[] = [];
  for (let i = 0; i < pointLength(point); i++) {
    const word = image.get(base + point.address + i);
    if (word === undefined) return undefined;
    words.push(word);
  }
  if (point.type === 'string') return wordsToText(words);
  const raw = wordsToNumber(point.type, ordered(table, words));
  return !Number.isFinite(raw) || codesOf(table, point).includes(raw) ? undefined : raw;
}

function scaled(
  point: Point,
  raw: number,
  all: ReadonlyMap<string, number | string | undefined>,
): number | NotAvailable {
  const value = raw * (point.scale ?? 1) * (point.sign ?? 1);
  if (point.scaleFrom === undefined) return plusZero(value);
  const exponent = all.get(point.scaleFrom);
  if (typeof exponent !== 'number' || Math.abs(exponent) > 10) return NOT_AVAILABLE;
  return plusZero(exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent);
}

function plusZero(value: number): number {
  return value === 0 ? 0 : value;
}

/** Tables with the low word first are turned round here, in both directions. */
function ordered(table: RegisterTable, words: number[]): number[] {
  return table.wordOrder === 'low-first' ? words.toReversed() : words;
}

function wordsToNumber(type: Exclude<RegisterType, 'string'>, words: readonly number[]): number {
  const view = SCRATCH;
  for (let i = 0; i < words.length; i += 1) view.setUint16(i * 2, words[i] ?? 0);
  switch (type) {
    case 'u16':
      return view.getUint16(0);
    case 's16':
    case 'sunssf':
      return view.getInt16(0);
    case 'u32':
    case 'acc32':
      return view.getUint32(0);
    case 's32':
      return view.getInt32(0);
    case 'f32':
      return view.getFloat32(0);
    case 'u64': {
      const exact = view.getBigUint64(0);
      return exact > BigInt(Number.MAX_SAFE_INTEGER) ? Number.NaN : Number(exact);
    }
  }
}

function numberToWords(table: RegisterTable, key: string, point: Point, value: number): number[] {
  const view = SCRATCH;
  const length = pointLength(point);
  if (point.type === 'string') throw new RangeError(`${table.id} ${key} is a text`);
  if (point.type === 'f32') {
    if (!Number.isFinite(Math.fround(value))) throw new RangeError(`${table.id} ${key}: ${value} is no f32`);
    view.setFloat32(0, value);
    return scratchWords(length);
  }
  const raw = Math.round(value);
  const [min, max] = RANGES[point.type];
  // An acc32 of 0 reads back as "not available", which is what SunSpec makes of a counter that never counted.
  const reserved = point.type !== 'acc32' && codesOf(table, point).includes(raw);
  if (!(raw >= min && raw <= max) || reserved) {
    throw new RangeError(`${table.id} ${key}: raw value ${raw} does not fit ${point.type}`);
  }
  storeInteger(point.type, raw);
  return scratchWords(length);
}

function missingWords(table: RegisterTable, point: Point): number[] {
  if (point.type === 'f32') SCRATCH.setUint32(0, 0x7fc0_0000);
  else if (point.type !== 'string') storeInteger(point.type, codesOf(table, point)[0] ?? 0);
  return scratchWords(pointLength(point));
}

function storeInteger(type: Exclude<RegisterType, 'string' | 'f32'>, raw: number): void {
  if (type === 'u64') SCRATCH.setBigUint64(0, BigInt(raw));
  else if (type === 'u32' || type === 's32' || type === 'acc32') SCRATCH.setUint32(0, raw >>> 0);
  else SCRATCH.setUint16(0, raw & 0xffff);
}

/** The bytes of the number that is being converted; never read before they were written. */
const SCRATCH = new DataView(new ArrayBuffer(8));

function scratchWords(length: number): number[] {
  const words: number[] = [];
  for (let i = 0; i < length; i += 1) words.push(SCRATCH.getUint16(i * 2));
  return words;
}

/** Two ASCII characters a register, padded with NUL. */
function textToWords(text: string, length: number): number[] {
  return Array.from(
    { length },
    (_, i) => ((text.charCodeAt(i * 2) & 0x7f) << 8) | (text.charCodeAt(i * 2 + 1) & 0x7f),
  );
}

function wordsToText(words: readonly number[]): string {
  const characters = words.flatMap((word) => [word >> 8, word & 0xff]);
  const end = characters.indexOf(0);
  const used = end < 0 ? characters : characters.slice(0, end);
  return String.fromCharCode(...used.filter((code) => code >= 0x20 && code < 0x7f)).trim();
}
