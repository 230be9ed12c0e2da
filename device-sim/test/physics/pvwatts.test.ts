/** The whole PV chain against a year of NREL's PVWatts. Needs the measured data: WATTWARD_DATA names its directory. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { acFromDcW, type Inverter } from '../../src/physics/inverter.ts';
import { onPlane } from '../../src/physics/irradiance.ts';
import { type PvArray, pvDcPowerW } from '../../src/physics/pv.ts';
import { sunPosition } from '../../src/physics/sun.ts';

const FILE = path.join(process.env.WATTWARD_DATA ?? '', 'pvwatts-8760-rackmount.csv');
const withData = existsSync(FILE) ? test : test.skip;

const GOLDEN = { latitudeDeg: 39.73, longitudeDeg: -105.18, altitudeM: 1820 };
const ARRAY: PvArray = {
  peakW: 4000,
  tiltDeg: 20,
  azimuthDeg: 180,
  albedo: 0.2,
  temperatureCoefficient: -0.0047,
  lossesPct: 14.08,
  mounting: 'rack',
};
const INVERTER: Inverter = {
  ratedW: 4000 / 1.2,
  efficiencyPct: 96,
  standbyW: 0,
  backup: false,
  coupling: 'hybrid',
};

interface Hour {
  readonly atMs: number;
  readonly directWPerM2: number;
  readonly diffuseWPerM2: number;
  readonly temperatureC: number;
  readonly windMPerS: number;
  readonly planeWPerM2: number;
  readonly dcW: number;
  readonly acW: number;
}

function readHours(): Hour[] {
  const lines = readFileSync(FILE, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith('Month,Day,Hour')) + 1;
  return lines
    .slice(start)
    .map((line) => line.split(',').map(Number))
    .filter((cells) => cells.length >= 11 && Number.isFinite(cells[0]))
    .map((cells) => {
      const [month = 1, day = 1, hour = 0, direct = 0, diffuse = 0, temperature = 0, wind = 0, plane = 0] =
        cells;
      // The hour named is its beginning, in local standard time (UTC - 7); light is that of its middle.
      return {
        atMs: Date.UTC(2014, month - 1, day, hour + 7, 30),
        directWPerM2: direct,
        diffuseWPerM2: diffuse,
        temperatureC: temperature,
        windMPerS: wind,
        planeWPerM2: plane,
        dcW: cells[9] ?? 0,
        acW: cells[10] ?? 0,
      };
    });
}

withData('a year of plane irradiance, DC and AC energy is that of PVWatts within two percent', () => {
  const sum = { plane: 0, dc: 0, ac: 0, planeRef: 0, dcRef: 0, acRef: 0, squares: 0, hours: 0 };
  for (const hour of readHours()) {
    const sun = sunPosition(GOLDEN, hour.atMs);
    const cosZenith = Math.max(0, Math.sin((sun.elevationDeg * Math.PI) / 180));
    const light = onPlane(ARRAY, sun, {
      globalWPerM2: hour.directWPerM2 * cosZenith + hour.diffuseWPerM2,
      directWPerM2: hour.directWPerM2,
      diffuseWPerM2: hour.diffuseWPerM2,
    });
    const plane = light.beamWPerM2 + light.skyWPerM2 + light.groundWPerM2;
    const dcW = pvDcPowerW(ARRAY, light, { ...hour, clearness: 1 });
    sum.plane += plane;
    sum.dc += dcW;
    sum.ac += Math.min(INVERTER.ratedW, acFromDcW(INVERTER, dcW));
    sum.planeRef += hour.planeWPerM2;
    sum.dcRef += hour.dcW;
    sum.acRef += hour.acW;
    sum.squares += (plane - hour.planeWPerM2) ** 2;
    sum.hours += 1;
  }
  expect(sum.hours).toBe(8760);
  expect(Math.abs(sum.plane / sum.planeRef - 1)).toBeLessThan(0.015);
  expect(Math.sqrt(sum.squares / sum.hours)).toBeLessThan(10);
  expect(Math.abs(sum.dc / sum.dcRef - 1)).toBeLessThan(0.02);
  expect(Math.abs(sum.ac / sum.acRef - 1)).toBeLessThan(0.02);
  console.info(
    `plane ${pct(sum.plane, sum.planeRef)}, DC ${pct(sum.dc, sum.dcRef)}, AC ${pct(sum.ac, sum.acRef)} of PVWatts; ` +
      `hourly plane RMSE ${Math.sqrt(sum.squares / sum.hours).toFixed(1)} W/m2`,
  );
});

function pct(value: number, reference: number): string {
  return `${((value / reference - 1) * 100).toFixed(2)} %`;
}
