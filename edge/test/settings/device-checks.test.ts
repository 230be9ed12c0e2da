/** Devices that the catalogue does not know, and loads that a board of theirs cannot keep. */
import { expect, test } from '@jest/globals';
import { BOARDS } from '../../src/catalogue/boards.ts';
import type { Family } from '../../src/catalogue/family.ts';
import { INVERTERS } from '../../src/catalogue/inverters.ts';
import { METERS } from '../../src/catalogue/meters.ts';
import { parseSiteSettings } from '../../src/settings/parse-site-settings.ts';
import { problemSentence } from '../../src/settings/settings-problem.ts';

interface Change {
  readonly meter?: string;
  readonly inverter?: string;
  readonly protocol?: string;
  readonly load?: string;
}

/** What is wrong with a home in which this stands. */
function mistakes({ meter = 'sdm630', inverter = 'sunspec', protocol = 'wattward', load = '' }: Change) {
  const parsed = parseSiteSettings(`name: Home
zone: Europe/Berlin
grid: { phases: 3, fuseA: 25 }
devices:
  meters:
    - { id: grid, name: Meter, role: grid, profile: ${meter}, connection: { kind: modbus-tcp, host: m } }
  inverters:
    - { id: roof, name: Roof, profile: ${inverter}, connection: { kind: modbus-tcp, host: i } }
  boards:
    - { id: board, name: Board, protocol: ${protocol} }
loads:
  - { id: pool, name: Pool, board: board, channel: 1, nominalPowerW: 1000, priority: 1${load} }
`);
  return parsed.ok ? [] : parsed.problems.map(problemSentence);
}

test('every make of the catalogue may stand in the site settings', () => {
  for (const { id } of METERS) expect(mistakes({ meter: id })).toEqual([]);
  for (const { id } of INVERTERS) expect(mistakes({ inverter: id })).toEqual([]);
  for (const { id } of BOARDS) expect(mistakes({ protocol: id })).toEqual([]);
});

test('no two makes of a kind have the same name', () => {
  const ids = (families: readonly Family[]) => families.map(({ id }) => id);
  for (const kind of [METERS, INVERTERS, BOARDS]) {
    expect(new Set(ids(kind)).size).toBe(kind.length);
  }
});

test('a make that the box does not know is a mistake with its line and all that it knows', () => {
  const [meter, inverter, ...others] = mistakes({ meter: 'sdm999', inverter: 'sunspek' });
  expect(others).toEqual([]);
  expect(meter).toMatch(/line 6, devices\.meters\[0\]\.profile: .*no meter "sdm999"; choose one of: sdm630/);
  expect(inverter).toMatch(/line 8.*no inverter "sunspek"; choose one of: sunspec, sma-hybrid/);
});

test.each([
  ['tasmota', ', safeState: "on"', /falls off, never on; use a board with our firmware/],
  ['esphome', ', leaseS: 60', /keeps a lease of 90 s, not 60 s; write leaseS: 90/],
  ['esphome', ', leaseS: 110', /keeps a lease of 90 s, not 110 s; write leaseS: 90/],
  ['tasmota', ', leaseS: 6', /keeps a lease of 12 to 120 s, not 6 s; write leaseS: 12 to 120/],
])('a load that a %s board cannot keep (%s) is a mistake', (protocol, load, says) => {
  const found = mistakes({ protocol, load });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(says);
});

test('our own firmware keeps any lease and falls on where that is safe', () => {
  expect(mistakes({ load: ', safeState: "on", leaseS: 5' })).toEqual([]);
});
