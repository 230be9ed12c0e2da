/**
 * A row of skies in time, and the sky between two of them. Kept is how much of the clear sky's light came through and
 * what share of it was diffuse, so that the sun still moves smoothly between two rows.
 */
import type { Weather } from '../physics/weather.ts';

/** What was measured in one interval. */
export interface MeasuredSky {
  /** Middle of the interval. */
  readonly atMs: number;
  readonly globalWPerM2: number;
  readonly diffuseWPerM2: number;
  readonly temperatureC: number;
  readonly windMPerS: number;
  /** Global irradiance of a clear sky in that moment. */
  readonly clearWPerM2: number;
}

/** A hole longer than this is not bridged. */
const LONGEST_HOLE_MS = 3 * 3_600_000;
/** With less light than this a share of it says nothing. */
const TOO_DARK_W_PER_M2 = 20;
/** At the edge of a cloud more may arrive than a clear sky gives. */
const MOST_CLEARNESS = 1.3;

export class WeatherTrack {
  readonly #times: Float64Array;
  readonly #clearness: Float32Array;
  readonly #diffuseShare: Float32Array;
  readonly #temperatureC: Float32Array;
  readonly #windMPerS: Float32Array;

  /** @param skies in order of time, at least one */
  constructor(skies: readonly MeasuredSky[]) {
    this.#times = Float64Array.from(skies, ({ atMs }) => atMs);
    this.#temperatureC = Float32Array.from(skies, ({ temperatureC }) => temperatureC);
    this.#windMPerS = Float32Array.from(skies, ({ windMPerS }) => windMPerS);
    this.#clearness = withoutNights(skies, 0, ({ globalWPerM2, clearWPerM2 }) =>
      between(0, globalWPerM2 / clearWPerM2, MOST_CLEARNESS),
    );
    this.#diffuseShare = withoutNights(skies, 1, ({ globalWPerM2, diffuseWPerM2 }) =>
      globalWPerM2 > 0 ? between(0, diffuseWPerM2 / globalWPerM2, 1) : 1,
    );
  }

  /** The sky at `atMs`; null outside of the track and in a hole. */
  at(atMs: number): Weather | null {
    const after = firstAfter(this.#times, atMs);
    const [beginMs, endMs] = [this.#times[after - 1], this.#times[after]];
    if (beginMs === undefined || endMs === undefined || endMs - beginMs > LONGEST_HOLE_MS) return null;
    return this.#mixed(after - 1, after, (atMs - beginMs) / (endMs - beginMs));
  }

  /** The first sky before the track begins, the last one after it. */
  atEnd(atMs: number): Weather {
    const n = atMs < (this.#times[0] ?? 0) ? 0 : this.#times.length - 1;
    return this.#mixed(n, n, 0);
  }

  #mixed(before: number, after: number, share: number): Weather {
    const mix = (values: Float32Array) => {
      const [a = 0, b = 0] = [values[before], values[after]];
      return a + (b - a) * share;
    };
    return {
      clearness: mix(this.#clearness),
      diffuseShare: mix(this.#diffuseShare),
      temperatureC: mix(this.#temperatureC),
      windMPerS: mix(this.#windMPerS),
    };
  }
}

/** The night has no light to judge by: it takes what the evening before had, `none` where there was no evening. */
function withoutNights(
  skies: readonly MeasuredSky[],
  none: number,
  shareOf: (sky: MeasuredSky) => number,
): Float32Array {
  const lit = skies.find(({ clearWPerM2 }) => clearWPerM2 >= TOO_DARK_W_PER_M2);
  let last = lit ? shareOf(lit) : none;
  return Float32Array.from(skies, (sky) => {
    if (sky.clearWPerM2 >= TOO_DARK_W_PER_M2) last = shareOf(sky);
    return last;
  });
}

function firstAfter(times: Float64Array, atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function between(min: number, value: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
