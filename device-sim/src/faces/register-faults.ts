/**
 * Wrong contents of registers, made from the same tables that made the right ones: frozen, spike, not a number,
 * swapped words, reversed sign. A value that a request covers only in part stays as it is.
 */
import { encodePoint } from '@wattward/edge/registers/codec';
import { type Point, pointLength, type RegisterTable } from '@wattward/edge/registers/table';
import type { FaultSet } from './fault.ts';
import type { ModbusDevice, Space } from './modbus-pdu.ts';

/** A table and where it begins on this device. */
export interface Placed {
  readonly table: RegisterTable;
  readonly base: number;
}

export function withRegisterFaults(
  device: ModbusDevice,
  tables: readonly Placed[],
  faults: FaultSet,
): ModbusDevice {
  const values = tables.flatMap(valuesOf);
  let frozen: { readonly sinceMonoMs: number; readonly words: Map<string, number> } | null = null;
  const freeze = (space: Space, address: number, words: readonly number[]): readonly number[] => {
    const fault = faults.get('frozen');
    if (!fault) {
      frozen = null;
      return words;
    }
    if (frozen?.sinceMonoMs !== fault.sinceMonoMs)
      frozen = { sinceMonoMs: fault.sinceMonoMs, words: new Map() };
    const kept = frozen.words;
    return words.map((word, i) => {
      const key = `${space} ${address + i}`;
      const first = kept.get(key) ?? word;
      kept.set(key, first);
      return first;
    });
  };
  return {
    read(space, address, count) {
      const words = [...freeze(space, address, device.read(space, address, count))];
      for (const value of values) {
        const at = value.address - address;
        if (value.space !== space || at < 0 || at + value.length > count) continue;
        const wrong = spoilt(value, words.slice(at, at + value.length), faults);
        if (wrong) words.splice(at, value.length, ...wrong);
      }
      return words;
    },
    write: (address, words) => device.write(address, words),
  };
}

interface PlacedValue {
  readonly key: string;
  readonly table: RegisterTable;
  readonly point: Point;
  readonly space: Space;
  readonly address: number;
  readonly length: number;
}

function valuesOf({ table, base }: Placed): PlacedValue[] {
  return Object.entries(table.points)
    .filter(([, point]) => point.type !== 'string' && point.type !== 'sunssf' && point.access !== 'rw')
    .map(([key, point]) => ({
      key,
      table,
      point,
      space: table.space,
      address: base + point.address,
      length: pointLength(point),
    }));
}

/** The words as the faults leave them; undefined when none touches this value. */
function spoilt(value: PlacedValue, words: readonly number[], faults: FaultSet): number[] | undefined {
  const { key, table } = value;
  if (faults.get('not-a-number')) return encodePoint(table, key, undefined);
  const spike = faults.get('spike');
  let result: number[] | undefined;
  if (spike && key.endsWith('W')) result = times(value, words, spike.factor);
  if (faults.get('reversed-sign') && /(W|A|Var)$/.test(key)) result = times(value, result ?? words, -1);
  if (faults.get('swapped-words') && value.length > 1) result = (result ?? [...words]).toReversed();
  return result;
}

/** The raw number times `factor`, at the end of its range where it leaves it; nothing unsigned turns negative. */
function times({ point, table }: PlacedValue, words: readonly number[], factor: number): number[] {
  const low = table.wordOrder === 'low-first';
  const bytes = Buffer.alloc(words.length * 2);
  for (const [i, word] of (low ? words.toReversed() : words).entries()) bytes.writeUInt16BE(word, 2 * i);
  const within = (raw: number, min: number, max: number) =>
    Math.max(min, Math.min(max, Math.round(raw * factor)));
  switch (point.type) {
    case 'f32':
      bytes.writeFloatBE(bytes.readFloatBE(0) * factor, 0);
      break;
    case 's16':
      if (bytes.readInt16BE(0) !== -0x8000)
        bytes.writeInt16BE(within(bytes.readInt16BE(0), -0x7fff, 0x7fff), 0);
      break;
    case 's32':
      if (bytes.readInt32BE(0) !== -0x8000_0000)
        bytes.writeInt32BE(within(bytes.readInt32BE(0), -0x7fff_ffff, 0x7fff_ffff), 0);
      break;
    case 'u16':
      if (factor > 0 && bytes.readUInt16BE(0) !== 0xffff)
        bytes.writeUInt16BE(within(bytes.readUInt16BE(0), 0, 0xfffe), 0);
      break;
    case 'u32':
      if (factor > 0 && bytes.readUInt32BE(0) !== 0xffff_ffff)
        bytes.writeUInt32BE(within(bytes.readUInt32BE(0), 0, 0xffff_fffe), 0);
      break;
  }
  const spoiltWords = Array.from({ length: words.length }, (_, i) => bytes.readUInt16BE(2 * i));
  return low ? spoiltWords.toReversed() : spoiltWords;
}
