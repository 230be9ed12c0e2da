import { describe, expect, test } from '@jest/globals';
import { airMass, clouded, haurwitzWPerM2, ineichen, onPlane } from '../../src/physics/irradiance.ts';
import { ashraeTransmission, cellTemperatureC, pvwattsDcW } from '../../src/physics/pv.ts';
import type { SunPosition } from '../../src/physics/sun.ts';

describe('clear sky', () => {
  test.each([
    [5, 48.6298687941956],
    [10, 135.741748091813],
    [30, 487.894132885425],
    [50, 778.766689344363],
    [90, 1035.0920325345],
  ])('after Haurwitz at an elevation of %s degrees', (elevationDeg, globalWPerM2) => {
    expect(haurwitzWPerM2(elevationDeg)).toBeCloseTo(globalWPerM2, 6);
  });

  test.each([
    [10, 1, 1038.159219, 942.208186, 110.2652929],
    [46.0467599, 1.32355476, 704.6968125, 888.90147035, 87.73601277],
  ])(
    'after Ineichen at a zenith of %s degrees',
    (apparentZenithDeg, absoluteAirMass, global, direct, diffuse) => {
      const light = ineichen({
        apparentZenithDeg,
        absoluteAirMass,
        linkeTurbidity: 3,
        altitudeM: 0,
        extraterrestrialWPerM2: 1364,
      });
      expect(light.globalWPerM2).toBeCloseTo(global, 4);
      expect(light.directWPerM2).toBeCloseTo(direct, 4);
      expect(light.diffuseWPerM2).toBeCloseTo(diffuse, 4);
    },
  );

  test.each([
    [90, 37.92],
    [80, 5.58],
    [0, 1.0],
  ])('through an air mass after Kasten and Young at %s degrees', (zenithDeg, mass) => {
    expect(airMass(zenithDeg)).toBeCloseTo(mass, 1);
  });
});

describe('light on a tilted plane', () => {
  const plane = { tiltDeg: 40, azimuthDeg: 180, albedo: 0.25 };
  const extra = 1321.16558;
  const rows = [
    [82.97705621, 66.71410338, 316.1949, 79.7386, 40.4615, 27.1775],
    [10.56725766, 144.76567754, 939.9547, 1042.4803, 118.4583, 102.9949],
    [72.46903556, 287.04104128, 646.2289, 257.2075, 62.0338, 33.1909],
  ] as const;

  test.each(rows)(
    'has the sky of Hay and Davies at a zenith of %s',
    (zenith, azimuthDeg, direct, global, diffuse, sky) => {
      const sun: SunPosition = {
        elevationDeg: 90 - zenith,
        apparentElevationDeg: 90 - zenith,
        azimuthDeg,
        distanceAu: Math.sqrt(1361 / extra),
      };
      const light = { globalWPerM2: global, directWPerM2: direct, diffuseWPerM2: diffuse };
      expect(Math.abs(onPlane(plane, sun, light).skyWPerM2 - sky)).toBeLessThan(0.1);
    },
  );

  test('gets from the ground what the albedo gives back', () => {
    const sun = { elevationDeg: 45, apparentElevationDeg: 45, azimuthDeg: 180, distanceAu: 1 };
    const light = { globalWPerM2: 900, directWPerM2: 0, diffuseWPerM2: 900 };
    expect(onPlane(plane, sun, light).groundWPerM2).toBeCloseTo(26.32000014911496, 6);
  });
});

describe('clouds', () => {
  const sun = { elevationDeg: 40, apparentElevationDeg: 40, azimuthDeg: 180, distanceAu: 1 };
  const clear = { globalWPerM2: 600, directWPerM2: 780, diffuseWPerM2: 98.6 };

  test('take the beam first and leave the sum consistent', () => {
    const dim = clouded(clear, 0.3, sun);
    expect(dim.globalWPerM2).toBeCloseTo(180);
    expect(dim.directWPerM2 / clear.directWPerM2).toBeLessThan(0.1);
    const back = dim.diffuseWPerM2 + dim.directWPerM2 * Math.sin((40 * Math.PI) / 180);
    expect(back).toBeCloseTo(dim.globalWPerM2, 6);
  });
});

describe('a cell', () => {
  test('is as warm as Sandia measured', () => {
    expect(cellTemperatureC(900, 'rack', { temperatureC: 20, windMPerS: 5 })).toBeCloseTo(43.509, 2);
  });

  test('gives what PVWatts says', () => {
    expect(pvwattsDcW(900, 30, { peakW: 100, temperatureCoefficient: -0.003 })).toBeCloseTo(88.65, 6);
  });

  test('loses light at flat angles', () => {
    expect(ashraeTransmission(45)).toBeCloseTo(0.97928932, 6);
    expect(ashraeTransmission(67.5)).toBeCloseTo(0.9193437, 6);
    expect(ashraeTransmission(90)).toBe(0);
  });
});
