import { expect, test } from '@jest/globals';
import { addDays, dayRange, isDay, localDay, localTime, monthRange } from '../../../server/history/day.ts';
import { RESOLUTIONS, stepFor } from '../../../server/history/resolution.ts';

test.each([
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
  ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
  ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
  ['Asia/Kolkata', '2026-01-05', '2026-01-04T18:30:00.000Z', 24],
  ['Asia/Kathmandu', '2026-01-05', '2026-01-04T18:15:00.000Z', 24],
  ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', 24.5],
  ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z', 24],
  // The clock goes from 24:00 to 01:00: the day begins at one.
  ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z', 23],
  ['UTC', '2026-02-28', '2026-02-28T00:00:00.000Z', 24],
])('in %s the day %s begins at %s and has %d hours', (zone, day, from, hours) => {
  const { fromMs, toMs } = dayRange(day, zone);
  expect(new Date(fromMs).toISOString()).toBe(from);
  expect((toMs - fromMs) / 3_600_000).toBe(hours);
  expect(localDay(fromMs, zone)).toBe(day);
  expect(localDay(fromMs - 1, zone)).toBe(addDays(day, -1));
});

test('the days of a year follow each other without gap or overlap', () => {
  for (const zone of ['Europe/Berlin', 'America/Santiago', 'Asia/Beirut', 'UTC']) {
    let day = '2026-01-01';
    for (let i = 0; i < 366; i += 1) {
      const next = addDays(day, 1);
      expect(dayRange(day, zone).toMs).toBe(dayRange(next, zone).fromMs);
      day = next;
    }
  }
});

test('a month is its days', () => {
  const month = monthRange('2026-12', 'Europe/Berlin');
  expect(month?.fromMs).toBe(dayRange('2026-12-01', 'Europe/Berlin').fromMs);
  expect(month?.toMs).toBe(dayRange('2027-01-01', 'Europe/Berlin').fromMs);
  expect(monthRange('2026-13', 'UTC')).toBeNull();
});

test('days that the calendar does not have are none', () => {
  expect(['2026-02-29', '2024-02-29', '2026-1-1', 'today', ''].map(isDay)).toEqual([
    false,
    true,
    false,
    false,
    false,
  ]);
});

test('local time is what the clock on the wall shows', () => {
  expect(localTime(Date.parse('2026-10-25T00:30:00Z'), 'Europe/Berlin')).toBe('2026-10-25 02:30:00');
  expect(localTime(Date.parse('2026-10-25T01:30:00Z'), 'Europe/Berlin')).toBe('2026-10-25 02:30:00');
});

test('no range up to ten years has more than 1,500 points', () => {
  for (const { upToMs, stepMs } of RESOLUTIONS) expect(upToMs / stepMs).toBeLessThanOrEqual(1500);
  const tenYearsMs = 10 * 366 * 86_400_000;
  expect(tenYearsMs / stepFor(tenYearsMs, 10_000)).toBeLessThanOrEqual(1500);
});
