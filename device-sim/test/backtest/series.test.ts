import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readSeries, since } from '../../src/backtest/series.ts';
import { SeriesError } from '../../src/backtest/series-error.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'series-'));

function written(text: string, name = 'home.csv'): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

function refusal(text: string): string {
  const file = written(text);
  try {
    readSeries(file, 'UTC');
  } catch (error) {
    if (error instanceof SeriesError) return `${error.message.replace(folder, '')} | ${error.remedy}`;
    throw error;
  }
  return 'accepted';
}

const iso = (series: { startMs: Float64Array }) =>
  [...series.startMs].map((ms) => new Date(ms).toISOString().slice(5, 16));

test('reads the columns in any order, and what is missing is unknown', () => {
  const series = readSeries(
    written(
      '\uFEFFtime,importPricePerKwh,loadW,note\r\n2025-01-01T00:00:00Z,0.4,500,a\r\n2025-01-01T00:15:00Z,,600,\r\n\r\n2025-01-01T00:45:00Z,-0.2,700,b\r\n',
    ),
    'UTC',
  );
  expect(series).toMatchObject({
    stepMs: 900_000,
    length: 3,
    missingRows: 1,
    hasPv: false,
    unusedColumns: ['note'],
  });
  expect([...series.loadW]).toEqual([500, 600, 700]);
  expect([...series.pvW]).toEqual([0, 0, 0]);
  expect([...series.importPricePerKwh]).toEqual([0.4, Number.NaN, -0.2]);
  expect([...series.exportPricePerKwh]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test('a row without a load is a hole, never a load of zero', () => {
  const series = readSeries(
    written(
      'time,loadW\n2025-01-01T00:00:00Z,1\n2025-01-01T00:01:00Z,\n2025-01-01T00:02:00Z,3\n2025-01-01T00:03:00Z,4\n',
    ),
    'UTC',
  );
  expect(series).toMatchObject({ length: 3, missingRows: 1, stepMs: 60_000 });
});

describe('what cannot be used is refused with its line and what to do', () => {
  const row = (n: number, load: string | number) => `2025-01-01T00:0${n}:00Z,${load}\n`;
  test.each([
    ['nothing at all', '', 'home.csv is empty. | Give a file with a header'],
    ['a header alone', 'time,loadW\n', 'holds 0 rows with a load'],
    ['one row', `time,loadW\n${row(0, 1)}`, 'holds 1 rows with a load'],
    ['no time', 'loadW,pvW\n1,2\n', 'has no column time'],
    ['no load', 'time,pvW\n1,2\n', 'has no column loadW: time,pvW | Name the load column loadW (watts)'],
    ['semicolons', 'time;loadW\n1;2\n', 'Separate the columns by commas'],
    ['a column twice', 'time,loadW,loadW\n', 'has the column loadW twice'],
    ['a word', `time,loadW\n${row(0, 1)}${row(1, 'off')}`, 'home.csv line 3: "off" is no load in watts.'],
    ['infinity', `time,loadW\n${row(0, 1)}${row(1, 'Infinity')}`, 'line 3: "Infinity" is no load in watts.'],
    ['a decimal comma', `time,loadW\n${row(0, '1,5')}`, 'line 2 has 3 cells, the header 2.'],
    ['too few cells', `time,loadW\n${row(0, 1)}2025-01-01T00:01:00Z\n`, 'line 3 has 1 cells, the header 2.'],
    ['a negative load', `time,loadW\n${row(0, 1)}${row(1, -5)}`, 'line 3: a load of -5 W. | A load is what'],
    [
      'a time of another kind',
      'time,loadW\n31.01.2025 00:00,5\n',
      'line 2: "31.01.2025 00:00" is no time. | Write ISO',
    ],
    ['a day that is none', 'time,loadW\n2025-02-31T00:00:00+25:00,5\n', 'is no time'],
    [
      'time that stands',
      `time,loadW\n${row(0, 1)}${row(0, 2)}`,
      'line 3: 2025-01-01T00:00:00Z is not after the row before it',
    ],
    ['time that goes back', `time,loadW\n${row(5, 1)}${row(1, 2)}`, 'line 3'],
    [
      'no step',
      `time,loadW\n${row(0, 1)}${row(2, 2)}${row(5, 2)}`,
      'line 4 comes 180 s after the row before it, no multiple of the 120 s',
    ],
  ])('%s', (_, text, said) => {
    expect(refusal(text)).toContain(said);
  });

  test('a file that is not there', () => {
    expect(() => readSeries(path.join(folder, 'none.csv'), 'UTC')).toThrow('none.csv cannot be read');
  });

  test('a file without line ends, without gathering it whole', () => {
    expect(refusal(`time,loadW\n${'1'.repeat(5_000_000)}`)).toContain(
      'line 2 has more than 10000 characters',
    );
  });
});

test('rows may stand across the borders of what is read at once', () => {
  const lines = Array.from(
    { length: 60_000 },
    (_, i) => `${new Date(1_735_689_600_000 + i * 60_000).toISOString()},${i}`,
  );
  const series = readSeries(written(`time,loadW\n${lines.join('\n')}`), 'UTC');
  expect(series.length).toBe(60_000);
  expect(series.missingRows).toBe(0);
  expect(series.loadW.every((loadW, i) => loadW === i)).toBe(true);
});

test('local times pass both changes of the clocks', () => {
  const spring = ['01:30', '03:00', '03:30'].map((time, i) => `2025-03-30T${time},${i}`).join('\n');
  expect(iso(readSeries(written(`time,loadW\n${spring}\n`), 'Europe/Berlin'))).toEqual([
    '03-30T00:30',
    '03-30T01:00',
    '03-30T01:30',
  ]);
  const autumn = ['01:30', '02:00', '02:30', '02:00', '02:30', '03:00'].map(
    (time, i) => `2025-10-26T${time},${i}`,
  );
  expect(iso(readSeries(written(`time,loadW\n${autumn.join('\n')}\n`), 'Europe/Berlin'))).toEqual([
    '10-25T23:30',
    '10-26T00:00',
    '10-26T00:30',
    '10-26T01:00',
    '10-26T01:30',
    '10-26T02:00',
  ]);
});

test('offsets are taken as written, with and without a colon', () => {
  const text = 'time,loadW\n2025-10-26 02:30:00+0200,1\n2025-10-26T02:30:00+01:00,2\n';
  expect(iso(readSeries(written(text), 'Asia/Tokyo'))).toEqual(['10-26T00:30', '10-26T01:30']);
});

test('a directory of packed months is one series, what they share counted once', () => {
  const months = mkdtempSync(path.join(tmpdir(), 'months-'));
  const header = 'Time,Aggregate,Kettle\n';
  const row = (minute: number, load: number) => `2014-03-20 12:0${minute}:00,${load},0\n`;
  writeFileSync(path.join(months, 'a.csv.gz'), gzipSync(header + row(0, 100) + row(1, 0) + row(2, 300)));
  writeFileSync(path.join(months, 'b.csv.gz'), gzipSync(header + row(2, 999) + row(3, 400)));
  const series = readSeries(months, 'Europe/London');
  expect([...series.loadW]).toEqual([100, 300, 400]);
  expect(series.missingRows).toBe(1);
});

test('only the last part is kept when asked, with its own holes', () => {
  const text = 'time,loadW\n2025-01-01T00:00:00Z,1\n2025-01-01T00:02:00Z,2\n2025-01-01T00:03:00Z,3\n';
  const series = since(readSeries(written(text), 'UTC'), Date.parse('2025-01-01T00:01:00Z'));
  expect(series).toMatchObject({ length: 2, missingRows: 0 });
  expect([...series.loadW]).toEqual([2, 3]);
});
