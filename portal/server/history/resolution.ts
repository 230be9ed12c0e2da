/** How fine a chart is: by the length of its range, at most 1,500 points a series. */
const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

/** Ranges up to `upToMs` are shown in steps of `stepMs`. A day has up to 25 hours. */
export const RESOLUTIONS: readonly { readonly upToMs: number; readonly stepMs: number }[] = [
  { upToMs: 4 * H, stepMs: 10 * S },
  { upToMs: 25 * H, stepMs: MIN },
  { upToMs: 5 * D + H, stepMs: 5 * MIN },
  { upToMs: 15 * D + H, stepMs: 15 * MIN },
  { upToMs: 60 * D + H, stepMs: H },
  { upToMs: 366 * D, stepMs: 6 * H },
  { upToMs: 4 * 366 * D, stepMs: D },
];
const COARSEST_MS = 7 * D;
const MOST_POINTS = 1500;

/** @param finestMs what the store still keeps for the range. */
export function stepFor(rangeMs: number, finestMs: number): number {
  const wanted = RESOLUTIONS.find(({ upToMs }) => rangeMs <= upToMs)?.stepMs ?? weeksFor(rangeMs);
  return Math.max(wanted, finestMs);
}

function weeksFor(rangeMs: number): number {
  return Math.ceil(rangeMs / (MOST_POINTS * COARSEST_MS)) * COARSEST_MS;
}
