import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ackRows, isAcked, NOTHING_ACKED, openWindows } from '../../src/outbox/acked.ts';
import { batchId, rowsOfBatch } from '../../src/outbox/batch-id.ts';
import { crc32c } from '../../src/outbox/crc32c.ts';
import { shiftLine, splitLine } from '../../src/outbox/line.ts';
import { encodeLine } from '../../src/outbox/point.ts';
import { thinLines } from '../../src/outbox/thinning.ts';
import { parseLine } from '../delivery/influx-stub.ts';

test('the check value is CRC-32C: known vectors, and the same however the bytes are cut', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(crc32c(bytes('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (data, cut) => {
      expect(crc32c(data.slice(cut), crc32c(data.slice(0, cut)))).toBe(crc32c(data));
    }),
  );
});

test('every point becomes a line that a strict reader takes, with its series, fields and time', () => {
  const text = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.string({ maxLength: 20, unit: 'binary' }),
  );
  const point = fc.record({
    measurement: text,
    tags: fc.dictionary(text, text, { maxKeys: 4 }),
    // A backslash or line end in a name becomes an underscore: two such names may become one.
    fields: fc.dictionary(
      text.filter((name) => !/[\\\n]/.test(name)),
      value,
      { minKeys: 1, maxKeys: 5 },
    ),
  });
  fc.assert(
    fc.property(point, fc.integer({ min: 0, max: 4e12 }), (made, timeMs) => {
      const line = encodeLine(made, timeMs) ?? '';
      const parsed = parseLine(line);
      expect([line, parsed?.time]).toEqual([line, String(timeMs)]);
      expect(Object.keys(parsed?.fields ?? {})).toHaveLength(Object.keys(made.fields).length);
      const own = splitLine(line);
      expect(own?.series).toBe(parsed?.series);
      expect(Object.fromEntries(own?.fields ?? [])).toEqual(parsed?.fields);
    }),
    { numRuns: 1000 },
  );
});

test('values that are no numbers are left out, and a point without any field is no line', () => {
  const point = (fields: Record<string, number | null | undefined>) => ({
    measurement: 'm',
    tags: {},
    fields,
  });
  expect(encodeLine(point({ a: Number.NaN, b: 1, c: null, d: undefined }), 5.4)).toBe('m b=1 5');
  expect(encodeLine(point({ a: Number.POSITIVE_INFINITY }), 5)).toBeUndefined();
});

test('shifting a line changes its time and nothing else', () => {
  expect(shiftLine('m,a=b s="x y 1" 1500', 1_790_000_000_000)).toBe('m,a=b s="x y 1" 1790000001500');
});

test('thinned to a minute: gauges are means, counters and texts the last of the bucket, at its time', () => {
  const lines = [0, 10, 20, 30, 40, 50, 60].map(
    (s, i) => `site,site=h gridPowerW=${i * 100},gridImportWh=${1000 + i},mode="m${i}" ${s * 1000}`,
  );
  expect(thinLines(lines, 60_000)).toEqual([
    'site,site=h gridPowerW=250,gridImportWh=1005,mode="m5" 50000',
    'site,site=h gridPowerW=600,gridImportWh=1006,mode="m6" 60000',
  ]);
});

test('series are thinned apart, and a forecast keeps the last that was issued', () => {
  const lines = [
    'device,d=a powerW=1 0',
    'device,d=b powerW=3 0',
    'device,d=a powerW=2 1000',
    'forecast p50W=1 0',
    'forecast p50W=9 1000',
  ];
  expect(thinLines(lines, 60_000)).toEqual([
    'device,d=a powerW=1.5 1000',
    'device,d=b powerW=3 0',
    'forecast p50W=9 1000',
  ]);
});

test('thinning keeps every counter equal to what the meter showed at that time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { minLength: 1, maxLength: 200 }), (steps) => {
      const shown = new Map<number, number>();
      let counter = 0;
      let timeMs = 0;
      for (const step of steps) {
        counter += step;
        timeMs += 1 + step;
        shown.set(timeMs, counter);
      }
      const lines = [...shown].map(([ms, wh]) => `site,s=h gridImportWh=${wh} ${ms}`);
      const minutes = thinLines(lines, 60_000);
      for (const line of [...minutes, ...thinLines(minutes, 900_000)]) {
        const split = splitLine(line);
        expect(Number(split?.fields[0]?.[1])).toBe(shown.get(split?.timeMs ?? -1));
      }
      expect(thinLines(minutes, 900_000).at(-1)).toBe(lines.at(-1));
    }),
  );
});

test('the name of a batch says which rows are in it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (seqs) => {
      const sorted = [...seqs].sort((a, b) => a - b);
      expect(rowsOfBatch(batchId('data', seqs))).toEqual({ queue: 'data', seqs: sorted });
    }),
  );
  expect(batchId('event', [5, 3, 4, 9])).toBe('event:3-5,9');
  expect(() => rowsOfBatch('data:')).toThrow(RangeError);
});

test('acknowledged in any order, exactly what was acknowledged is done', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i + 1)), (seqs) => {
      const done = new Set<number>();
      let acked = NOTHING_ACKED;
      for (const seq of seqs) {
        done.add(seq);
        acked = ackRows(acked, [seq], (after, before) => after + 1 < before);
        for (let i = 1; i <= 40; i++) expect(isAcked(acked, i)).toBe(done.has(i));
      }
      const open = openWindows(acked, 40).flatMap(([a, b]) =>
        Array.from({ length: b - a + 1 }, (_, i) => a + i),
      );
      expect(open).toEqual(Array.from({ length: 40 }, (_, i) => i + 1).filter((i) => !done.has(i)));
    }),
  );
});
