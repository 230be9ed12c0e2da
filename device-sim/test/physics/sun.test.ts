import { describe, expect, test } from '@jest/globals';
import { type Place, sunPosition } from '../../src/physics/sun.ts';

const GOLDEN: Place = { latitudeDeg: 39.742476, longitudeDeg: -105.1786, altitudeM: 1830.14 };
const TUCSON: Place = { latitudeDeg: 32.2, longitudeDeg: -111, altitudeM: 700 };

describe('the sun stands where the solar position algorithm puts it', () => {
  test.each([
    ['2003-10-17T19:30:30Z', 39.872046, 194.340241],
    ['2003-10-18T19:30:30Z', 39.505196, 194.311132],
  ])('over Golden at %s', (at, elevationDeg, azimuthDeg) => {
    const sun = sunPosition(GOLDEN, Date.parse(at), { pressureHpa: 820, temperatureC: 11 });
    expect(Math.abs(sun.elevationDeg - elevationDeg)).toBeLessThan(0.005);
    expect(Math.abs(sun.azimuthDeg - azimuthDeg)).toBeLessThan(0.005);
  });

  test('with its refraction', () => {
    const sun = sunPosition(GOLDEN, Date.parse('2003-10-17T19:30:30Z'), {
      pressureHpa: 820,
      temperatureC: 11,
    });
    expect(Math.abs(sun.apparentElevationDeg - 39.888378)).toBeLessThan(0.005);
  });

  test.each([
    ['2014-06-24T13:00:00Z', 82.97705621, 66.71410338],
    ['2014-06-24T19:00:00Z', 10.56725766, 144.76567754],
    ['2014-06-25T01:00:00Z', 72.46903556, 287.04104128],
  ])('over Tucson at %s', (at, zenithDeg, azimuthDeg) => {
    const sun = sunPosition(TUCSON, Date.parse(at));
    expect(Math.abs(90 - sun.elevationDeg - zenithDeg)).toBeLessThan(0.02);
    expect(Math.abs(sun.azimuthDeg - azimuthDeg)).toBeLessThan(0.02);
  });

  // Rise and set within one UTC day: in August that sunset is the one of the evening before.
  test.each([
    ['2015-01-02T14:21:55Z', '2015-01-02T23:47:43Z'],
    ['2015-08-02T12:00:27Z', '2015-08-02T02:13:58Z'],
  ])('and rises over Golden at %s and sets at %s, within half a minute', (rise, set) => {
    const place = { latitudeDeg: 39.742476, longitudeDeg: -105.1786, altitudeM: 0 };
    const horizonDeg = -0.8333;
    const riseMs = Date.parse(rise);
    const setMs = Date.parse(set);
    const elevation = (ms: number) => sunPosition(place, ms).elevationDeg;
    expect(elevation(riseMs - 30_000)).toBeLessThan(horizonDeg);
    expect(elevation(riseMs + 30_000)).toBeGreaterThan(horizonDeg);
    expect(elevation(setMs - 30_000)).toBeGreaterThan(horizonDeg);
    expect(elevation(setMs + 30_000)).toBeLessThan(horizonDeg);
  });
});
