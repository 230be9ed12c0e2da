/** Reading back the lines that point.ts wrote: enough to shift their time and to thin them. */

export interface SplitLine {
  /** Measurement and tags, as written. */
  readonly series: string;
  /** Field names and values, as written. */
  readonly fields: readonly (readonly [string, string])[];
  readonly timeMs: number;
}

/** The parts of a line, or null when it is none of ours. */
export function splitLine(line: string): SplitLine | null {
  const seriesEnd = indexOutside(line, ' ', 0, false);
  const timeStart = line.lastIndexOf(' ');
  if (seriesEnd < 1 || timeStart <= seriesEnd) return null;
  const timeMs = Number(line.slice(timeStart + 1));
  if (!Number.isInteger(timeMs)) return null;
  const fields: [string, string][] = [];
  for (let from = seriesEnd + 1; from < timeStart; ) {
    const equals = indexOutside(line, '=', from, false);
    if (equals < 0 || equals > timeStart) return null;
    let end = indexOutside(line, ',', equals + 1, true);
    if (end < 0 || end > timeStart) end = timeStart;
    fields.push([line.slice(from, equals), line.slice(equals + 1, end)]);
    from = end + 1;
  }
  return fields.length > 0 ? { series: line.slice(0, seriesEnd), fields, timeMs } : null;
}

/** The time of a line as it stands at its end; NaN when there is none. */
export function timeOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1) || Number.NaN);
}

/** The line with `offsetMs` added to its time. */
export function shiftLine(line: string, offsetMs: number): string {
  const timeStart = line.lastIndexOf(' ') + 1;
  return line.slice(0, timeStart) + String(Math.round(Number(line.slice(timeStart)) + offsetMs));
}

/** Where `wanted` stands unescaped (and outside of a string, where strings may stand). */
function indexOutside(line: string, wanted: string, from: number, strings: boolean): number {
  let quoted = false;
  for (let i = from; i < line.length; i++) {
    const char = line[i];
    if (char === '\\') i++;
    else if (strings && char === '"') quoted = !quoted;
    else if (!quoted && char === wanted) return i;
  }
  return -1;
}
