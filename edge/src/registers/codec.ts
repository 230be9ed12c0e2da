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

/** What `decode` needs of an image: the word at an address, undefined where none was read. */
export type RegisterReader = Pick<RegisterImage, 'get'>;

export type Value<K> = K extends `${string}Text` ? string : number | NotAvailable;
export type Values<T extends RegisterTable> = { readonly [K in keyof T['points']]: Value<K> };

/** All points of `table`, read from `image`; `base` is added to every address (the start of a SunSpec model). */
export function decode<T extends RegisterTable>(table: T, image: RegisterReader, base = 0): Values<T> {
  const entries = entriesOf(table);
  const raw: ReturnType<typeof readRaw>[] = [];
  for (let i = 0; i < entries.length; i += 1) raw.push(readRaw(entryAt(entries, i), image, base));
  // All keys at once: growing an object key by key takes far longer.
  const values: Record<string, number | string> = { ...emptyOf(table) };
  for (let i = 0; i < entries.length; i += 1) {
    const { key, point, factor } = entryAt(entries, i);
    const found = raw[i];
    if (point.type === 'string') values[key] = found ?? '';
    else if (typeof found === 'number') values[key] = scaled(point, found, factor < 0 ? 0 : raw[factor]);
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
  const given = values as Given;
  for (const entry of entriesOf(table)) {
    const first = base + entry.point.address;
    const value = given[entry.key];
    if (entry.point.type === 'string') {
      const text = String(value ?? '');
      for (let i = 0; i < entry.length; i += 1) image.set(first + i, textWord(text, i));
      continue;
    }
    store(table, entry, value, given);
    for (let i = 0; i < entry.length; i += 1) image.set(first + i, storedWord(entry, i));
  }
  return image;
}

/**
 * The same into `words`, which begin at `address`: what lies outside of them, and what no point covers, is left alone.
 * @throws RangeError as `encode` does
 */
export function encodeInto<T extends RegisterTable>(
  words: number[],
  address: number,
  table: T,
  values: Partial<Values<T>>,
  base = 0,
): void {
  const given = values as Given;
  for (const entry of entriesOf(table)) {
    const first = base + entry.point.address - address;
    if (first >= words.length || first + entry.length <= 0) continue;
    const value = given[entry.key];
    const isText = entry.point.type === 'string';
    if (!isText) store(table, entry, value, given);
    for (let i = Math.max(0, -first); i < entry.length && first + i < words.length; i += 1)
      words[first + i] = isText ? textWord(String(value ?? ''), i) : storedWord(entry, i);
  }
}

/** Values by key, their scale factors among them. */
type Given = Readonly<Record<string, number | string | undefined>>;

/** The words of one point. `values` holds its scale factor where it has one. */
export function encodePoint<T extends RegisterTable>(
  table: T,
  key: string & keyof T['points'],
  value: number | string | undefined,
  values: Partial<Values<T>> = {},
): number[] {
  const entry = entryOf(table, key);
  if (entry.point.type === 'string') return textToWords(String(value ?? ''), entry.length);
  store(table, entry, value, values as Given);
  const words: number[] = [];
  for (let i = 0; i < entry.length; i += 1) words.push(storedWord(entry, i));
  return words;
}

/** The value of one number. `given` holds its scale factor where it has one. */
export function decodePoint<T extends RegisterTable>(
  table: T,
  key: string & keyof T['points'],
  image: RegisterReader,
  base = 0,
  given: Partial<Values<T>> = {},
): number | NotAvailable {
  const entry = entryOf(table, key);
  const raw = readRaw(entry, image, base);
  const { scaleFrom } = entry.point;
  if (typeof raw !== 'number') return NOT_AVAILABLE;
  return scaled(entry.point, raw, scaleFrom === undefined ? 0 : (given as Given)[scaleFrom]);
}

function entryOf(table: RegisterTable, key: string): Entry {
  let byKey = BY_KEY.get(table);
  if (!byKey) {
    byKey = new Map(entriesOf(table).map((entry) => [entry.key, entry]));
    BY_KEY.set(table, byKey);
  }
  const entry = byKey.get(key);
  if (!entry) throw new RangeError(`${table.id} has no point ${key}`);
  return entry;
}

/** Puts the number of a point into SCRATCH, as the wire wants it. */
function store(table: RegisterTable, entry: Entry, value: number | string | undefined, given: Given): void {
  const { key, point } = entry;
  if (value === undefined || value === NOT_AVAILABLE) {
    storeMissing(entry);
    return;
  }
  if (typeof value !== 'number') throw new RangeError(`${table.id} ${key}: "${value}" is not a number`);
  const exponent = point.scaleFrom === undefined ? 0 : given[point.scaleFrom];
  if (typeof exponent !== 'number') {
    throw new RangeError(`${table.id} ${key}: its scale factor ${point.scaleFrom} is not given`);
  }
  const raw = (value * (point.sign ?? 1)) / (point.scale ?? 1) / powerOfTen(exponent);
  storeNumber(table, entry, raw);
}

/** Word `i` of what was stored last. Tables with the low word first are turned round here and in `readRaw`. */
function storedWord({ length, lowFirst }: Entry, i: number): number {
  return SCRATCH.getUint16(2 * (lowFirst ? length - 1 - i : i));
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

/** A point with all that its table says about it, found once for each table. */
interface Entry {
  readonly key: string;
  readonly point: Point;
  readonly length: number;
  readonly lowFirst: boolean;
  /** Raw codes for "no value". */
  readonly missing: readonly number[];
  /** Index of its scale factor among the entries, -1 where it has none. */
  readonly factor: number;
}

const ENTRIES = new WeakMap<RegisterTable, readonly Entry[]>();
const BY_KEY = new WeakMap<RegisterTable, ReadonlyMap<string, Entry>>();
const EMPTY = new WeakMap<RegisterTable, Readonly<Record<string, number | string>>>();

/** All values of a table, none of them available. */
function emptyOf(table: RegisterTable): Readonly<Record<string, number | string>> {
  let empty = EMPTY.get(table);
  if (!empty) {
    empty = Object.fromEntries(Object.keys(table.points).map((key) => [key, NOT_AVAILABLE]));
    EMPTY.set(table, empty);
  }
  return empty;
}

function entriesOf(table: RegisterTable): readonly Entry[] {
  const known = ENTRIES.get(table);
  if (known) return known;
  const keys = Object.keys(table.points);
  const entries = Object.entries(table.points).map(([key, point]) => ({
    key,
    point,
    length: pointLength(point),
    lowFirst: table.wordOrder === 'low-first',
    missing: codesOf(table, point),
    factor: point.scaleFrom === undefined ? -1 : keys.indexOf(point.scaleFrom),
  }));
  ENTRIES.set(table, entries);
  return entries;
}

function entryAt(entries: readonly Entry[], i: number): Entry {
  const entry = entries[i];
  if (!entry) throw new RangeError('a table lost a point');
  return entry;
}

function codesOf(table: RegisterTable, point: Point): readonly number[] {
  return [...(point.notAvailable ?? []), ...(table.notAvailable?.[point.type] ?? [])];
}

function readRaw(entry: Entry, image: RegisterReader, base: number): number | string | undefined {
  const { point, length, lowFirst } = entry;
  const first = base + point.address;
  if (point.type === 'string') return readText(image, first, length);
  for (let i = 0; i < length; i += 1) {
    const word = image.get(first + i);
    if (word === undefined) return undefined;
    SCRATCH.setUint16((lowFirst ? length - 1 - i : i) * 2, word);
  }
  const raw = scratchNumber(point.type);
  return !Number.isFinite(raw) || entry.missing.includes(raw) ? undefined : raw;
}

function readText(image: RegisterReader, first: number, length: number): string | undefined {
  let text = '';
  let ended = false;
  for (let i = 0; i < length; i += 1) {
    const word = image.get(first + i);
    if (word === undefined) return undefined;
    for (const code of [word >> 8, word & 0xff]) {
      ended ||= code === 0;
      if (!ended && code >= 0x20 && code < 0x7f) text += String.fromCharCode(code);
    }
  }
  return text.trim();
}

/** `exponent` is the power of ten of its scale factor, 0 where it has none. */
function scaled(point: Point, raw: number, exponent: number | string | undefined): number | NotAvailable {
  const value = raw * (point.scale ?? 1) * (point.sign ?? 1);
  if (typeof exponent !== 'number' || Math.abs(exponent) > 10) return NOT_AVAILABLE;
  return plusZero(exponent < 0 ? value / powerOfTen(-exponent) : value * powerOfTen(exponent));
}

/** Looked up where a scale factor can be: raising to a power costs as much as all the rest of a conversion. */
function powerOfTen(exponent: number): number {
  return POWERS_OF_TEN[exponent + 10] ?? 10 ** exponent;
}
const POWERS_OF_TEN = Array.from({ length: 21 }, (_, i) => 10 ** (i - 10));

function plusZero(value: number): number {
  return value === 0 ? 0 : value;
}

function scratchNumber(type: Exclude<RegisterType, 'string'>): number {
  const view = SCRATCH;
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

function storeNumber(table: RegisterTable, { key, point, missing }: Entry, value: number): void {
  if (point.type === 'string') throw new RangeError(`${table.id} ${key} is a text`);
  if (point.type === 'f32') {
    if (!Number.isFinite(Math.fround(value))) throw new RangeError(`${table.id} ${key}: ${value} is no f32`);
    SCRATCH.setFloat32(0, value);
    return;
  }
  const raw = Math.round(value);
  const [min, max] = RANGES[point.type];
  // An acc32 of 0 reads back as "not available", which is what SunSpec makes of a counter that never counted.
  const reserved = point.type !== 'acc32' && missing.includes(raw);
  if (!(raw >= min && raw <= max) || reserved) {
    throw new RangeError(`${table.id} ${key}: raw value ${raw} does not fit ${point.type}`);
  }
  storeInteger(point.type, raw);
}

function storeMissing({ point, missing }: Entry): void {
  if (point.type === 'f32') SCRATCH.setUint32(0, 0x7fc0_0000);
  else if (point.type !== 'string') storeInteger(point.type, missing[0] ?? 0);
}

function storeInteger(type: Exclude<RegisterType, 'string' | 'f32'>, raw: number): void {
  if (type === 'u64') SCRATCH.setBigUint64(0, BigInt(raw));
  else if (type === 'u32' || type === 's32' || type === 'acc32') SCRATCH.setUint32(0, raw >>> 0);
  else SCRATCH.setUint16(0, raw & 0xffff);
}

/** The bytes of the number that is being converted; never read before they were written. */
const SCRATCH = new DataView(new ArrayBuffer(8));

/** Two ASCII characters a register, padded with NUL. */
function textToWords(text: string, length: number): number[] {
  return Array.from({ length }, (_, i) => textWord(text, i));
}

function textWord(text: string, i: number): number {
  return ((text.charCodeAt(i * 2) & 0x7f) << 8) | (text.charCodeAt(i * 2 + 1) & 0x7f);
}

/** The numeric points, added to `values`: texts and the powers of ten of others are no signals. */
export function numbersOf(
  decoded: Readonly<Record<string, number | string>>,
  values: Record<string, number | null> = {},
): Record<string, number | null> {
  for (const key in decoded) {
    const value = decoded[key];
    if (typeof value === 'string' && value !== NOT_AVAILABLE) continue;
    if (!key.endsWith('Sf')) values[key] = typeof value === 'number' ? value : null;
  }
  return values;
}
