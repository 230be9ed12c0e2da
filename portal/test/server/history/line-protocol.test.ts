import { Point } from '@influxdata/influxdb-client';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseHead, parseLines } from '../../../server/history/line-protocol.ts';

test('the parts of a line', () => {
  const [point] = parseLines(
    'load,site=a,load=pool\\ heater on=t,powerW=2100.5,switches=7i,cause="a, b = \\"c\\"" 12',
    'ms',
    0,
  );
  expect(point).toEqual({
    head: 'load,site=a,load=pool\\ heater',
    atMs: 12,
    fields: [
      { name: 'on', type: 'boolean', value: 1 },
      { name: 'powerW', type: 'float', value: 2100.5 },
      { name: 'switches', type: 'integer', value: 7 },
      { name: 'cause', type: 'string', value: 'a, b = "c"' },
    ],
  });
  const { measurement, tags } = parseHead(point?.head ?? '');
  expect([measurement, [...tags]]).toEqual([
    'load',
    [
      ['site', 'a'],
      ['load', 'pool heater'],
    ],
  ]);
});

test('comments and empty lines are no points, a line without time gets the present', () => {
  const points = parseLines('# a comment\n\n  \nsite v=1\r\nsite v=2 5\n', 'ms', 42);
  expect(points.map(({ atMs }) => atMs)).toEqual([42, 5]);
});

test('whatever the official client writes is read as it was meant', () => {
  const name = fc
    .stringMatching(/^[a-zA-Z ,=äß]{1,12}$/)
    .filter((text) => text.trim() !== '' && !text.startsWith('#'));
  const text = fc.string({ unit: fc.constantFrom('a', ' ', ',', '=', '"', '\\', '\n', 'ü', '#') });
  const fields = fc.record({
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    flag: fc.boolean(),
  });
  fc.assert(
    fc.property(
      name,
      name,
      name,
      fields,
      fc.integer({ min: 0, max: 4e12 }),
      (measurement, tag, value, field, atMs) => {
        const line = new Point(measurement)
          .tag(tag, value)
          .floatField('number', field.number)
          .stringField('text', field.text)
          .booleanField('flag', field.flag)
          .timestamp(atMs)
          .toLineProtocol();
        const points = parseLines(`${line}\n${line}`, 'ms', 0);
        expect(points).toHaveLength(2);
        const read = new Map(points[1]?.fields.map((one) => [one.name, one.value]));
        expect(read.get('number')).toBe(field.number === 0 ? read.get('number') : field.number);
        expect(read.get('text')).toBe(field.text);
        expect(read.get('flag')).toBe(field.flag ? 1 : 0);
        expect(points[1]?.atMs).toBe(atMs);
        const head = parseHead(points[1]?.head ?? '');
        expect(head.measurement).toBe(measurement);
        expect([...head.tags]).toEqual([[tag, value]]);
      },
    ),
    { numRuns: 300 },
  );
});

test.each<[text: string, points: readonly (readonly [head: string, ...fields: (string | number)[]])[]]>([
  [
    'a,t=12" x=1\na,t=13" x=2',
    [
      ['a,t=12"', 1],
      ['a,t=13"', 2],
    ],
  ],
  [
    '"a",t=" x=1\nb x=2',
    [
      ['"a",t="', 1],
      ['b', 2],
    ],
  ],
  [
    'a x"y=1,z=2\nb x=3',
    [
      ['a', 1, 2],
      ['b', 3],
    ],
  ],
  [
    'a x="one\ntwo"\nb x=3',
    [
      ['a', 'one\ntwo'],
      ['b', 3],
    ],
  ],
  [
    'a x="\\\\"\nb x="\\""',
    [
      ['a', '\\'],
      ['b', '"'],
    ],
  ],
  ['a,t=x\\,y\\ z\\=w x=1', [['a,t=x\\,y\\ z\\=w', 1]]],
  [
    'a x=1\r\nb x=2\r\n\r\n#c"\nd x=3',
    [
      ['a', 1],
      ['b', 2],
      ['d', 3],
    ],
  ],
])('%j is read as InfluxDB reads it', (text, points) => {
  const read = parseLines(text, 'ms', 0);
  expect(read.map(({ head, fields }) => [head, ...fields.map(({ value }) => value)])).toEqual(points);
});

test.each([
  ['s\\ite', 's\\ite'],
  ['s\\,ite', 's,ite'],
  ['s\\\\ite', 's\\\\ite'],
  ['s\\=ite', 's=ite'],
  ['\\ site', ' site'],
])('the tag written %s is called %s: only separators are escaped', (written, name) => {
  expect([...parseHead(`a,${written}=b`).tags.keys()]).toEqual([name]);
});

test.each([
  'a',
  'a x',
  'a x=',
  'a =1',
  'a x=1,',
  'a x=1,y',
  'a\nb x=1',
  'a,t x=1\nb',
  'a x="',
  'a x="b"c',
  ', x=1',
  'a x=1 1 1',
  'a x=+-1',
  'a x=1 \u0661',
])('%j is no line protocol', (text) => {
  expect(() => parseLines(text, 'ms', 0).map(({ head }) => parseHead(head))).toThrow('unable to parse');
});
