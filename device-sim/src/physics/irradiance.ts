/**
 * How much light falls: outside the atmosphere, under a clear sky, and on a tilted plane. W/m2 throughout.
 *
 * Clear sky after Ineichen and Perez (2002) with a Linke turbidity, or after Haurwitz (1945) where none is known;
 * air mass after Kasten and Young (1989); diffuse share under clouds after Erbs (1982); tilted plane after Hay and
 * Davies (1980). Formulae as in pvlib.
 */
import { type Place, type SunPosition, standardAir } from './sun.ts';

export interface Irradiance {
  readonly globalWPerM2: number;
  /** On a plane that faces the sun. */
  readonly directWPerM2: number;
  readonly diffuseWPerM2: number;
}

export interface Plane {
  readonly tiltDeg: number;
  /** From north over east: south is 180. */
  readonly azimuthDeg: number;
  readonly albedo: number;
}

export interface PlaneIrradiance {
  readonly beamWPerM2: number;
  readonly skyWPerM2: number;
  readonly groundWPerM2: number;
  /** Angle between sun and normal of the plane; 90 and more: the sun is behind it. */
  readonly incidenceDeg: number;
}

const RAD = Math.PI / 180;
export const SOLAR_CONSTANT_W_PER_M2 = 1361;
export const DARK: Irradiance = { globalWPerM2: 0, directWPerM2: 0, diffuseWPerM2: 0 };

export function extraterrestrialWPerM2(distanceAu: number): number {
  return SOLAR_CONSTANT_W_PER_M2 / distanceAu ** 2;
}

/** Relative air mass; 1 with the sun overhead, 38 at the horizon. */
export function airMass(apparentZenithDeg: number): number {
  return 1 / (Math.cos(apparentZenithDeg * RAD) + 0.50572 * (96.07995 - apparentZenithDeg) ** -1.6364);
}

/** Global irradiance under a clear sky, from the elevation alone. */
export function haurwitzWPerM2(apparentElevationDeg: number): number {
  const cosZenith = Math.sin(apparentElevationDeg * RAD);
  return cosZenith > 0 ? 1098 * cosZenith * Math.exp(-0.059 / cosZenith) : 0;
}

export interface ClearSkyInput {
  readonly apparentZenithDeg: number;
  /** Corrected for pressure. */
  readonly absoluteAirMass: number;
  readonly linkeTurbidity: number;
  readonly altitudeM: number;
  readonly extraterrestrialWPerM2: number;
}

export function ineichen(input: ClearSkyInput): Irradiance {
  const { absoluteAirMass: am, linkeTurbidity: tl, altitudeM, extraterrestrialWPerM2: extra } = input;
  const cosZenith = Math.cos(input.apparentZenithDeg * RAD);
  if (cosZenith <= 0) return DARK;
  const fh1 = Math.exp(-altitudeM / 8000);
  const fh2 = Math.exp(-altitudeM / 1250);
  const cg1 = 5.09e-5 * altitudeM + 0.868;
  const cg2 = 3.92e-5 * altitudeM + 0.0387;
  const globalWPerM2 = cg1 * extra * cosZenith * Math.exp(-cg2 * am * (fh1 + fh2 * (tl - 1)));
  const beam = extra * Math.max(0, (0.664 + 0.163 / fh1) * Math.exp(-0.09 * am * (tl - 1)));
  const bound =
    (globalWPerM2 * Math.max(0, 1 - (0.1 - 0.2 * Math.exp(-tl)) / (0.1 + 0.882 / fh1))) / cosZenith;
  const directWPerM2 = Math.min(beam, bound);
  return { globalWPerM2, directWPerM2, diffuseWPerM2: globalWPerM2 - directWPerM2 * cosZenith };
}

/** What reaches the ground at a place under a sky without clouds. */
export function clearSky(place: Place, sun: SunPosition, linkeTurbidity: number): Irradiance {
  const apparentZenithDeg = 90 - sun.apparentElevationDeg;
  if (apparentZenithDeg >= 90) return DARK;
  const pressure = standardAir(place.altitudeM).pressureHpa / 1013.25;
  return ineichen({
    apparentZenithDeg,
    absoluteAirMass: airMass(apparentZenithDeg) * pressure,
    linkeTurbidity,
    altitudeM: place.altitudeM,
    extraterrestrialWPerM2: extraterrestrialWPerM2(sun.distanceAu),
  });
}

/** The clear sky under this weather: its diffuse share as measured, or as such a sky has it on average. */
export function underSky(
  clear: Irradiance,
  { clearness, diffuseShare }: { readonly clearness: number; readonly diffuseShare?: number },
  sun: SunPosition,
): Irradiance {
  return diffuseShare === undefined
    ? clouded(clear, clearness, sun)
    : parted(clear, { clearness, diffuseShare }, sun);
}

/** The clear sky dimmed to `clearness` (0..1.1 of its global irradiance): the beam goes first. */
export function clouded(clear: Irradiance, clearness: number, sun: SunPosition): Irradiance {
  const globalWPerM2 = clear.globalWPerM2 * clearness;
  const cosZenith = Math.sin(sun.elevationDeg * RAD);
  if (clearness >= 1 || cosZenith < 0.01) {
    return {
      globalWPerM2,
      directWPerM2: clear.directWPerM2 * clearness,
      diffuseWPerM2: clear.diffuseWPerM2 * clearness,
    };
  }
  const kt = globalWPerM2 / (extraterrestrialWPerM2(sun.distanceAu) * cosZenith);
  const clearShare = clear.globalWPerM2 > 0 ? clear.diffuseWPerM2 / clear.globalWPerM2 : 1;
  const diffuseWPerM2 = globalWPerM2 * Math.max(clearShare, erbsDiffuseShare(kt));
  return { globalWPerM2, directWPerM2: (globalWPerM2 - diffuseWPerM2) / cosZenith, diffuseWPerM2 };
}

/** The clear sky dimmed to a measured clearness, its diffuse share measured too. */
function parted(
  clear: Irradiance,
  { clearness, diffuseShare }: { readonly clearness: number; readonly diffuseShare: number },
  sun: SunPosition,
): Irradiance {
  const globalWPerM2 = clear.globalWPerM2 * clearness;
  const cosZenith = Math.sin(sun.elevationDeg * RAD);
  // A sun on the horizon would make a beam out of rounding.
  const mostWPerM2 = extraterrestrialWPerM2(sun.distanceAu) * Math.max(0, cosZenith);
  const beamWPerM2 = cosZenith < 0.01 ? 0 : Math.min(mostWPerM2, globalWPerM2 * (1 - diffuseShare));
  return {
    globalWPerM2,
    directWPerM2: beamWPerM2 === 0 ? 0 : beamWPerM2 / cosZenith,
    diffuseWPerM2: globalWPerM2 - beamWPerM2,
  };
}

function erbsDiffuseShare(kt: number): number {
  if (kt <= 0.22) return 1 - 0.09 * kt;
  if (kt > 0.8) return 0.165;
  return 0.9511 - 0.1604 * kt + 4.388 * kt ** 2 - 16.638 * kt ** 3 + 12.336 * kt ** 4;
}

/** Light on a tilted plane (Hay and Davies: part of the diffuse light comes from around the sun). */
export function onPlane(plane: Plane, sun: SunPosition, light: Irradiance): PlaneIrradiance {
  const tilt = plane.tiltDeg * RAD;
  const cosZenith = Math.sin(sun.elevationDeg * RAD);
  const cosIncidence =
    cosZenith * Math.cos(tilt) +
    Math.cos(sun.elevationDeg * RAD) * Math.sin(tilt) * Math.cos((sun.azimuthDeg - plane.azimuthDeg) * RAD);
  const facing = Math.max(0, cosIncidence);
  const anisotropy = Math.min(1, light.directWPerM2 / extraterrestrialWPerM2(sun.distanceAu));
  const ratio = facing / Math.max(cosZenith, 0.01745);
  return {
    beamWPerM2: light.directWPerM2 * facing,
    skyWPerM2: light.diffuseWPerM2 * (anisotropy * ratio + ((1 - anisotropy) * (1 + Math.cos(tilt))) / 2),
    groundWPerM2: (light.globalWPerM2 * plane.albedo * (1 - Math.cos(tilt))) / 2,
    incidenceDeg: Math.acos(Math.max(-1, Math.min(1, cosIncidence))) / RAD,
  };
}
