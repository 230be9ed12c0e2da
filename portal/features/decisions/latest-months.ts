/** The month of `instant` in `zone` and those before it, newest first, as `YYYY-MM`. */
export function latestMonths(instant: string, zone: string, count: number): string[] {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: 'numeric' });
  const read = Object.fromEntries(
    parts.formatToParts(new Date(instant)).map(({ type, value }) => [type, Number(value)]),
  );
  const newest = (read.year ?? 1970) * 12 + (read.month ?? 1) - 1;
  return Array.from({ length: count }, (_, back) => {
    const month = newest - back;
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
  });
}
