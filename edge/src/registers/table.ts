/**
 * Register tables: a vendor's map of a Modbus device, as data.
 *
 * A table says where each quantity lies, how it is coded and what the vendor writes when it has none. Scale, sign
 * and "not available" codes end here: whatever leaves the codec is in the project's units, with + flowing into the
 * house bus. Every key ends in its unit, and a key without one does not compile. Addresses are those on the wire
 * (0-based), or offsets from the start of a SunSpec model.
 */

type LowerOrDigit =
  | 'a'
  | 'b'
  | 'c'
  | 'd'
  | 'e'
  | 'f'
  | 'g'
  | 'h'
  | 'i'
  | 'j'
  | 'k'
  | 'l'
  | 'm'
  | 'n'
  | 'o'
  | 'p'
  | 'q'
  | 'r'
  | 's'
  | 't'
  | 'u'
  | 'v'
  | 'w'
  | 'x'
  | 'y'
  | 'z'
  | '0'
  | '1'
  | '2'
  | '3'
  | '4'
  | '5'
  | '6'
  | '7'
  | '8'
  | '9';

/** Physical units, and the four kinds of value that have none: codes, bit fields, scale exponents, texts. */
export type Unit =
  | 'W'
  | 'Wh'
  | 'V'
  | 'A'
  | 'Ah'
  | 'Hz'
  | 'Pct'
  | 'PctPerS'
  | 'C'
  | 'Var'
  | 'VA'
  | 'S'
  | 'Count'
  | 'Ratio'
  | 'Code'
  | 'Bits'
  | 'Sf'
  | 'Text';

/** A camel-case name that ends in its unit: `phase1PowerW`, `batterySocPct`. */
export type UnitKey = `${string}${LowerOrDigit}${Unit}`;

export type RegisterType = 'u16' | 's16' | 'u32' | 's32' | 'u64' | 'f32' | 'acc32' | 'sunssf' | 'string';

export interface Point {
  /** First register, 0-based. */
  readonly address: number;
  readonly type: RegisterType;
  /** Registers of a `string`; every other type knows its own. */
  readonly length?: number;
  /** value = raw x scale */
  readonly scale?: number;
  /** Key of the `sunssf` point whose power of ten the value is multiplied by. */
  readonly scaleFrom?: string;
  /** -1 where the vendor counts the other way round than the house bus does. */
  readonly sign?: -1;
  /** Raw codes for "no value", beside those of the table. */
  readonly notAvailable?: readonly number[];
  /** `rw`: may be written by the box. Read-only when left out. */
  readonly access?: 'rw';
  readonly description: string;
}

type Points = Readonly<Record<string, Point>>;

/** For each type the raw codes that mean "no value"; the first is what `encode` writes. f32 also has NaN. */
export type NotAvailableCodes = Readonly<Partial<Record<RegisterType, readonly number[]>>>;

export interface RegisterTable<P extends Points = Points> {
  readonly id: string;
  readonly model: string;
  /** `input` is read with function 4, `holding` with 3. */
  readonly space: 'input' | 'holding';
  readonly wordOrder?: 'high-first' | 'low-first';
  /** Most registers the device answers at once; 125 is the protocol's own limit. */
  readonly maxReadRegisters?: number;
  readonly notAvailable?: NotAvailableCodes;
  /** A SunSpec model: its id and the value of its length register (registers after ID and L). */
  readonly sunspec?: {
    readonly modelId: number;
    readonly lengthRegisters: number;
    /** Models of the same layout, e.g. those of fewer phases. */
    readonly sameAsIds?: readonly number[];
  };
  readonly points: P;
  readonly source: string;
}

type Checked<P> = {
  readonly [K in keyof P]: K extends UnitKey
    ? P[K] extends { readonly scaleFrom: infer S }
      ? S extends keyof P
        ? unknown
        : never
      : unknown
    : never;
};

/** A table whose keys end in units and whose scale factors exist: the compiler refuses others. */
export function defineTable<const P extends Points>(
  table: RegisterTable<P> & { readonly points: Checked<P> },
): RegisterTable<P> {
  return table;
}

export interface RegisterBlock {
  readonly address: number;
  readonly count: number;
}

const WORDS: Readonly<Record<Exclude<RegisterType, 'string'>, number>> = {
  u16: 1,
  s16: 1,
  sunssf: 1,
  u32: 2,
  s32: 2,
  f32: 2,
  acc32: 2,
  u64: 4,
};

/** Registers that a point covers. */
export function pointLength(point: Point): number {
  return point.type === 'string' ? (point.length ?? 1) : WORDS[point.type];
}

/** Holes up to this many registers are read along: one longer answer is quicker than two requests. */
const BRIDGED_REGISTERS = 16;

/**
 * The fewest reads that cover all points (or those named), each within what the device answers at once.
 * A point is never split over two reads, so that no value is torn between two instants.
 */
export function planBlocks(table: RegisterTable, keys = Object.keys(table.points)): RegisterBlock[] {
  const limit = Math.min(table.maxReadRegisters ?? 125, 125);
  const spans = keys
    .flatMap((key) => table.points[key] ?? [])
    .map((point) => ({ start: point.address, end: point.address + pointLength(point) }))
    .sort((a, b) => a.start - b.start);
  const blocks: { start: number; end: number }[] = [];
  for (const span of spans) {
    const last = blocks.at(-1);
    const joins = last && span.start - last.end <= BRIDGED_REGISTERS && span.end - last.start <= limit;
    if (joins) last.end = Math.max(last.end, span.end);
    else blocks.push({ ...span });
  }
  return blocks.map(({ start, end }) => ({ address: start, count: end - start }));
}
