/** Local time of a home: minutes since midnight, day and weekday; and the instant of a local date and time. */
import { zoneOffsetMs } from '@wattward/edge/core/zone';

const DAY_MS = 86_400_000;
const CHECK_MS = 900_000;

export interface LocalTime {
  readonly minuteOfDay: number;
  readonly dayNumber: number;
  readonly weekday: number;
}

/** Asks the calendar once a quarter of an hour: clocks change on quarters only. */
export class LocalClock {
  readonly #zone: string;
  #quarter = Number.NaN;
  #offsetMs = 0;

  constructor(zone: string) {
    this.#zone = zone;
  }

  at(nowMs: number): LocalTime {
    const quarter = Math.floor(nowMs / CHECK_MS);
    if (quarter !== this.#quarter) {
      this.#quarter = quarter;
      this.#offsetMs = zoneOffsetMs(this.#zone, quarter * CHECK_MS);
    }
    const localMs = nowMs + this.#offsetMs;
    const dayNumber = Math.floor(localMs / DAY_MS);
    return {
      minuteOfDay: (localMs - dayNumber * DAY_MS) / 60_000,
      dayNumber,
      weekday: (((dayNumber + 4) % 7) + 7) % 7,
    };
  }
}

/** `2026-01-14T22:00` or `2026-01-14 22:00:00` in a zone, as an instant. Jumped-over times come out an hour late. */
export function instantOfLocal(zone: string, local: string): number {
  const asUtcMs = Date.parse(`${local.replace(' ', 'T')}Z`);
  const guessMs = asUtcMs - zoneOffsetMs(zone, asUtcMs);
  return asUtcMs - zoneOffsetMs(zone, guessMs);
}

/** Minutes since midnight of a time of day such as `07:30`. */
export function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}
