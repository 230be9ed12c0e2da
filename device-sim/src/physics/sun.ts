/**
 * Where the sun stands, good to about 0.003 degrees between 1950 and 2050, far below what a roof can tell.
 *
 * Meeus' low-accuracy solar theory with nutation, aberration, topocentric parallax and the refraction of the solar
 * position algorithm. Angles in degrees; azimuth from north over east; time in epoch milliseconds UTC.
 * Source: J. Meeus, Astronomical Algorithms, chapters 12, 22, 25; I. Reda, A. Andreas, NREL/TP-560-34302.
 */

export interface Place {
  readonly latitudeDeg: number;
  /** East of Greenwich +. */
  readonly longitudeDeg: number;
  readonly altitudeM: number;
}

export interface SunPosition {
  /** Geometric elevation of the sun's centre, as seen from the ground. */
  readonly elevationDeg: number;
  /** With refraction. */
  readonly apparentElevationDeg: number;
  readonly azimuthDeg: number;
  /** Distance in astronomical units. */
  readonly distanceAu: number;
}

export interface Air {
  readonly pressureHpa: number;
  readonly temperatureC: number;
}

const RAD = Math.PI / 180;
/** Terrestrial minus universal time: 67 s in 2013, 69 s in 2024; a second moves the sun by 0.00001 degrees. */
const DELTA_T_S = 69;

export function sunPosition(
  place: Place,
  nowMs: number,
  air: Air = standardAir(place.altitudeM),
): SunPosition {
  const daysUt = nowMs / 86_400_000 - 10_957.5;
  const t = (daysUt + DELTA_T_S / 86_400) / 36_525;
  const node = (125.04 - 1934.136 * t) * RAD;
  const anomaly = (357.52911 + t * (35_999.05029 - 0.0001537 * t)) * RAD;
  const center =
    Math.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t)) +
    Math.sin(2 * anomaly) * (0.019993 - 0.000101 * t) +
    Math.sin(3 * anomaly) * 0.000289;
  const meanLongitudeDeg = 280.46646 + t * (36_000.76983 + t * 0.0003032);
  const eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t);
  const distanceAu =
    (1.000001018 * (1 - eccentricity ** 2)) / (1 + eccentricity * Math.cos(anomaly + center * RAD));
  const longitude = (meanLongitudeDeg + center + pullDeg(t) - 0.00569 - 0.00478 * Math.sin(node)) * RAD;
  const obliquity =
    (23.439291 - t * (0.0130042 + t * (1.64e-7 - t * 5.04e-7)) + 0.00256 * Math.cos(node)) * RAD;

  const declination = Math.asin(Math.sin(obliquity) * Math.sin(longitude));
  const rightAscension = Math.atan2(Math.cos(obliquity) * Math.sin(longitude), Math.cos(longitude));
  const siderealDeg =
    280.46061837 +
    360.98564736629 * daysUt +
    0.000387933 * t * t -
    0.00478 * Math.sin(node) * Math.cos(obliquity);
  const hour = (siderealDeg + place.longitudeDeg) * RAD - rightAscension;
  return horizontal(place, { declination, hour, distanceAu }, air);
}

/** How far Venus, Jupiter and the Moon pull the Earth along its path. */
function pullDeg(t: number): number {
  const since1900 = t + 1.00000214;
  return (
    0.00134 * Math.cos((153.23 + 22_518.7541 * since1900) * RAD) +
    0.00154 * Math.cos((216.57 + 45_037.5082 * since1900) * RAD) +
    0.002 * Math.cos((312.69 + 32_964.3577 * since1900) * RAD) +
    0.00179 * Math.sin((350.74 + 445_267.1142 * since1900) * RAD)
  );
}

function horizontal(
  place: Place,
  sky: { readonly declination: number; readonly hour: number; readonly distanceAu: number },
  air: Air,
): SunPosition {
  const latitude = place.latitudeDeg * RAD;
  const sinElevation =
    Math.sin(latitude) * Math.sin(sky.declination) +
    Math.cos(latitude) * Math.cos(sky.declination) * Math.cos(sky.hour);
  const centred = Math.asin(Math.max(-1, Math.min(1, sinElevation)));
  // The observer stands on the surface, not in the centre of the Earth: 8.794 arc seconds at the horizon.
  const elevationDeg = centred / RAD - (0.0024428 / sky.distanceAu) * Math.cos(centred);
  const azimuth = Math.atan2(
    Math.sin(sky.hour),
    Math.cos(sky.hour) * Math.sin(latitude) - Math.tan(sky.declination) * Math.cos(latitude),
  );
  return {
    elevationDeg,
    apparentElevationDeg: elevationDeg + refractionDeg(elevationDeg, air),
    azimuthDeg: (((azimuth / RAD + 180) % 360) + 360) % 360,
    distanceAu: sky.distanceAu,
  };
}

function refractionDeg(elevationDeg: number, air: Air): number {
  if (elevationDeg < -0.83337) return 0;
  const bend = 1.02 / (60 * Math.tan((elevationDeg + 10.3 / (elevationDeg + 5.11)) * RAD));
  return (air.pressureHpa / 1010) * (283 / (273 + air.temperatureC)) * bend;
}

/** The standard atmosphere at an altitude, 12 degrees C. */
export function standardAir(altitudeM: number): Air {
  return { pressureHpa: 1013.25 * (1 - 2.25577e-5 * altitudeM) ** 5.25588, temperatureC: 12 };
}
