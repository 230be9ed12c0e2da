/**
 * The wall clock as numbers, so that the core needs no calendar.
 *
 * Local time is UTC plus an offset that changes at most twice a year; the next change travels along, so that "at
 * 06:00" is the right instant also in the night when clocks are set. Days have 23, 24 or 25 hours.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface SiteTime {
  /** Epoch milliseconds UTC as the wall clock says. */
  readonly wallMs: number;
  /** False until the clock was set from a trustworthy source: then nothing that depends on time of day runs. */
  readonly trusted: boolean;
  /** Local time minus UTC, in milliseconds, now and after the next change of the clocks. */
  readonly offsetMs: number;
  readonly nextOffsetMs: number;
  /** Instant of the next change; Infinity is not JSON, so a zone without changes carries a far one. */
  readonly offsetChangesAtMs: number;
}

/** Minutes since local midnight, 0 to 1439. */
export function localMinute(time: SiteTime): number {
  const localMs = time.wallMs + time.offsetMs;
  return Math.floor((localMs - Math.floor(localMs / DAY_MS) * DAY_MS) / MINUTE_MS);
}

/** Days since 1970-01-01 in local time: changes at local midnight. */
export function localDay(time: SiteTime): number {
  return Math.floor((time.wallMs + time.offsetMs) / DAY_MS);
}

/** The next instant strictly after now at which the local clock shows `minute` (0 to 1439). */
export function nextLocalMinuteMs(time: SiteTime, minute: number): number {
  const day = localDay(time);
  for (let ahead = 0; ahead <= 2; ahead++) {
    const localMs = (day + ahead) * DAY_MS + minute * MINUTE_MS;
    const instantMs = instantOfLocal(time, localMs);
    if (instantMs > time.wallMs) return instantMs;
  }
  return time.wallMs + DAY_MS;
}

function instantOfLocal(time: SiteTime, localMs: number): number {
  const beforeMs = localMs - time.offsetMs;
  if (beforeMs < time.offsetChangesAtMs) return beforeMs;
  const afterMs = localMs - time.nextOffsetMs;
  // A local time that the clocks jump over happens at the jump.
  return afterMs < time.offsetChangesAtMs ? time.offsetChangesAtMs : afterMs;
}

/** True when `minute` lies in the half-open local span `[from, to)`, which may run over midnight. */
export function inDailySpan(minute: number, fromMinute: number, toMinute: number): boolean {
  if (fromMinute === toMinute) return false;
  return fromMinute < toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}
