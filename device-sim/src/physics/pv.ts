/**
 * A PV array: light on its plane, cell temperature, direct current power, the way PVWatts 5 does it.
 *
 * DC = (effective irradiance / 1000) x peak x (1 - losses) x (1 + coefficient x (cell - 25)). Cell temperature after
 * Sandia (SAPM) for two kinds of mounting. The beam loses by reflection at flat angles (ASHRAE, b0 = 0.05).
 * Source: A. Dobos, PVWatts Version 5 Manual, NREL/TP-6A20-62641; D. King, SAND2004-3535.
 */
import type { PlaneIrradiance } from './irradiance.ts';
import type { Weather } from './weather.ts';

export interface PvArray {
  readonly peakW: number;
  readonly tiltDeg: number;
  readonly azimuthDeg: number;
  readonly albedo: number;
  /** Per degree C, negative. */
  readonly temperatureCoefficient: number;
  readonly lossesPct: number;
  readonly mounting: 'rack' | 'roof';
}

const SAPM = {
  rack: { a: -3.47, b: -0.0594, deltaC: 3 },
  roof: { a: -2.98, b: -0.0471, deltaC: 1 },
} as const;

export function cellTemperatureC(
  irradianceWPerM2: number,
  mounting: PvArray['mounting'],
  weather: { readonly temperatureC: number; readonly windMPerS: number },
): number {
  const { a, b, deltaC } = SAPM[mounting];
  const backC = weather.temperatureC + irradianceWPerM2 * Math.exp(a + b * weather.windMPerS);
  return backC + (irradianceWPerM2 / 1000) * deltaC;
}

/** PVWatts' array model, before losses. */
export function pvwattsDcW(
  effectiveWPerM2: number,
  cellC: number,
  array: { readonly peakW: number; readonly temperatureCoefficient: number },
): number {
  return Math.max(
    0,
    (effectiveWPerM2 / 1000) * array.peakW * (1 + array.temperatureCoefficient * (cellC - 25)),
  );
}

/** Share of the beam that enters the glass at this angle. */
export function ashraeTransmission(incidenceDeg: number, b0 = 0.05): number {
  if (incidenceDeg >= 90) return 0;
  return Math.max(0, 1 - b0 * (1 / Math.cos((incidenceDeg * Math.PI) / 180) - 1));
}

/** What the array can give now; what is taken is up to the inverter. */
export function pvDcPowerW(array: PvArray, light: PlaneIrradiance, weather: Weather): number {
  const { beamWPerM2, skyWPerM2, groundWPerM2 } = light;
  const effective = beamWPerM2 * ashraeTransmission(light.incidenceDeg) + skyWPerM2 + groundWPerM2;
  if (effective <= 0) return 0;
  const cellC = cellTemperatureC(beamWPerM2 + skyWPerM2 + groundWPerM2, array.mounting, weather);
  return pvwattsDcW(effective, cellC, array) * (1 - array.lossesPct / 100);
}
