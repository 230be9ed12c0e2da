/**
 * Time-weighted mean over a sliding span, in bounded memory.
 *
 * Every sample stands for the time since the one before it. Neighbouring samples are merged until a piece is a
 * fortieth of the span long, so a 10 s mean holds at most about forty pieces at any sampling rate; the oldest
 * piece counts with the part of it that still lies inside the span. A span of zero is the newest sample itself.
 * Time that was not measured counts neither way: the mean is over what is known, and says how much that is.
 */

import { at } from './at.ts';

export interface TimeMean {
  /** End of each piece, oldest first, control time. The arrays are never changed in place. */
  readonly endsMs: readonly number[];
  readonly lengthsMs: readonly number[];
  readonly means: readonly number[];
  /** The newest sample and when it came; 0 before the first. */
  readonly lastAtMs: number;
  readonly last: number;
}

const PIECES = 40;

export function emptyMean(): TimeMean {
  return { endsMs: [], lengthsMs: [], means: [], lastAtMs: 0, last: 0 };
}

/** Takes in a sample. A gap longer than `maxGapMs` since the one before is not filled with it. */
export function addSample(
  mean: TimeMean,
  value: number,
  atMs: number,
  spanMs: number,
  maxGapMs: number,
): TimeMean {
  const gapMs = mean.lastAtMs === 0 ? 0 : atMs - mean.lastAtMs;
  if (gapMs < 0) return { endsMs: [], lengthsMs: [], means: [], lastAtMs: atMs, last: value };
  const lengthMs = gapMs > maxGapMs ? 0 : gapMs;
  if (lengthMs === 0 || spanMs === 0) {
    return { endsMs: mean.endsMs, lengthsMs: mean.lengthsMs, means: mean.means, lastAtMs: atMs, last: value };
  }
  let drop = 0;
  const fromMs = atMs - spanMs;
  while (drop < mean.endsMs.length && at(mean.endsMs, drop) <= fromMs) drop++;
  const endsMs = mean.endsMs.slice(drop);
  const lengthsMs = mean.lengthsMs.slice(drop);
  const means = mean.means.slice(drop);
  const newest = endsMs.length - 1;
  const newestLengthMs = lengthsMs[newest];
  const contiguous = endsMs[newest] === atMs - lengthMs;
  if (newestLengthMs !== undefined && contiguous && newestLengthMs + lengthMs <= spanMs / PIECES) {
    const total = newestLengthMs + lengthMs;
    means[newest] = (at(means, newest) * newestLengthMs + value * lengthMs) / total;
    lengthsMs[newest] = total;
    endsMs[newest] = atMs;
  } else {
    endsMs.push(atMs);
    lengthsMs.push(lengthMs);
    means.push(value);
  }
  return { endsMs, lengthsMs, means, lastAtMs: atMs, last: value };
}

/** How much of the span ending at `nowMs` was measured, ms. */
export function coveredMs(mean: TimeMean, nowMs: number, spanMs: number): number {
  let sumMs = 0;
  for (let i = mean.endsMs.length - 1; i >= 0; i--) {
    const insideMs = pieceInsideMs(mean, i, nowMs - spanMs);
    if (insideMs <= 0) break;
    sumMs += insideMs;
  }
  return sumMs;
}

/** The mean over the span ending at `nowMs`; null when less than half of it was measured. */
export function meanOf(mean: TimeMean, nowMs: number, spanMs: number): number | null {
  if (mean.lastAtMs === 0) return null;
  if (spanMs === 0) return mean.last;
  let weightMs = 0;
  let sum = 0;
  for (let i = mean.endsMs.length - 1; i >= 0; i--) {
    const insideMs = pieceInsideMs(mean, i, nowMs - spanMs);
    if (insideMs <= 0) break;
    weightMs += insideMs;
    sum += insideMs * at(mean.means, i);
  }
  return weightMs * 2 < spanMs ? null : sum / weightMs;
}

function pieceInsideMs(mean: TimeMean, i: number, fromMs: number): number {
  return Math.min(at(mean.lengthsMs, i), at(mean.endsMs, i) - fromMs);
}
