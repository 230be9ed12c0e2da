/** The light on a home's roofs and what its arrays could give, simulated or as measured. */
import { dcFromAcW } from '../physics/inverter.ts';
import { clearSky, onPlane, underSky } from '../physics/irradiance.ts';
import { pvDcPowerW } from '../physics/pv.ts';
import { shaded } from '../physics/shade.ts';
import { sunPosition } from '../physics/sun.ts';
import { weatherAt } from '../physics/weather.ts';
import type { HomeInput, HomeState, InverterPlan, Sky } from './home-state.ts';
import type { Home, ObjectOf } from './schema.ts';

/** How long the light on a roof is taken as constant. */
const LIGHT_MS = 5_000;

export interface SkyQuestion {
  readonly state: HomeState;
  readonly input: HomeInput;
  readonly seed: number;
}

export function skyOf(home: Home, plans: readonly InverterPlan[], { state, input, seed }: SkyQuestion): Sky {
  const { place, climate } = home;
  const fresh = state.inverters.every(
    (own) => state.nowMs >= own.pvSampledAtMs && state.nowMs - own.pvSampledAtMs < LIGHT_MS,
  );
  const weather =
    input.weather ??
    weatherAt(climate, seed, {
      nowMs: state.nowMs,
      minuteOfDay: input.local.minuteOfDay,
      latitudeDeg: place.latitudeDeg,
    });
  if (fresh && input.measured?.pvW == null && state.inverters.length > 0) {
    return { weather, available: state.inverters.map((own) => own.pvAvailableW), fresh };
  }
  const sun = sunPosition(place, state.nowMs + (input.dtS * 1000) / 2);
  const light = underSky(clearSky(place, sun, climate.linkeTurbidity), weather, sun);
  const measured = input.measured?.pvW;
  const available = plans.map(({ arrays, inverter }, n) => {
    if (measured != null && n === 0) return shareMeasured(inverter, arrays, measured);
    return arrays.map((array) =>
      pvDcPowerW(array, onPlane(array, sun, shaded(light, array.shade, sun)), weather),
    );
  });
  return { weather, available, fresh: false };
}

/** A measured PV power is AC; the arrays share what the inverter would have needed for it. */
function shareMeasured(
  inverter: ObjectOf<'inverter'>,
  arrays: readonly ObjectOf<'pv'>[],
  acW: number,
): number[] {
  const dcW = acW > 0 ? dcFromAcW(inverter, Math.min(acW, inverter.ratedW)) : 0;
  const peakW = sum(arrays.map((array) => array.peakW));
  return arrays.map((array) => (peakW > 0 ? (dcW * array.peakW) / peakW : 0));
}

export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
