/**
 * A history server in memory: keeps points as InfluxDB does (same series and time: fields are joined, the newest
 * value wins) and gives every answer that one has been seen to give. It reads line protocol with a reader of its own.
 */
import type { Answer } from '@wattward/edge/delivery/answers';
import type { Random } from '../random.ts';

/** What the server does with a request. */
export type Mood =
  | { readonly kind: 'takes' }
  /** Stored, but the answer is lost on the way. */
  | { readonly kind: 'takes-silently' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'says'; readonly status: number; readonly retryAfterS: number | null }
  /** More lines than this are too large. */
  | { readonly kind: 'small'; readonly maxLines: number };

export interface StoredPoint {
  readonly series: string;
  readonly timeMs: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** A measurement that the server refuses: its field has another type there. */
export const POISON = 'poison';

export class VirtualInflux {
  readonly #random: Random;
  readonly points = new Map<string, StoredPoint>();
  newestMs = Number.NEGATIVE_INFINITY;
  /** Told of every point that is taken. */
  onPoint: (point: StoredPoint) => void = () => {};

  constructor(random: Random) {
    this.#random = random;
  }

  answer(lines: readonly string[], mood: Mood): Answer {
    switch (mood.kind) {
      case 'unreachable':
        return { kind: 'unreachable', code: 'ECONNREFUSED' };
      case 'silent':
        return { kind: 'silent' };
      case 'says':
        return says(mood.status, mood.retryAfterS);
      case 'small':
        return lines.length > mood.maxLines ? says(413) : this.#take(lines);
      case 'takes':
        return this.#take(lines);
      case 'takes-silently':
        this.#take(lines);
        return { kind: 'silent' };
    }
  }

  #take(lines: readonly string[]): Answer {
    const points = lines.map(readLine);
    const bad = points.some((point) => point === null || point.series.startsWith(POISON));
    if (bad) {
      // 422 has stored what was good, 400 nothing at all.
      const partial = this.#random.chance(0.5);
      if (partial)
        for (const point of points) if (point && !point.series.startsWith(POISON)) this.#store(point);
      return says(partial ? 422 : 400);
    }
    for (const point of points) if (point) this.#store(point);
    return says(204);
  }

  #store(point: StoredPoint): void {
    this.onPoint(point);
    const key = `${point.series} ${point.timeMs}`;
    const before = this.points.get(key);
    this.points.set(key, before ? { ...point, fields: { ...before.fields, ...point.fields } } : point);
    this.newestMs = Math.max(this.newestMs, point.timeMs);
  }
}

function says(status: number, retryAfterS: number | null = null): Answer {
  const body = status === 204 ? '' : `{"code":"${status}"}`;
  return { kind: 'status', status, retryAfter: retryAfterS === null ? null : String(retryAfterS), body };
}

const SERIES = /(?:\\.|[^\\ ])+ /y;
const FIELD = /((?:\\.|[^\\=, ])+)=("(?:\\.|[^"\\])*"|true|false|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?i?)([, ])/y;
const TIME = /-?\d+$/y;

/** `series field=value[,field=value] time`; a backslash keeps the character behind it from meaning anything. */
function readLine(line: string): StoredPoint | null {
  SERIES.lastIndex = 0;
  const head = SERIES.exec(line);
  if (!head) return null;
  const fields: Record<string, string> = {};
  let at = SERIES.lastIndex;
  for (let isLast = false; !isLast; at = FIELD.lastIndex) {
    FIELD.lastIndex = at;
    const field = FIELD.exec(line);
    const name = field?.[1];
    if (!field || name === undefined || name in fields) return null;
    fields[name] = field[2] ?? '';
    isLast = field[3] === ' ';
  }
  TIME.lastIndex = at;
  const time = TIME.exec(line);
  return time && { series: head[0].slice(0, -1), timeMs: Number(time[0]), fields };
}
