/**
 * One roll-up bucket and how buckets add up. A counter carries its first and last value and what it rose in between,
 * so that the rise over any run of buckets is exact, resets included: a value below the one before it means the
 * counter began anew at zero. A running total (money) may fall and has no resets.
 */

export type SeriesKind = 'gauge' | 'counter' | 'running';

export function kindOf(field: string): SeriesKind {
  if (/(?:Wh|[sS]witches)$/.test(field)) return 'counter';
  return /Money$/.test(field) ? 'running' : 'gauge';
}

export interface Summary {
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly last: number;
  /** What it rose between its first and its last value. */
  readonly up: number;
}

/** What the series rose from one value to the next. */
export function rise(kind: SeriesKind, from: number, to: number): number {
  return kind === 'counter' && to < from ? to : to - from;
}

/** @param values in order of time, at least one. */
export function summarise(kind: SeriesKind, values: readonly number[]): Summary {
  const [first = Number.NaN] = values;
  let { min, max, sum, up, last } = { min: first, max: first, sum: 0, up: 0, last: first };
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    up += rise(kind, last, value);
    last = value;
  }
  return { n: values.length, sum, min, max, first, last, up };
}

/** @param parts in order of time, at least one. */
export function combine(kind: SeriesKind, parts: readonly Summary[]): Summary {
  const [head, ...rest] = parts;
  if (!head) throw new RangeError('nothing to combine');
  let { n, sum, min, max, last, up } = head;
  for (const part of rest) {
    n += part.n;
    sum += part.sum;
    if (part.min < min) min = part.min;
    if (part.max > max) max = part.max;
    up += rise(kind, last, part.first) + part.up;
    last = part.last;
  }
  return { n, sum, min, max, first: head.first, last, up };
}
