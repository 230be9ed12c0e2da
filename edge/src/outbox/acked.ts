/**
 * Which rows of a queue are done: everything up to a cursor, and the few ranges above it that live data made by
 * overtaking a backlog. One outage makes one range, so the whole of it fits one small row.
 */

export interface AckedRows {
  readonly upTo: number;
  /** `[first, last]`, rising, apart from each other, all above `upTo`. */
  readonly ranges: readonly (readonly [number, number])[];
}

export const NOTHING_ACKED: AckedRows = { upTo: 0, ranges: [] };

export function isAcked(acked: AckedRows, seq: number): boolean {
  return seq <= acked.upTo || acked.ranges.some(([first, last]) => first <= seq && seq <= last);
}

/**
 * `acked` with the rows of `seqs` done.
 * @param holeBetween whether a row that is still there lies strictly between two numbers; rows that were
 *   removed or lost do not hold the cursor back.
 */
export function ackRows(
  acked: AckedRows,
  seqs: readonly number[],
  holeBetween: (after: number, before: number) => boolean,
): AckedRows {
  const added = seqs.filter((seq) => !isAcked(acked, seq)).map((seq): [number, number] => [seq, seq]);
  const sorted = [...acked.ranges.map(([a, b]): [number, number] => [a, b]), ...added].sort(
    (a, b) => a[0] - b[0],
  );
  const ranges: [number, number][] = [];
  for (const range of sorted) {
    const last = ranges.at(-1);
    if (last && range[0] <= last[1] + 1) last[1] = Math.max(last[1], range[1]);
    else ranges.push(range);
  }
  let upTo = acked.upTo;
  for (let next = ranges[0]; next; next = ranges[0]) {
    if (next[0] > upTo + 1 && holeBetween(upTo, next[0])) break;
    upTo = Math.max(upTo, next[1]);
    ranges.shift();
  }
  return { upTo, ranges };
}

/** The next rows above `after` that are not done: `[from, to]` windows up to `last`, rising. */
export function openWindows(acked: AckedRows, last: number): readonly (readonly [number, number])[] {
  const windows: [number, number][] = [];
  let from = acked.upTo + 1;
  for (const [first, end] of acked.ranges) {
    if (from < first) windows.push([from, first - 1]);
    from = end + 1;
  }
  if (from <= last) windows.push([from, last]);
  return windows;
}
