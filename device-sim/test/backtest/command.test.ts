/** The command as a person runs it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const MAIN = path.resolve(import.meta.dirname, '../../src/backtest/main.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'backtest-'));

function backtest(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function day(header: string, row: (hour: number) => string): string {
  const file = path.join(folder, 'day.csv');
  const rows = Array.from(
    { length: 24 },
    (_, h) => `2025-06-01T${String(h).padStart(2, '0')}:00:00Z,${row(h)}`,
  );
  writeFileSync(file, [header, ...rows].join('\n'));
  return file;
}

test('answers with its premises, the counterfactual, and what each change saved', () => {
  const file = day(
    'time,loadW,pvW,importPricePerKwh',
    (h) => `600,${h > 8 && h < 16 ? 3000 : 0},${h === 3 ? '' : 0.4}`,
  );
  const { status, stdout } = backtest('--csv', file, '--battery', '5,2.5', '--rules');
  expect(status).toBe(0);
  expect(stdout).toContain('24 rows of 3600 s, 0 missing');
  expect(stdout).toContain('import price: 0.25 per kWh in the 1 rows that name none');
  expect(stdout).toContain('export price: 0.08 per kWh in the 24 rows that name none');
  expect(stdout).toContain('counterfactual: the same load and the same sun, no battery');
  // 17 dark hours of 0.6 kWh, one of them at 0.25; 7 hours of 2.4 kWh sold.
  expect(stdout).toMatch(/as it was\n {2}cost 2\.65, saved 0\.00/);
  expect(stdout).toMatch(/battery on its own\n {2}cost /);
  expect(stdout).toMatch(/box: battery\n {2}cost /);
});

test('a simulated roof gives power by day and is never laid over a measured one', () => {
  const dark = day('time,loadW', () => '500');
  const { stdout } = backtest('--csv', dark, '--pv', '4', '--place', '52.77,-1.2', '--zone', 'Europe/London');
  expect(stdout).toMatch(/PV: simulated, 4 kWp .*: [1-9]\d* kWh a kWp/);
  const sunny = day('time,loadW,pvW', () => '500,100');
  const refused = backtest('--csv', sunny, '--pv', '4');
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('has a measured PV power. Leave --pv out. (bad-series)');
});

test.each([
  [['--csv', 'none.csv'], 'none.csv cannot be read. Give the path of a CSV file'],
  [['--csv', 'x.csv', '--battery', '10'], 'Give two numbers with a comma, for example 10,5.'],
  [['--csv', 'x.csv', '--battery', '0,5'], 'Capacity and power are above 0.'],
  [['--csv', 'x.csv', '--water-heater', '60,2'], 'the energy fits into a day'],
  [['--csv', 'x.csv', '--zone', 'Mars'], 'Give an IANA zone'],
  [['--csv', 'x.csv', '--reserve', '95'], 'Give a number from 0 to 90.'],
  [[], "required option '--csv <file>'"],
])('refuses %j in words', (args, said) => {
  const { status, stderr } = backtest(...args);
  expect(status).toBe(1);
  expect(stderr).toContain(said);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('explains the file it wants', () => {
  const { status, stdout } = backtest('--help');
  expect(status).toBe(0);
  expect(stdout).toContain('time,loadW,pvW,pvForecastW,importPricePerKwh,exportPricePerKwh');
});
