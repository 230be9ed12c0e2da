import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { coreSettings } from '../../src/settings/core-settings.ts';
import { parseSiteSettings } from '../../src/settings/parse-site-settings.ts';
import { allFields } from '../../src/settings/schema-walk.ts';
import { siteSettings } from '../../src/settings/site-settings.ts';

const HOME = readFileSync(new URL('home.site.yaml', import.meta.url), 'utf8');

/** One load of each kind, and nothing else. */
const BARE = {
  name: 'Bare',
  zone: 'Europe/Berlin',
  tariff: {},
  grid: { fuseA: 25 },
  devices: {},
  loads: ['interruptible', 'program', 'compressor', 'ev'].map((kind, i) => ({
    id: kind,
    name: kind,
    kind,
    board: 'board',
    channel: i + 1,
    nominalPowerW: 1000,
    priority: i + 1,
  })),
};

/** Problems of the example with some text replaced, as `path: message; remedy`. */
function mistakes(...replacements: [string, string][]): string[] {
  const text = replacements.reduce((yaml, [from, to]) => {
    expect(yaml).toContain(from);
    return yaml.replace(from, to);
  }, HOME);
  const parsed = parseSiteSettings(text);
  return parsed.ok ? [] : parsed.problems.map((p) => `${p.path} (line ${p.line}): ${p.message}; ${p.remedy}`);
}

test('the example is right and every number left out has its default', () => {
  const parsed = parseSiteSettings(HOME);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const core = coreSettings('home-1', parsed.settings);
  expect(core.peak).toMatchObject({ thresholdW: 9000, meanMs: 10_000, exitFactor: 0.9 });
  expect(core.batteries[0]).toMatchObject({
    dischargeOnPct: 40,
    dischargeOffPct: 35,
    roundTripEfficiency: 0.9,
  });
  expect(core.loads.map((load) => [load.id, load.minOnMs])).toEqual([
    ['washing-machine', 300_000],
    ['water-heater', 60_000],
    ['pool-heater', 60_000],
    ['ev-charger', 300_000],
  ]);
  expect(core.loads[0]?.target).toEqual({ runMs: 7_200_000, deadlineMinute: 1080, beyond: false });
  expect(core.loads[1]?.target).toEqual({ energyWh: 4000, deadlineMinute: 390, beyond: true });
  expect(core.byPriority).toEqual([0, 1, 2, 3]);
});

test('all mistakes are reported at once, each with its path, its line and what to do', () => {
  const found = mistakes(
    ['fuseA: 25', 'fuseAA: 25'],
    ['thresholdW: 9000', 'thresholdW: 90'],
    ['kind: ev', 'kind: evv'],
    ['priority: 4', 'priority: high'],
    ['zone: Europe/Berlin', 'zone: Europe/Berl'],
    ['inverter: hybrid', 'inverter: hibrid'],
  );
  expect(found).toEqual([
    'grid.fuseA (line null): is missing; add it (rated current of the main fuse, per phase) from 6 to 250 A',
    'grid.fuseAA (line 10): there is no setting "fuseAA" here; write "fuseA" if that is meant',
    'loads[3].kind (line 77): "evv" is not possible here; write "ev" if that is meant',
    'loads[3].priority (line 80): "high" is not a number; give a number from 1 to 99 count (1 is the most important; highest is shed first)',
    expect.stringMatching(
      /^control\.peak\.thresholdW \(line 87\): 90 W is too small; choose a value from 500 to/,
    ),
    'batteries[0].inverter (line 37): there is no inverter "hibrid"; choose one of devices.inverters: hybrid',
    'zone (line 3): "Europe/Berl" is no time zone; write an IANA name such as Europe/Berlin',
  ]);
});

test.each([
  ['an unknown board', [['board: esp12f-a1b2c3d4e5f6', 'board: nowhere']], /there is no board "nowhere"/],
  ['two loads on one relay', [['channel: 1', 'channel: 2']], /relay 2 of .* already switches "water-heater"/],
  ['a relay the board does not have', [['channel: 1', 'channel: 5']], /has 4 relays, not 5/],
  ['two loads of one id', [['id: pool-heater', 'id: water-heater']], /the id "water-heater" is used twice/],
  ['no grid meter', [['role: grid', 'role: sub']], /there is no grid meter/],
  ['two grid meters', [['role: sub', 'role: grid']], /several grid meters/],
  ['an unknown meter', [['meter: load-meter', 'meter: lost']], /there is no meter "lost"/],
  ['a phase that is not there', [['phases: 3', 'phases: 1']], /a one-phase connection has no L2/],
  ['a target without a size', [['runMin: 480, ', '']], /says neither run time nor energy/],
  ['a target with two sizes', [['runMin: 480,', 'runMin: 480, energyWh: 5,']], /says both/],
  [
    'hysteresis upside down',
    [['capacityWh: 10000', 'capacityWh: 10000\n    dischargeOffPct: 50']],
    /start at 40 %/,
  ],
  [
    'a reserve above the ceiling',
    [['capacityWh: 10000', 'capacityWh: 10000\n    reservePct: 100']],
    /leaves nothing/,
  ],
  ['bounds upside down', [['{ min: 5000, max: 12000 }', '{ min: 5000, max: 400 }']], /least value is above/],
  [
    'times upside down',
    [['peak: {', 'trust: { noNewOnS: 60, failsafeS: 30 }\n  peak: {']],
    /noNewOnS is above failsafeS/,
  ],
  [
    'frequencies upside down',
    [['peak: {', 'signals: { frequency: { minHz: 58, maxHz: 55 } }\n  peak: {']],
    /minHz is above maxHz/,
  ],
  [
    'a board offline before it is suspect',
    [['peak: {', 'commands: { suspectS: 100 }\n  peak: {']],
    /suspectS is above offlineS/,
  ],
  ['a deadline that is no time', [['deadline: "06:00"', 'deadline: "6 am"']], /"6 am" does not fit/],
] as [string, [string, string][], RegExp][])('%s is named', (_, replacements, message) => {
  expect(mistakes(...replacements).join('\n')).toMatch(message);
});

/** Paths of the control numbers with a default, each with a permitted value that is not it. */
const CONTROL_NUMBERS = allFields().flatMap(([path, { minimum, maximum, preset }]) => {
  if (!path.startsWith('control.') || minimum === undefined || maximum === undefined) return [];
  return [{ path, value: preset === maximum ? minimum : maximum }];
});

test.each(CONTROL_NUMBERS)('$path reaches the core', ({ path, value }) => {
  const keys = path.split('.').slice(1);
  const control = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  const at = (given: unknown) => {
    const site = siteSettings.parse({ ...BARE, control: given });
    return JSON.stringify(coreSettings('home-1', site));
  };
  expect(at(control)).not.toBe(at({}));
});

test('the control numbers are all there', () => {
  expect(CONTROL_NUMBERS.length).toBeGreaterThan(80);
});

test('charger currents upside down are named', () => {
  const found = mistakes(['kind: ev', 'kind: ev\n    current: { minA: 16, maxA: 8 }']);
  expect(found.join()).toMatch(/minA is above maxA/);
});

test.each([
  ['not YAML', 'name: [', /not readable as YAML/],
  ['empty', '', /what stands here|is not|missing/],
  ['a list', '- 1', /is not a object|what stands here/],
])('a file that is %s is one clear report', (_, text, message) => {
  const parsed = parseSiteSettings(text);
  expect(parsed.ok).toBe(false);
  expect(JSON.stringify(parsed)).toMatch(message);
});
