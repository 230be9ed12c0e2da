/**
 * Measured weather to replay: a CSV file of global irradiance, diffuse irradiance, temperature and wind, UTC. In its own
 * time the file counts as it is. A file of a year or more (a typical year too, whose months come from different years)
 * is replayed by date at any other time; beside a shorter one the sky is generated.
 */
import { clearSky } from '../physics/irradiance.ts';
import { type Place, sunPosition } from '../physics/sun.ts';
import type { Weather } from '../physics/weather.ts';
import { textOf } from './file-text.ts';
import {
  readWeatherRow,
  WEATHER_FORMATS,
  type WeatherLayout,
  type WeatherRow,
  weatherLayoutOf,
} from './weather-format.ts';
import { type MeasuredSky, WeatherTrack } from './weather-track.ts';

/** Nothing can be read there, or it is no weather. */
export class WeatherFileError extends Error {
  readonly code = 'bad-weather';
  readonly remedy =
    `Give a CSV file as one of these write it: ${WEATHER_FORMATS.map(({ name }) => name).join(', ')}.`;
}

const YEAR_MS = 360 * 86_400_000;
/** Lines before the header: titles, places. */
const MOST_PREAMBLE = 40;

export class WeatherRecord {
  readonly #own: WeatherTrack;
  readonly #yearly: WeatherTrack | null;

  private constructor(skies: readonly MeasuredSky[], coveredMs: number) {
    this.#own = new WeatherTrack(skies.toSorted((a, b) => a.atMs - b.atMs));
    this.#yearly = coveredMs >= YEAR_MS ? new WeatherTrack(byDate(skies)) : null;
  }

  /** @throws WeatherFileError when there is nothing to read. */
  static open(file: string, place: Place, linkeTurbidity: number): WeatherRecord {
    const { layout, lines } = read(file);
    const rows = lines.flatMap((line) => readWeatherRow(layout, line) ?? []);
    if (rows.length < 2) throw new WeatherFileError(`${file} holds no weather.`);
    const stepMs = intervalMs(rows);
    const shiftMs = { begin: stepMs / 2, middle: 0, end: -stepMs / 2 }[layout.format.stamp];
    const skies = rows.map((row) => {
      const atMs = row.stampMs + shiftMs;
      const clear = clearSky(place, sunPosition(place, atMs), linkeTurbidity);
      return { ...row, atMs, clearWPerM2: clear.globalWPerM2 };
    });
    return new WeatherRecord(skies, rows.length * stepMs);
  }

  /** The sky at `nowMs`; null where nothing was measured. */
  at(nowMs: number): Weather | null {
    const own = this.#own.at(nowMs);
    if (own || !this.#yearly) return own;
    const atMs = dateOf(nowMs);
    return this.#yearly.at(atMs) ?? this.#yearly.atEnd(atMs);
  }
}

function read(file: string): { readonly layout: WeatherLayout; readonly lines: readonly string[] } {
  let lines: readonly string[];
  try {
    lines = textOf(file).split(/\r?\n/);
  } catch (cause) {
    throw new WeatherFileError(`${file} cannot be read.`, { cause });
  }
  for (let i = 0; i < Math.min(MOST_PREAMBLE, lines.length); i += 1) {
    const layout = weatherLayoutOf(lines[i] ?? '');
    if (layout) return { layout, lines: lines.slice(i + 1) };
  }
  throw new WeatherFileError(`${file} has no known header: ${(lines[0] ?? '').slice(0, 120)}`);
}

function intervalMs([first, second]: readonly WeatherRow[]): number {
  return first && second ? Math.abs(second.stampMs - first.stampMs) : 0;
}

/** All of them in the order of their dates; of a date that comes twice the later one. */
function byDate(skies: readonly MeasuredSky[]): readonly MeasuredSky[] {
  const found = new Map<number, MeasuredSky>();
  for (const sky of skies) found.set(dateOf(sky.atMs), { ...sky, atMs: dateOf(sky.atMs) });
  return [...found.values()].sort((a, b) => a.atMs - b.atMs);
}

/** Milliseconds since the year began; in a leap year March is a day late. */
function dateOf(atMs: number): number {
  return atMs - Date.UTC(new Date(atMs).getUTCFullYear(), 0, 1);
}
