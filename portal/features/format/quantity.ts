/**
 * The only place where watts become kW, watt-hours kWh, and an instant a local time. Everything elsewhere keeps
 * the units of the wire (W, Wh, percent, ISO 8601 UTC). Missing values are a dash, never a zero.
 */
export interface Quantities {
  /** `1.24 kW`; `digits` after the point, 2 by default. */
  powerKw(watts: number | null | undefined, digits?: number): string;
  /** `9.0 kW` or `7.25 kW`: a limit somebody chose, with no more digits than it has. */
  limitKw(watts: number | null | undefined): string;
  /** The number alone, for a large figure with its unit set beside it. */
  powerKwNumber(watts: number | null | undefined, digits?: number): string;
  energyKwh(wattHours: number | null | undefined, digits?: number): string;
  energyKwhNumber(wattHours: number | null | undefined, digits?: number): string;
  percent(value: number | null | undefined, digits?: number): string;
  money(value: number | null | undefined, currency: string): string;
  /** `0.32 €/kWh` */
  pricePerKwh(value: number | null | undefined, currency: string): string;
  /** `14:05` in the site's zone. */
  time(instant: string | number): string;
  timeWithSeconds(instant: string | number): string;
  dateTime(instant: string | number): string;
  /** `Saturday, 21 November 2026` */
  longDay(instant: string | number): string;
  /** `12 s`, `4 min`, `3 h`, `2 days`: one unit is enough to judge an age by. */
  duration(seconds: number): string;
}

export const DASH = '–';
const REGION = { en: 'en-GB', de: 'de-DE' } as const;

export function quantities(language: 'en' | 'de', zone: string): Quantities {
  const locale = REGION[language];
  const timeZone = knownZone(zone);
  const numbers = new Map<string, Intl.NumberFormat>();
  const number = (value: number, digits: number, atLeast = digits) => {
    const key = `${atLeast} ${digits}`;
    let format = numbers.get(key);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: atLeast,
        maximumFractionDigits: digits,
      });
      numbers.set(key, format);
    }
    return format.format(withoutNegativeZero(value, digits));
  };
  const orDash = (value: number | null | undefined, make: (value: number) => string) =>
    value === null || value === undefined || !Number.isFinite(value) ? DASH : make(value);
  const clock = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, hourCycle: 'h23', ...options });
    return (instant: string | number) => format.format(new Date(instant));
  };
  const short = { hour: '2-digit', minute: '2-digit' } as const;

  return {
    powerKw: (watts, digits = 2) => orDash(watts, (w) => `${number(w / 1000, digits)} kW`),
    limitKw: (watts) => orDash(watts, (w) => `${number(w / 1000, 2, 1)} kW`),
    powerKwNumber: (watts, digits = 2) => orDash(watts, (w) => number(w / 1000, digits)),
    energyKwh: (wattHours, digits = 1) => orDash(wattHours, (wh) => `${number(wh / 1000, digits)} kWh`),
    energyKwhNumber: (wattHours, digits = 1) => orDash(wattHours, (wh) => number(wh / 1000, digits)),
    percent: (value, digits = 0) => orDash(value, (pct) => `${number(pct, digits)} %`),
    money: (value, currency) =>
      orDash(value, (amount) =>
        new Intl.NumberFormat(locale, { style: 'currency', currency }).format(withoutNegativeZero(amount, 2)),
      ),
    pricePerKwh: (value, currency) =>
      orDash(value, (amount) => `${number(amount, 3)} ${currencySign(locale, currency)}/kWh`),
    time: clock(short),
    timeWithSeconds: clock({ ...short, second: '2-digit' }),
    dateTime: clock({ ...short, day: '2-digit', month: 'short', year: 'numeric' }),
    longDay: clock({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    duration: (seconds) => duration(Math.max(0, seconds), locale),
  };
}

/** A zone the browser does not know must not take the page down: it is shown in UTC. */
function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return 'UTC';
  }
}

function withoutNegativeZero(value: number, digits: number): number {
  return Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value;
}

function currencySign(locale: string, currency: string): string {
  const parts = new Intl.NumberFormat(locale, { style: 'currency', currency }).formatToParts(0);
  return parts.find((part) => part.type === 'currency')?.value ?? currency;
}

function duration(seconds: number, locale: string): string {
  const [value, unit] =
    seconds < 60
      ? [seconds, 'second' as const]
      : seconds < 90 * 60
        ? [seconds / 60, 'minute' as const]
        : seconds < 36 * 3600
          ? [seconds / 3600, 'hour' as const]
          : [seconds / 86_400, 'day' as const];
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'day' ? 'long' : 'short',
    maximumFractionDigits: 0,
  }).format(Math.floor(value));
}
