/**
 * From an IANA zone to the numbers of `SiteTime`. Used at the rim, a few times an hour; never inside `decide`.
 */
import type { SiteTime } from './site-time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** How far ahead the next change is looked for; a year holds two of them in every zone that has any. */
const HORIZON_MS = 370 * DAY_MS;

/**
 * The site's time at `wallMs`. Hand in the previous result: while no change of the clocks lies between, the
 * calendar is not asked again.
 * @throws RangeError for an unknown zone.
 */
export function siteTimeAt(
  zone: string,
  wallMs: number,
  trusted: boolean,
  previous: SiteTime | null = null,
): SiteTime {
  if (previous && wallMs >= previous.wallMs && wallMs < previous.offsetChangesAtMs) {
    return { ...previous, wallMs, trusted };
  }
  const format = formatOf(zone);
  const offsetMs = offsetAt(format, wallMs);
  const changesAtMs = nextChange(format, wallMs, offsetMs);
  return {
    wallMs,
    trusted,
    offsetMs,
    nextOffsetMs: changesAtMs === null ? offsetMs : offsetAt(format, changesAtMs),
    offsetChangesAtMs: changesAtMs ?? wallMs + HORIZON_MS,
  };
}

/** Local time minus UTC of `zone` at an instant, in milliseconds. */
export function zoneOffsetMs(zone: string, wallMs: number): number {
  return offsetAt(formatOf(zone), wallMs);
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

function offsetAt(format: Intl.DateTimeFormat, wallMs: number): number {
  const secondMs = Math.floor(wallMs / 1000) * 1000;
  const field: Record<string, number> = {};
  for (const part of format.formatToParts(secondMs)) field[part.type] = Number(part.value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field;
  return Date.UTC(year, month - 1, day, hour, minute, second) - secondMs;
}

function nextChange(format: Intl.DateTimeFormat, fromMs: number, offsetMs: number): number | null {
  let lowMs = fromMs;
  let highMs = fromMs;
  do {
    lowMs = highMs;
    highMs += 10 * DAY_MS;
    if (highMs > fromMs + HORIZON_MS) return null;
  } while (offsetAt(format, highMs) === offsetMs);
  while (highMs - lowMs > 1000) {
    const midMs = Math.floor((lowMs + highMs) / 2000) * 1000;
    if (midMs <= lowMs) break;
    if (offsetAt(format, midMs) === offsetMs) lowMs = midMs;
    else highMs = midMs;
  }
  return Math.ceil(highMs / (HOUR_MS / 60)) * (HOUR_MS / 60);
}
