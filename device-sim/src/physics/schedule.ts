/**
 * Hours of a local day or week: when a pool pump runs, a tariff changes, the grid is shed. Half-open, local time; an
 * end before its begin lies on the next day.
 */
export interface DailyHours {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** Days it begins on, 0 is Sunday; every day when left out. */
  readonly weekdays?: readonly number[] | undefined;
}

export function isWithin(hours: DailyHours, minuteOfDay: number, weekday: number): boolean {
  const { fromMinute, toMinute, weekdays } = hours;
  const onDay = (day: number) => weekdays === undefined || weekdays.includes(day);
  if (fromMinute < toMinute) return onDay(weekday) && minuteOfDay >= fromMinute && minuteOfDay < toMinute;
  if (minuteOfDay >= fromMinute) return onDay(weekday);
  return minuteOfDay < toMinute && onDay((weekday + 6) % 7);
}
