/**
 * Every reason the box can give, with its text in both languages. `{name}` is replaced by the parameter;
 * `{name:kW}`, `{name:pct}`, `{name:s}` format it. The core gives codes; texts are made where a person reads them.
 */
import type { Reason } from './schema.ts';

export type Language = 'en' | 'de';

export const REASONS = {
  starting: {
    en: 'just started, reading the devices first',
    de: 'gerade gestartet, liest zuerst die Geräte',
  },
} as const satisfies Record<string, Record<Language, string>>;
export type ReasonCode = keyof typeof REASONS;

/** The sentence for a reason; an unknown code (from a newer box) is shown with its numbers rather than hidden. */
export function reasonText(reason: Pick<Reason, 'code' | 'params'>, language: Language): string {
  const texts = (REASONS as Record<string, Record<Language, string> | undefined>)[reason.code];
  if (!texts) return `${reason.code} ${JSON.stringify(reason.params)}`;
  return texts[language].replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name: string, unit?: string) => {
    const value = reason.params[name];
    return value === undefined || value === null ? whole : formatted(value, unit, language);
  });
}

function formatted(value: string | number | boolean, unit: string | undefined, language: Language): string {
  if (typeof value !== 'number') return String(value);
  const number = (digits: number, scaled = value) =>
    scaled.toLocaleString(language === 'de' ? 'de-DE' : 'en-GB', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  switch (unit) {
    case 'kW':
      return `${number(1, value / 1000)} kW`;
    case 'pct':
      return `${number(1)} %`;
    case 's':
      return `${number(0)} s`;
    default:
      return number(Number.isInteger(value) ? 0 : 2);
  }
}
