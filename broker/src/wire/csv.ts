/**
 * CSV after RFC 4180, for spreadsheets. Text that one would run as a formula is disarmed with an apostrophe, also where
 * the sign is full-width or stands behind blanks that a spreadsheet passes over. Characters that turn the direction of
 * reading, and halves of characters, are replaced: what is shown is what is there.
 */

export function csvLine(values: readonly (string | number)[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

/** `=`, `+`, `-`, `@`, also full-width, after any blanks and invisible characters; or such a blank at the very start. */
const FORMULA =
  /^(?:[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b]|[\t\r\n])/u;

export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const shown = value.toWellFormed().replace(/[\p{Bidi_Control}\0]/gu, '\ufffd');
  const safe = FORMULA.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
