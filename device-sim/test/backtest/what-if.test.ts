/** The command as a person runs it: two homes of files, the same days. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const MAIN = path.resolve(import.meta.dirname, '../../src/backtest/what-if.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'what-if-'));
afterAll(() => rmSync(folder, { recursive: true }));

function whatIf(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

const HOME = `name: x
zone: Europe/Berlin
place: { latitudeDeg: 52.5, longitudeDeg: 13.4 }
climate: { cloudiness: 0 }
objects:
  - { id: grid, kind: grid, tariff: { importPricePerKwh: 0.4, exportPricePerKwh: 0.1 } }
  - { id: inverter, kind: inverter, ratedW: 5000 }
  - { id: roof, kind: pv, inverter: inverter, peakW: 5000 }
  - { id: household, kind: household }
  - { id: grid-meter, kind: grid-meter }
`;
const SITE = `name: x
zone: Europe/Berlin
tariff: { importPricePerKwh: 0.4, exportPricePerKwh: 0.1 }
grid: { phases: 3, fuseA: 25 }
devices:
  meters: [{ id: grid-meter, name: m, role: grid, profile: sdm630, connection: { kind: modbus-tcp, host: x } }]
  inverters: [{ id: inverter, name: i, profile: sunspec, connection: { kind: modbus-tcp, host: x } }]
`;

function written(name: string, home: string, site: string): string {
  writeFileSync(path.join(folder, `${name}.yaml`), home);
  writeFileSync(path.join(folder, `${name}.site.yaml`), site);
  return path.join(folder, `${name}.yaml`);
}

const plain = written('plain', HOME, SITE);
const stored = written(
  'stored',
  `${HOME}  - { id: b, kind: battery, inverter: inverter, capacityWh: 8000, maxChargeW: 4000, maxDischargeW: 4000, initialSocPct: 10 }\n`,
  `${SITE}batteries: [{ id: b, name: b, inverter: inverter, capacityWh: 8000, maxChargeW: 4000, maxDischargeW: 4000 }]\n`,
);

test('says what is compared, what each home cost, and what a battery saves', () => {
  const days = ['--days', '20', '--from', '2026-06-01'];
  const { status, stdout, stderr } = whatIf('--home', stored, '--against', plain, ...days);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain('20 days from 2026-06-01 in steps of a minute');
  expect(stdout).toContain(`counterfactual: ${plain}`);
  const costs = [...stdout.matchAll(/ {2}cost (-?[\d.]+) EUR/g)].map(([, cost]) => Number(cost));
  const saves = Number(/it saves (-?[\d.]+) EUR/.exec(stdout)?.[1]);
  expect(costs).toHaveLength(2);
  expect(Number(costs[0]) - Number(costs[1])).toBeGreaterThan(5);
  expect(saves).toBeGreaterThan(5);
});

test('the same home saves nothing against itself', () => {
  const { stdout } = whatIf('--home', plain, '--against', plain, '--days', '2');
  expect(stdout).toContain('costs 0.00 EUR less');
  expect(stdout).toContain('(0 kWh less served, 0 kWh less stored, at the import price) it saves 0.00 EUR');
});

test.each([
  [['--home', 'none.yaml', '--against', plain], 'none.yaml does not describe a home'],
  [['--home', plain, '--against', plain, '--profile', 'none.csv'], 'none.csv cannot be read'],
  [
    ['--home', plain, '--against', plain, '--weather', 'none.csv'],
    'none.csv cannot be read. Give a CSV file',
  ],
  [['--home', plain, '--against', plain, '--days', '0'], 'Give a whole number of days.'],
  [['--home', plain, '--against', plain, '--from', 'May'], 'Write a date such as 2026-01-01.'],
])('refuses %j in words', (args, said) => {
  const { status, stderr } = whatIf(...args);
  expect(status).toBe(1);
  expect(stderr).toContain(said);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('a home without a site file is refused with what to do', () => {
  const lonely = path.join(folder, 'lonely.yaml');
  writeFileSync(lonely, HOME);
  const { status, stderr } = whatIf('--home', plain, '--against', lonely);
  expect(status).toBe(1);
  expect(stderr).toMatch(/there is no .*lonely\.site\.yaml\. Write it.*\(no-site-file\)/);
});
