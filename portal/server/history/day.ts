/** Local days of a site: half-open ranges of 23, 24 or 25 hours. Days are `YYYY-MM-DD` in an IANA zone. */

const MINUTE_MS = 60_000;
const DAY_PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The day it is in `zone` at an instant. */
export function localDay(atMs: number, zone: string): string {
  return localTime(atMs, zone).slice(0, 10);
}

/** `YYYY-MM-DD HH:MM:SS` as the clock on the wall shows it in `zone`. */
export function localTime(atMs: number, zone: string): string {
  let format = formats.get(zone);
  if (!format) {
    // Swedish writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(zone, format);
  }
  return format.format(atMs);
}

/** Years a history can have: up to what InfluxDB's 64-bit nanoseconds hold. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2261;

/** Is it a day of the calendar, in a year that can have a history? */
export function isDay(text: string): boolean {
  const year = Number(DAY_PATTERN.exec(text)?.[1]);
  return year >= FIRST_YEAR && year <= LAST_YEAR && addDays(text, 0) === text;
}

/** @param day `YYYY-MM-DD` */
export function addDays(day: string, days: number): string {
  const [, year, month, date] = DAY_PATTERN.exec(day) ?? [];
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date) + days));
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(0, 10);
}

/** First instant of the day in `zone`, also where midnight itself is skipped by a change of the clock. Epoch ms. */
export function startOfDayMs(day: string, zone: string): number {
  const utcMs = Date.parse(`${day}T00:00:00Z`);
  let before = utcMs - 15 * 60 * MINUTE_MS;
  let at = utcMs + 15 * 60 * MINUTE_MS;
  while (at - before > MINUTE_MS) {
    const middle = before + Math.floor((at - before) / 2 / MINUTE_MS) * MINUTE_MS;
    if (localDay(middle, zone) >= day) at = middle;
    else before = middle;
  }
  return at;
}

export interface DayRange {
  readonly day: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export function dayRange(day: string, zone: string): DayRange {
  return { day, fromMs: startOfDayMs(day, zone), toMs: startOfDayMs(addDays(day, 1), zone) };
}

/** @param month `YYYY-MM` */
export function monthRange(
  month: string,
  zone: string,
): { readonly fromMs: number; readonly toMs: number } | null {
  const first = `${month}-01`;
  if (!isDay(first)) return null;
  const next = `${addDays(first, 32).slice(0, 7)}-01`;
  return { fromMs: startOfDayMs(first, zone), toMs: startOfDayMs(next, zone) };
}
