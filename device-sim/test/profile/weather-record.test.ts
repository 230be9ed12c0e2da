/** Measured weather, replayed. The year of Aachen needs the measured data: WATTWARD_DATA names its directory. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RunningHome } from '../../src/home/running-home.ts';
import { clearSky, underSky } from '../../src/physics/irradiance.ts';
import { sunPosition } from '../../src/physics/sun.ts';
import { WeatherRecord } from '../../src/profile/weather-record.ts';
import { defaultHome } from '../home/homes.ts';

const AACHEN = path.join(process.env.WATTWARD_DATA ?? '', 'weather-aachen-10min-2023.csv');
const withData = existsSync(AACHEN) ? test : test.skip;
const BERLIN = { latitudeDeg: 52.52, longitudeDeg: 13.4, altitudeM: 40 };
const TURBIDITY = 3.2;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'weather-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function written(...lines: string[]): string {
  const file = path.join(dir, 'weather.csv');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const open = (file: string) => WeatherRecord.open(file, BERLIN, TURBIDITY);

/** The light that falls on level ground. */
function lightAt(record: WeatherRecord, iso: string) {
  const atMs = Date.parse(iso);
  const weather = record.at(atMs);
  if (!weather) return null;
  const sun = sunPosition(BERLIN, atMs);
  return { ...weather, ...underSky(clearSky(BERLIN, sun, TURBIDITY), weather, sun) };
}

const OWN = 'time,globalWPerM2,diffuseWPerM2,temperatureC,windMPerS';

describe('the middle of an interval has the light that was measured', () => {
  test.each([
    {
      name: 'our own, stamped at the begin',
      lines: [OWN, '2026-06-15T10:00Z,600,250,20,3', '2026-06-15T11:00Z,650,260,22,4'],
      at: '2026-06-15T10:30:00Z',
    },
    {
      name: 'DWD, stamped at the end, below its titles',
      lines: [
        'location,longitude,latitude',
        'Berlin,13.4,52.52',
        'year,month,day,hour,minute,temperature,pressure,wind_direction,wind_speed,diffuse_irradiance,global_irradiance',
        '2026,6,15,10,0,20,1000,200,3,250,600',
        '2026,6,15,10,10,21,1000,200,3,260,610',
      ],
      at: '2026-06-15T09:55:00Z',
    },
    {
      name: 'PVGIS, stamped at about the moment itself',
      lines: [
        'Latitude (decimal degrees): 52.520',
        'time(UTC),T2m,RH,G(h),Gb(n),Gd(h),IR(h),WS10m,WD10m,SP',
        '20260615:1000,20,50,600,500,250,300,3,200,100000',
        '20260615:1100,21,50,620,500,260,300,3,200,100000',
        '',
        'T2m: 2-m air temperature (degree Celsius)',
      ],
      at: '2026-06-15T10:00:00Z',
    },
    {
      name: 'Open-Meteo, kilometres an hour, stamped at the end',
      lines: [
        'latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation',
        '52.52,13.4,40,0,GMT,GMT',
        '',
        'time,temperature_2m (°C),wind_speed_10m (km/h),shortwave_radiation (W/m²),diffuse_radiation (W/m²)',
        '2026-06-15T10:00,20,10.8,600,250',
        '2026-06-15T11:00,21,10.8,620,250',
      ],
      at: '2026-06-15T09:30:00Z',
    },
  ])('$name', ({ lines, at }) => {
    const light = lightAt(open(written(...lines)), at);
    expect(light?.globalWPerM2).toBeCloseTo(600, 1);
    expect(light?.diffuseWPerM2).toBeCloseTo(250, 1);
    expect(light?.temperatureC).toBeCloseTo(20, 3);
    expect(light?.windMPerS).toBeCloseTo(3, 3);
  });
});

test('outside of a short file, and in a hole of hours, nothing is claimed', () => {
  const row = (hour: string) => `2026-06-15T${hour}:00Z,600,250,20,3`;
  const record = open(written(OWN, row('08'), row('09'), row('13'), row('14')));
  expect(record.at(Date.parse('2026-06-15T07:00Z'))).toBeNull();
  expect(record.at(Date.parse('2026-06-15T11:00Z'))).toBeNull();
  expect(record.at(Date.parse('2026-06-15T15:00Z'))).toBeNull();
  expect(record.at(Date.parse('2026-06-15T09:00Z'))).not.toBeNull();
});

test('a year is replayed by date in any year, also one whose months come from different years', () => {
  const hours = Array.from({ length: 8760 }, (_, n) => {
    const atMs = Date.UTC(2015, 0, 1) + n * 3_600_000;
    const year = new Date(atMs).getUTCMonth() % 2 === 0 ? 2007 : 2011;
    const light = new Date(atMs).getUTCMonth() === 5 ? 100 : 50;
    return `${year}${new Date(atMs).toISOString().slice(4, 16)}Z,${light},${light},${new Date(atMs).getUTCMonth()},3`;
  });
  const record = open(written(OWN, ...hours));
  const noon = lightAt(record, '2026-06-20T11:30:00Z');
  expect(noon?.globalWPerM2).toBeCloseTo(100, 0);
  expect(noon?.directWPerM2).toBeCloseTo(0, 3);
  expect(record.at(Date.parse('2031-12-31T23:59:00Z'))?.temperatureC).toBeCloseTo(11, 3);
  expect(record.at(Date.parse('2032-02-29T12:00:00Z'))?.temperatureC).toBeDefined();
});

test('in its own time a record of several years is what was measured then, not on that date', () => {
  const hours = Array.from({ length: 2 * 8760 }, (_, n) => {
    const atMs = Date.UTC(2014, 0, 1) + n * 3_600_000;
    return `${new Date(atMs).toISOString().slice(0, 16)}Z,50,50,${n < 8760 ? 4 : 15},3`;
  });
  const record = open(written(OWN, ...hours));
  expect(record.at(Date.parse('2014-07-01T12:00Z'))?.temperatureC).toBeCloseTo(4, 3);
  expect(record.at(Date.parse('2015-07-01T12:00Z'))?.temperatureC).toBeCloseTo(15, 3);
  expect(record.at(Date.parse('2026-07-01T12:00Z'))?.temperatureC).toBeCloseTo(15, 3);
});

test('a home lives under it: a dark day makes little, and a bright one more', () => {
  const day = (light: number) =>
    written(OWN, ...[10, 11, 12, 13].map((hour) => `2026-06-15T${hour}:00Z,${light},${light / 2},25,2`));
  const pvW = (light: number) => {
    const home = new RunningHome(defaultHome(), Date.parse('2026-06-15T11:00Z'), {
      weather: open(day(light)),
    });
    home.advanceTo(Date.parse('2026-06-15T11:05Z'));
    expect(home.flows.weather.temperatureC).toBeCloseTo(25, 3);
    return home.flows.inverters[0]?.pvDcPowerW ?? 0;
  };
  const [dark, bright] = [pvW(40), pvW(800)];
  expect(dark).toBeGreaterThan(0);
  expect(bright).toBeGreaterThan(10 * dark);
});

test.each([
  ['a file that is not there', () => path.join(dir, 'none.csv'), /cannot be read/],
  ['another file', () => written('a,b,c', '1,2,3'), /no known header: a,b,c/],
  ['a header alone', () => written(OWN), /holds no weather/],
])('%s is refused, and what to do is said', (_name, file, message) => {
  expect(() => open(file())).toThrow(message);
  expect(() => open(file())).toThrow(
    expect.objectContaining({ code: 'bad-weather', remedy: expect.stringMatching(/DWD.*PVGIS/) }),
  );
});

withData('a measured year gives the light that was measured, within half a percent', () => {
  const place = { latitudeDeg: 50.775, longitudeDeg: 6.083, altitudeM: 200 };
  const record = WeatherRecord.open(AACHEN, place, TURBIDITY);
  const rows = readFileSync(AACHEN, 'utf8').trim().split('\n').slice(3);
  let measuredWh = 0;
  for (const row of rows) measuredWh += Number(row.split(',')[10]) / 6;
  let replayedWh = 0;
  for (let atMs = Date.UTC(2023, 0, 1); atMs < Date.UTC(2024, 0, 1); atMs += 300_000) {
    const weather = record.at(atMs);
    const sun = sunPosition(place, atMs);
    if (weather) replayedWh += underSky(clearSky(place, sun, TURBIDITY), weather, sun).globalWPerM2 / 12;
  }
  expect(measuredWh).toBeGreaterThan(1_000_000);
  expect(Math.abs(replayedWh / measuredWh - 1)).toBeLessThan(0.005);
});
