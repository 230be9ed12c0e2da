import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { HomeFileError, parseHome, readHome } from '../../src/home/home-file.ts';
import { boardIds, boardMac, meterIds } from '../../src/home/identity.ts';
import { instantOfLocal, LocalClock } from '../../src/home/local-time.ts';
import { defaultHome, HOMES_DIR } from './homes.ts';

function problemsOf(text: string): readonly { where: string; message: string }[] {
  try {
    parseHome(text);
  } catch (error) {
    if (error instanceof HomeFileError) return error.problems;
    throw error;
  }
  return [];
}

describe('a home file', () => {
  const files = readdirSync(HOMES_DIR).filter(
    (name) => name.endsWith('.yaml') && !name.endsWith('.site.yaml'),
  );

  test.each(files)('%s that ships is sound', (name) => {
    expect(readHome(path.join(HOMES_DIR, name)).objects.length).toBeGreaterThan(3);
  });

  test('tells every mistake at once, by object and property', () => {
    const text = readFileSync(path.join(HOMES_DIR, 'default.yaml'), 'utf8')
      .replace('powerW: 3000', 'powerW: -3000')
      .replace('inverter: hybrid\n', 'inverter: hybird\n')
      .replace('volumeL: 200', 'volumeLitres: 200')
      .replace('zone: Europe/Berlin', 'zone: Europe/Berlln');
    const where = problemsOf(text).map((problem) => problem.where);
    expect(where).toEqual(
      expect.arrayContaining([
        'oven: powerW',
        'home-battery: inverter',
        'water-heater: volumeLitres',
        'zone',
      ]),
    );
  });

  test('refuses two loads on one relay, a second grid and a repeated id', () => {
    const base = 'name: x\nzone: Europe/Berlin\nplace: { latitudeDeg: 50, longitudeDeg: 8 }\nobjects:\n';
    const problems = problemsOf(
      `${base}  - { id: grid, kind: grid }\n  - { id: street, kind: grid }\n  - { id: b, kind: board }\n` +
        '  - { id: a, kind: heater, powerW: 1, relay: { board: b, channel: 1 } }\n' +
        '  - { id: a, kind: heater, powerW: 1, relay: { board: b, channel: 1 } }\n',
    );
    expect(problems.map(({ where }) => where)).toEqual(['a: id', 'a: relay', 'objects']);
  });

  test('names measured files beside itself', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'home-'));
    try {
      const text = readFileSync(path.join(HOMES_DIR, 'default.yaml'), 'utf8');
      writeFileSync(path.join(dir, 'mine.yaml'), `${text}\nprofile: load/2024.csv\nweather: ../tmy.csv\n`);
      expect(readHome(path.join(dir, 'mine.yaml'))).toMatchObject({
        profile: path.join(dir, 'load/2024.csv'),
        weather: path.join(dir, '../tmy.csv'),
      });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('refuses an efficiency curve that does not rise', () => {
    const text = (curve: string) =>
      'name: x\nzone: UTC\nplace: { latitudeDeg: 50, longitudeDeg: 8 }\nobjects:\n  - { id: grid, kind: grid }\n' +
      `  - { id: inv, kind: inverter, ratedW: 5000, efficiencyCurve: ${curve} }\n`;
    const rising = '[{ loadPct: 10, efficiencyPct: 90 }, { loadPct: 100, efficiencyPct: 97 }]';
    expect(problemsOf(text(rising))).toEqual([]);
    for (const wrong of [
      '[{ loadPct: 100, efficiencyPct: 97 }, { loadPct: 10, efficiencyPct: 90 }]',
      '[{ loadPct: 50, efficiencyPct: 51 }, { loadPct: 51, efficiencyPct: 99 }]',
    ]) {
      expect(problemsOf(text(wrong))).toContainEqual(
        expect.objectContaining({
          where: 'inv: efficiencyCurve',
          message: expect.stringMatching(/order the points/),
        }),
      );
    }
  });

  test('says so when the kind of an object is unknown', () => {
    const text =
      'name: x\nzone: UTC\nplace: { latitudeDeg: 50, longitudeDeg: 8 }\nobjects:\n  - { id: sauna, kind: sauna }\n';
    expect(problemsOf(text)).toContainEqual(expect.objectContaining({ where: 'sauna: kind' }));
  });

  test('that cannot be read or is no YAML is one clear sentence', () => {
    expect(() => readHome('/nowhere/home.yaml')).toThrow('cannot be read');
    expect(problemsOf('objects: [').map(({ where }) => where)).toEqual(['file']);
  });
});

describe('ids', () => {
  test('differ between homes made from the same file, and stay the same over time', () => {
    const home = defaultHome();
    expect(boardIds(home, 'home-1')).not.toEqual(boardIds(home, 'home-2'));
    expect(meterIds(home, 'home-2')).toEqual(['load-meter-home-2']);
    expect(boardIds(home, 'home-1')).toEqual(boardIds(defaultHome(), 'home-1'));
    expect(boardIds(home, 'home-1')[0]).toMatch(/^esp12f-[0-9a-f]{12}$/);
    expect(boardMac('home-1', 'cellar-board')).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  });
});

describe('local time', () => {
  test('follows the zone through the change of clocks', () => {
    const clock = new LocalClock('Europe/Berlin');
    expect(clock.at(Date.parse('2026-03-29T00:59:00Z')).minuteOfDay).toBe(119);
    expect(clock.at(Date.parse('2026-03-29T01:01:00Z')).minuteOfDay).toBe(181);
    expect(clock.at(Date.parse('2026-01-14T21:30:00Z'))).toMatchObject({ minuteOfDay: 1350, weekday: 3 });
  });

  test('turns into the right instant in winter and summer', () => {
    expect(instantOfLocal('Europe/Berlin', '2026-01-14T22:00')).toBe(Date.parse('2026-01-14T21:00:00Z'));
    expect(instantOfLocal('Europe/Berlin', '2026-07-14 22:00:00')).toBe(Date.parse('2026-07-14T20:00:00Z'));
  });
});
