/** A simulated roof for a measured home that has none: the physics of the simulator, its sky by seed. */
import { LocalClock } from '../home/local-time.ts';
import { clearSky, onPlane, underSky } from '../physics/irradiance.ts';
import { pvDcPowerW } from '../physics/pv.ts';
import { type Place, sunPosition } from '../physics/sun.ts';
import { weatherAt } from '../physics/weather.ts';
import { WeatherRecord } from '../profile/weather-record.ts';
import type { Series } from './series.ts';

export interface Roof {
  readonly peakW: number;
  readonly place: Place;
  readonly zone: string;
  readonly seed: number;
  /** Share of the sky that is covered on an average day, 0..1: 0.8 gives about 1000 kWh a year and kWp at 52 degrees. */
  readonly cloudiness: number;
  /** Measured weather instead of the generated one. */
  readonly weather?: string;
}

const TILT_DEG = 35;
const INVERTER_EFFICIENCY = 0.96;
const LIGHT_MS = 300_000;
const CLIMATE = { meanTemperatureC: 10, yearSwingC: 8, daySwingC: 4, windMPerS: 3 };
const LINKE_TURBIDITY = 3.2;

/** `series` with the mean AC power of the roof in each row. */
export function withRoof(series: Series, roof: Roof): Series {
  const { place } = roof;
  const climate = { ...CLIMATE, cloudiness: roof.cloudiness };
  const clock = new LocalClock(roof.zone);
  const record = roof.weather === undefined ? null : WeatherRecord.open(roof.weather, place, LINKE_TURBIDITY);
  const array = {
    peakW: roof.peakW,
    tiltDeg: TILT_DEG,
    azimuthDeg: place.latitudeDeg < 0 ? 0 : 180,
    albedo: 0.2,
    temperatureCoefficient: -0.0037,
    lossesPct: 14.08,
    mounting: 'roof',
  } as const;
  const acW = (nowMs: number) => {
    const sun = sunPosition(place, nowMs);
    const { minuteOfDay } = clock.at(nowMs);
    const weather =
      record?.at(nowMs) ??
      weatherAt(climate, roof.seed, { nowMs, minuteOfDay, latitudeDeg: place.latitudeDeg });
    const light = underSky(clearSky(place, sun, LINKE_TURBIDITY), weather, sun);
    return pvDcPowerW(array, onPlane(array, sun, light), weather) * INVERTER_EFFICIENCY;
  };
  const parts = Math.ceil(series.stepMs / LIGHT_MS);
  const pvW = new Float64Array(series.length);
  for (let row = 0; row < series.length; row += 1) {
    let sumW = 0;
    for (let part = 0; part < parts; part += 1) {
      sumW += acW((series.startMs[row] ?? 0) + ((part + 0.5) * series.stepMs) / parts);
    }
    pvW[row] = sumW / parts;
  }
  return { ...series, pvW };
}
