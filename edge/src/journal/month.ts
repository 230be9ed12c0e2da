/** A month of the site's own zone, as a span to ask for and a check of what lies in it. */

export interface Month {
  /** A span that surely holds the month, whatever the zone: epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether this instant lies in the month by the clock of the zone. */
  readonly holds: (atMs: number) => boolean;
}

const DAY_MS = 86_400_000;

/** @param month `YYYY-MM` @param zone IANA name @throws RangeError when it is no month */
export function monthIn(zone: string, month: string): Month {
  const firstDayMs = Date.parse(`${month}-01T00:00:00Z`);
  if (Number.isNaN(firstDayMs)) throw new RangeError(`"${month}" is not a month like 2026-11`);
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit' });
  return {
    fromMs: firstDayMs - DAY_MS,
    toMs: firstDayMs + 33 * DAY_MS,
    holds: (atMs) => format.format(new Date(atMs)).startsWith(month),
  };
}
