/**
 * Measured weather to replay: a CSV file of global irradiance, diffuse irradiance, temperature and wind, UTC.
 *
 * What is kept is how much of the clear sky's light came through in each interval and what share of it was diffuse,
 * so that the sun still moves smoothly between two rows. A file of a year or more (a typical year too, whose months
 * come from different years) is replayed by date: any year of the home has its weather. A shorter one holds for its
 * own days; outside of them the sky is generated.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { clearSky } from '../physics/irradiance.ts';
import { type Place, sunPosition } from '../physics/sun.ts';
import type { Weather } from '../physics/weather.ts';
import {
  readWeatherRow,
  WEATHER_FORMATS,
  type WeatherLayout,
  type WeatherRow,
  weatherLayoutOf,
} from './weather-format.ts';

export class WeatherFileError extends Error {
  readonly code = 'bad-weather';
  readonly remedy =
    `Give a CSV file as one of these write it: ${WEATHER_FORMATS.map(({ name }) => name).join(', ')}.`;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const YEAR_ROWS_MS = 360 * DAY_MS;
/** A hole longer than this is not bridged. */
const LONGEST_HOLE_MS = 3 * HOUR_MS;
/** With less light than this a share of it says nothing. */
const TOO_DARK_W_PER_M2 = 20;
/** At the edge of a cloud more may arrive than a clear sky gives. */
const MOST_CLEARNESS = 1.3;
/** Lines before the header: titles, places. */
const MOST_PREAMBLE = 40;

export class WeatherRecord {
  readonly formatName: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Replayed by date, whatever the year. */
  readonly isYearly: boolean;
  readonly #times: Float64Array;
  readonly #clearness: Float32Array;
  readonly #diffuseShare: Float32Array;
  readonly #temperatureC: Float32Array;
  readonly #windMPerS: Float32Array;

  private constructor(rows: readonly Row[], formatName: string, sky: ClearSkyOf) {
    this.formatName = formatName;
    this.firstMs = rows[0]?.atMs ?? 0;
    this.lastMs = rows.at(-1)?.atMs ?? 0;
    this.isYearly = rows.length * stepMs(rows) >= YEAR_ROWS_MS;
    const known = this.isYearly ? byDate(rows) : rows.toSorted((a, b) => a.atMs - b.atMs);
    this.#times = Float64Array.from(known, ({ atMs }) => atMs);
    this.#temperatureC = Float32Array.from(known, ({ temperatureC }) => temperatureC);
    this.#windMPerS = Float32Array.from(known, ({ windMPerS }) => windMPerS);
    const clearness = new Float32Array(known.length).fill(Number.NaN);
    const diffuseShare = new Float32Array(known.length).fill(1);
    for (const [i, { trueMs, globalWPerM2, diffuseWPerM2 }] of known.entries()) {
      const clearWPerM2 = sky(trueMs);
      if (clearWPerM2 >= TOO_DARK_W_PER_M2) {
        clearness[i] = Math.max(0, Math.min(MOST_CLEARNESS, globalWPerM2 / clearWPerM2));
        diffuseShare[i] = globalWPerM2 > 0 ? Math.max(0, Math.min(1, diffuseWPerM2 / globalWPerM2)) : 1;
      }
    }
    fillNights(clearness, diffuseShare);
    this.#clearness = clearness;
    this.#diffuseShare = diffuseShare;
  }

  /** @throws WeatherFileError when there is nothing to read. */
  static open(file: string, place: Place, linkeTurbidity: number): WeatherRecord {
    const { layout, lines } = read(file);
    const written = lines.flatMap((line) => readWeatherRow(layout, line) ?? []);
    const rows = centred(written, layout.format.stamp);
    if (rows.length < 2) throw new WeatherFileError(`${file} holds no weather.`);
    const sky = (atMs: number) => clearSky(place, sunPosition(place, atMs), linkeTurbidity).globalWPerM2;
    return new WeatherRecord(rows, layout.format.name, sky);
  }

  /** The sky at `nowMs`; null where nothing was measured. */
  at(nowMs: number): Weather | null {
    const atMs = this.isYearly ? dateOf(nowMs) : nowMs;
    const times = this.#times;
    const after = firstAfter(times, atMs);
    const before = after - 1;
    const beginMs = times[before];
    const endMs = times[after];
    if (beginMs === undefined || endMs === undefined) {
      // Before the first row of a year, or after its last, the nearest one counts.
      return this.isYearly ? this.#mixed(Math.max(0, Math.min(times.length - 1, before)), 0, 0) : null;
    }
    if (endMs - beginMs > LONGEST_HOLE_MS) return null;
    return this.#mixed(before, after, (atMs - beginMs) / (endMs - beginMs));
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

type ClearSkyOf = (atMs: number) => number;

interface Row extends WeatherRow {
  /** Middle of the interval; by date where a year is replayed. */
  readonly atMs: number;
  readonly trueMs: number;
}

/** In order of time, each row in the middle of its interval. */
function centred(written: readonly WeatherRow[], stamp: 'begin' | 'middle' | 'end'): readonly Row[] {
  const intervalMs = stepMs(written);
  const shiftMs = { begin: intervalMs / 2, middle: 0, end: -intervalMs / 2 }[stamp];
  return written.map((row) => ({ ...row, atMs: row.stampMs + shiftMs, trueMs: row.stampMs + shiftMs }));
}

function stepMs([first, second]: readonly WeatherRow[]): number {
  return first && second ? Math.abs(second.stampMs - first.stampMs) : 0;
}

function read(file: string): { readonly layout: WeatherLayout; readonly lines: readonly string[] } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new WeatherFileError(`${file} cannot be read.`, { cause });
  }
  const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split(/\r?\n/);
  for (let i = 0; i < Math.min(MOST_PREAMBLE, lines.length); i += 1) {
    const layout = weatherLayoutOf(lines[i] ?? '');
    if (layout) return { layout, lines: lines.slice(i + 1) };
  }
  throw new WeatherFileError(`${file} has no known header: ${(lines[0] ?? '').slice(0, 120)}`);
}

/** All rows in the order of their dates; of a date that comes twice the later one. */
function byDate(rows: readonly Row[]): readonly Row[] {
  const found = new Map<number, Row>();
  for (const row of rows) found.set(dateOf(row.atMs), { ...row, atMs: dateOf(row.atMs) });
  return [...found.values()].sort((a, b) => a.atMs - b.atMs);
}

/** Milliseconds since the year began; in a leap year March is a day late. */
function dateOf(atMs: number): number {
  return atMs - Date.UTC(new Date(atMs).getUTCFullYear(), 0, 1);
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

/** The night has no clearness of its own: it takes that of the evening before. */
function fillNights(clearness: Float32Array, diffuseShare: Float32Array): void {
  const first = clearness.findIndex((value) => !Number.isNaN(value));
  let last = Math.max(0, first);
  for (let i = 0; i < clearness.length; i += 1) {
    if (Number.isNaN(clearness[i] ?? Number.NaN)) {
      clearness[i] = clearness[last] ?? 0;
      diffuseShare[i] = diffuseShare[last] ?? 1;
    } else last = i;
  }
  if (first < 0) clearness.fill(0);
}
