import { expect, test } from '@jest/globals';
import { CSV_COLUMNS, type CsvDecision, journalCsv } from '../../src/journal/csv.ts';

const decision = (change: Partial<CsvDecision> = {}): CsvDecision => ({
  seq: 1,
  at: '2026-11-21T18:30:00.000Z',
  boot: 'b1',
  monoMs: 0,
  actuator: 'load:pool-heater',
  outcome: 'off',
  reason: { rule: 'peak-watch', code: 'no-such-code', params: { demandW: 9400 } },
  homeMode: 'peak',
  readings: { gridPowerW: 9400.12345, pvPowerW: null, batteryPowerW: -250 },
  hash: 'abc',
  ...change,
});

const lines = (records: CsvDecision[], zone = 'Europe/Berlin') => [
  ...journalCsv(records, { zone, language: 'en' }),
];

/** An RFC 4180 reader of one line, apart from the writer. */
function cells(line = ''): Record<string, string> {
  const found: string[] = [];
  const pattern = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n)/g;
  for (const [, text = ''] of line.matchAll(pattern)) {
    found.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
  }
  return Object.fromEntries(CSV_COLUMNS.map((column, i) => [column, found[i] ?? '']));
}

test('the header names every column with its unit, and every line has as many cells', () => {
  const [header, line] = lines([decision()]);
  expect(header).toContain('grid_power_W');
  expect(header).toContain('battery_soc_pct');
  expect(Object.keys(cells(line))).toHaveLength(header?.split(',').length ?? 0);
});

test('a decision shows UTC and local time, numbers bare, and what was not measured as nothing', () => {
  expect(cells(lines([decision()])[1])).toMatchObject({
    time_utc: '2026-11-21T18:30:00.000Z',
    time_local: '2026-11-21T19:30:00+01:00',
    grid_power_W: '9400.123',
    pv_power_W: '',
    battery_power_W: '-250',
    params_json: '{"demandW":9400}',
  });
});

test('the hour that comes twice in autumn is told apart by its offset', () => {
  const twice = ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'].map((at) => decision({ at }));
  const local = lines(twice)
    .slice(1)
    .map((line) => cells(line).time_local);
  expect(local).toEqual(['2026-10-25T02:30:00+02:00', '2026-10-25T02:30:00+01:00']);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\n=1', '\uff1d1', '\u200b=1'])(
  '%j is never a formula',
  (outcome) => {
    const shown = cells(lines([decision({ outcome })])[1]).outcome;
    expect(shown).toBe(`'${outcome}`);
  },
);

test('what turns the direction of reading is shown as replaced', () => {
  expect(cells(lines([decision({ outcome: 'a \u202e txt.exe' })])[1]).outcome).toBe('a \ufffd txt.exe');
});

test('commas, quotes and line ends stay within their cell', () => {
  const outcome = 'a "b", c\nd';
  expect(cells(lines([decision({ outcome })])[1]).outcome).toBe(outcome);
});

test('a decision without a known time leaves both times empty', () => {
  expect(cells(lines([decision({ at: null })])[1])).toMatchObject({ time_utc: '', time_local: '' });
});
