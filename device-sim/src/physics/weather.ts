/**
 * The sky over a home: how much of the clear sky's light comes through, how warm and how windy it is.
 *
 * A seeded sky has good and bad days (one number a day), fronts of some hours and clouds of some minutes; how deep
 * the clouds cut depends on the day. Temperature follows season, hour and cloud. Nothing here remembers anything.
 */
import { chance, wander } from './chance.ts';

export interface Weather {
  /** Share of the clear sky's global irradiance, 0..1. */
  readonly clearness: number;
  /** Share of the light that comes from the whole sky, where it was measured. */
  readonly diffuseShare?: number;
  readonly temperatureC: number;
  readonly windMPerS: number;
}

export interface Climate {
  /** Share of the sky that is covered on an average day, 0..1; 0 is a clear sky for ever. */
  readonly cloudiness: number;
  readonly meanTemperatureC: number;
  /** Half the difference between the warmest and the coldest month, and between day and night. */
  readonly yearSwingC: number;
  readonly daySwingC: number;
  readonly windMPerS: number;
}

export interface WeatherMoment {
  readonly nowMs: number;
  /** Solar time would do as well: minutes since local midnight. */
  readonly minuteOfDay: number;
  readonly latitudeDeg: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function weatherAt(climate: Climate, seed: number, moment: WeatherMoment): Weather {
  const cover = coverAt(climate, seed, moment.nowMs);
  const southern = moment.latitudeDeg < 0 ? Math.PI : 0;
  const year = Math.cos((2 * Math.PI * (moment.nowMs / DAY_MS - 20)) / 365.25 - southern);
  const day = Math.cos((2 * Math.PI * (moment.minuteOfDay - 15 * 60)) / 1440);
  const temperatureC =
    climate.meanTemperatureC -
    climate.yearSwingC * year +
    climate.daySwingC * day * (1 - 0.5 * cover) +
    3 * wander(seed + 11, moment.nowMs, 2.5 * DAY_MS);
  const windMPerS = Math.max(
    0,
    climate.windMPerS * (1 + 0.7 * wander(seed + 12, moment.nowMs, 180 * MINUTE_MS)),
  );
  // Kasten and Czeplak: an overcast sky lets a quarter of the light through.
  return { clearness: 1 - 0.75 * cover ** 3.4, temperatureC, windMPerS };
}

/** Share of the sky in front of the sun that is covered, 0..1. */
function coverAt(climate: Climate, seed: number, nowMs: number): number {
  if (climate.cloudiness <= 0) return 0;
  const day = chance(seed, Math.floor(nowMs / DAY_MS), 1) * 0.6 + 0.7 * climate.cloudiness;
  const front = 0.25 * wander(seed + 1, nowMs, 150 * MINUTE_MS);
  const clouds =
    (0.35 * wander(seed + 2, nowMs, 9 * MINUTE_MS) + 0.15 * wander(seed + 3, nowMs, 2 * MINUTE_MS)) * day;
  return Math.max(0, Math.min(1, day + front + clouds - 0.15));
}
