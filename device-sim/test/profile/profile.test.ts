import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RunningHome } from '../../src/home/running-home.ts';
import { Profile } from '../../src/profile/profile.ts';
import { defaultHome } from '../home/homes.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'profile-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const at = (iso: string) => Date.parse(iso);

describe('a directory of one-minute files', () => {
  /** Two days by the minute, in two files; a quarter of an hour is missing (zeros). */
  function write(): void {
    const rows = (day: string, from: number) =>
      Array.from({ length: 1440 - from }, (_, i) => {
        const minute = from + i;
        const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00`;
        const missing = day === '2014-03-21' && minute >= 600 && minute < 615;
        return `${day} ${time},${missing ? 0 : 100 + minute},0.0,0.0,0.0,0.0`;
      });
    const file = (lines: string[]) =>
      gzipSync(`Time,Aggregate,Kettle,Dishwasher,WashingMachine,Microwave\n${lines.join('\n')}\n`);
    writeFileSync(path.join(dir, 'House_2014-03a.csv.gz'), file(rows('2014-03-20', 721)));
    writeFileSync(path.join(dir, 'House_2014-03b.csv.gz'), file(rows('2014-03-21', 0)));
  }

  test('begins at the first whole local day', () => {
    write();
    expect(Profile.open(dir, 'Europe/London').span.firstDayMs).toBe(at('2014-03-21T00:00:00Z'));
    expect(Profile.firstDayMs(dir, 'Europe/Berlin')).toBe(at('2014-03-20T23:00:00Z'));
  });

  test('gives the minute that was measured, and holds the last one over a short hole', () => {
    write();
    const profile = Profile.open(dir, 'Europe/London');
    expect(profile.at(at('2014-03-21T00:05:30Z'))).toEqual({ loadW: 105, pvW: null });
    expect(profile.at(at('2014-03-21T10:10:00Z'))?.loadW).toBe(100 + 599);
    expect(profile.at(at('2014-03-21T10:15:00Z'))?.loadW).toBe(100 + 615);
    expect(profile.at(at('2014-03-20T13:00:00Z'))?.loadW).toBe(100 + 780);
  });

  test('is silent before and well after what was measured', () => {
    write();
    const profile = Profile.open(dir, 'Europe/London');
    expect(profile.at(at('2014-03-19T00:00:00Z'))).toBeNull();
    expect(profile.at(at('2014-03-22T02:00:00Z'))).toBeNull();
  });

  test('is what the home then draws, minute by minute, with the sun still simulated', () => {
    write();
    const noon = at('2014-03-21T12:00:00Z');
    const measured = Profile.open(dir, 'Europe/Berlin');
    const home = new RunningHome(defaultHome(), noon, { measured });
    for (let minute = 0; minute < 5; minute += 1) {
      home.advanceTo(noon + minute * 60_000 + 30_000);
      expect(home.loadPowerW('household')).toBeCloseTo(100 + 780 + minute, 6);
      expect(home.flows.inverters[0]?.pvDcPowerW).toBeGreaterThan(200);
    }
  });
});

describe('a half-hour file', () => {
  test('with UTC times brings its own PV, dark where the column is empty', () => {
    const file = path.join(dir, 'home.csv');
    writeFileSync(
      file,
      [
        ',sensor.power_load_no_var_loads,sensor.power_photovoltaics,sensor.p_pv_forecast',
        '2024-06-01 21:30:00+00:00,250.0,,-1.5',
        '2024-06-02 10:00:00+00:00,400.0,2000.0,1900',
        '2024-06-02 10:30:00+00:00,,,',
        '2024-06-02 11:00:00+00:00,420.0,2100.0,',
      ].join('\n'),
    );
    const profile = Profile.open(file, 'Europe/Paris');
    expect(profile.at(at('2024-06-01T21:40:00Z'))).toEqual({ loadW: 250, pvW: 0 });
    expect(profile.at(at('2024-06-02T10:20:00Z'))).toEqual({ loadW: 400, pvW: 2000 });
    const noon = at('2024-06-02T11:00:00Z');
    const home = new RunningHome(defaultHome(), noon, { measured: profile });
    home.advanceTo(noon + 10_000);
    const flow = home.flows.inverters[0];
    expect((flow?.pvDcPowerW ?? 0) - (flow?.lossW ?? 0)).toBeGreaterThan(1900);
    expect(flow?.pvDcPowerW).toBeLessThan(2300);
  });

  test('in kilowatts and local time is understood too', () => {
    const file = path.join(dir, 'au.csv');
    writeFileSync(file, ',GC,GG\n2011-07-01 00:00:00,0.392,0.0\n2011-07-01 00:30:00,0.578,0.25\n');
    const profile = Profile.open(file, 'Australia/Sydney');
    expect(profile.span.firstDayMs).toBe(at('2011-06-30T14:00:00Z'));
    const reading = profile.at(at('2011-06-30T14:45:00Z'));
    expect(reading?.loadW).toBeCloseTo(578, 3);
    expect(reading?.pvW).toBeCloseTo(250, 3);
  });
});

test('a file of no known format says which columns would do', () => {
  const file = path.join(dir, 'x.csv');
  writeFileSync(file, 'a,b\n1,2\n');
  expect(() => Profile.open(file, 'UTC')).toThrow('unknown header');
  expect(() => Profile.open(path.join(dir, 'nowhere'), 'UTC')).toThrow('cannot be read');
});
