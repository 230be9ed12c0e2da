/**
 * A measured home to replay: one CSV file, or a directory of `.csv` and `.csv.gz` files in order of their names.
 * Times without an offset are local times of the home.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { zoneOffsetMs } from '@wattward/edge/core/zone';
import type { MeasuredSource } from '../home/running-home.ts';
import { textOf } from './file-text.ts';
import { layoutOf, PROFILE_FORMATS, type ProfileLayout, type ProfileRow, readRow } from './format.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A hole longer than this is not bridged: the generated household stands in. */
const LONGEST_HOLE_MS = HOUR_MS;

export class ProfileError extends Error {
  readonly code = 'bad-profile';
  readonly remedy =
    `Give a CSV file, or a directory of .csv or .csv.gz files, with one of the columns: ${PROFILE_FORMATS.map(
      (f) => f.loadColumn,
    ).join(', ')}.`;
}

export interface ProfileSpan {
  /** Local midnight that begins the first whole day, epoch ms. */
  readonly firstDayMs: number;
  readonly lastMs: number;
}

export class Profile implements MeasuredSource {
  readonly span: ProfileSpan;
  readonly formatName: string;
  readonly #times: Float64Array;
  readonly #loadW: Float32Array;
  readonly #pvW: Float32Array;
  #cursor = 0;

  private constructor(rows: Rows, zone: string) {
    this.#times = Float64Array.from(rows.times);
    this.#loadW = Float32Array.from(rows.loadW);
    this.#pvW = Float32Array.from(rows.pvW);
    this.formatName = rows.formatName;
    this.span = {
      firstDayMs: firstLocalMidnight(this.#times[0] ?? 0, zone),
      lastMs: this.#times.at(-1) ?? 0,
    };
  }

  /** @throws ProfileError when there is nothing to read. */
  static open(file: string, zone: string): Profile {
    const rows: Rows = { times: [], loadW: [], pvW: [], formatName: '' };
    const instant = instantReader(zone);
    for (const name of filesOf(file)) addFile(rows, name, instant);
    if (rows.times.length < 2) throw new ProfileError(`${file} holds no measured load.`);
    return new Profile(rows, zone);
  }

  /** Where the replay of `file` begins, without reading all of it. */
  static firstDayMs(file: string, zone: string): number {
    const [first] = filesOf(file);
    if (!first) throw new ProfileError(`${file} holds no CSV file.`);
    const lines = textOf(first).split('\n', 3);
    const layout = layoutFor(first, lines[0] ?? '');
    const row = readRow(layout, lines[1] ?? '');
    if (!row) throw new ProfileError(`${first} holds no measured load.`);
    return firstLocalMidnight(instantReader(zone)(row.time), zone);
  }

  /** What the home drew and made at `nowMs`: the row that covers it; null beyond the file and in long holes. */
  at(nowMs: number): { loadW: number; pvW: number | null } | null {
    const i = this.#rowAt(nowMs);
    const loadW = this.#loadW[i];
    const time = this.#times[i];
    if (i < 0 || loadW === undefined || time === undefined || nowMs - time > LONGEST_HOLE_MS) return null;
    const pvW = this.#pvW[i] ?? Number.NaN;
    return { loadW, pvW: Number.isNaN(pvW) ? null : pvW };
  }

  /** Time mostly goes on by a little: the search starts where the last one ended. */
  #rowAt(nowMs: number): number {
    const times = this.#times;
    const at = (i: number) => times[i] ?? Number.POSITIVE_INFINITY;
    if (nowMs < at(0)) return -1;
    if (at(this.#cursor) > nowMs) this.#cursor = 0;
    let step = 1;
    while (at(this.#cursor + step) <= nowMs) {
      this.#cursor += step;
      step *= 2;
    }
    while (step > 1) {
      step /= 2;
      if (at(this.#cursor + step) <= nowMs) this.#cursor += step;
    }
    return this.#cursor;
  }
}

interface Rows {
  times: number[];
  loadW: number[];
  pvW: number[];
  formatName: string;
}

function addFile(rows: Rows, file: string, instant: (time: string) => number): void {
  const lines = textOf(file).split('\n');
  const layout = layoutFor(file, lines[0] ?? '');
  rows.formatName = layout.format.name;
  for (let i = 1; i < lines.length; i += 1) {
    const row: ProfileRow | undefined = readRow(layout, lines[i] ?? '');
    if (row?.loadW == null) continue;
    const timeMs = instant(row.time);
    // Rows that go back (files that overlap, an hour that comes twice) would break the order: the first one stays.
    if (Number.isNaN(timeMs) || timeMs <= (rows.times.at(-1) ?? Number.NEGATIVE_INFINITY)) continue;
    rows.times.push(timeMs);
    rows.loadW.push(row.loadW);
    rows.pvW.push(row.pvW ?? Number.NaN);
  }
}

function layoutFor(file: string, header: string): ProfileLayout {
  const layout = layoutOf(header);
  if (!layout) throw new ProfileError(`${file} has an unknown header: ${header.slice(0, 120)}`);
  return layout;
}

function filesOf(file: string): string[] {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(file).isDirectory();
  } catch (cause) {
    throw new ProfileError(`${file} cannot be read.`, { cause });
  }
  if (!isDirectory) return [file];
  return readdirSync(file)
    .filter((name) => /\.csv(\.gz)?$/.test(name))
    .sort()
    .map((name) => path.join(file, name));
}

/** Asks the calendar once per hour written in the file. */
function instantReader(zone: string): (time: string) => number {
  let hour = '';
  let hourMs = Number.NaN;
  return (time) => {
    if (/(Z|[+-]\d\d:?\d\d)$/.test(time)) return Date.parse(time.replace(' ', 'T'));
    const thisHour = time.slice(0, 13);
    if (thisHour !== hour) {
      hour = thisHour;
      const asUtcMs = Date.parse(`${thisHour.replace(' ', 'T')}:00:00Z`);
      hourMs = asUtcMs - zoneOffsetMs(zone, asUtcMs - zoneOffsetMs(zone, asUtcMs));
    }
    const minutes = Number(time.slice(14, 16)) || 0;
    const seconds = Number(time.slice(17, 19)) || 0;
    return hourMs + (minutes * 60 + seconds) * 1000;
  };
}

function firstLocalMidnight(fromMs: number, zone: string): number {
  const localMs = fromMs + zoneOffsetMs(zone, fromMs);
  const midnightMs = Math.ceil(localMs / DAY_MS) * DAY_MS;
  const guessMs = midnightMs - zoneOffsetMs(zone, fromMs);
  return midnightMs - zoneOffsetMs(zone, guessMs);
}
