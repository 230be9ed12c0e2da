import { expect, test } from '@jest/globals';
import { inDailySpan, localDay, localMinute, nextLocalMinuteMs } from '../../src/core/site-time.ts';
import { addSample, coveredMs, emptyMean, meanOf } from '../../src/core/time-mean.ts';
import { siteTimeAt, zoneOffsetMs } from '../../src/core/zone.ts';

const BERLIN = 'Europe/Berlin';
const iso = (ms: number) => new Date(ms).toISOString();

test('the zone gives the offset of now and of after the next change of the clocks', () => {
  const time = siteTimeAt(BERLIN, Date.UTC(2026, 1, 1), true);
  expect(time).toMatchObject({ offsetMs: 3_600_000, nextOffsetMs: 7_200_000 });
  expect(iso(time.offsetChangesAtMs)).toBe('2026-03-29T01:00:00.000Z');
  expect(zoneOffsetMs('Asia/Kolkata', 0)).toBe(19_800_000);
});

test('the calendar is asked again only after a change', () => {
  const first = siteTimeAt(BERLIN, Date.UTC(2026, 1, 1), true);
  const later = siteTimeAt(BERLIN, Date.UTC(2026, 2, 1), false, first);
  expect(later).toEqual({ ...first, wallMs: Date.UTC(2026, 2, 1), trusted: false });
  expect(siteTimeAt(BERLIN, Date.UTC(2026, 5, 1), true, first).offsetMs).toBe(7_200_000);
  expect(siteTimeAt(BERLIN, Date.UTC(2025, 5, 1), true, first).offsetMs).toBe(7_200_000);
});

test('a zone without changes carries a far one', () => {
  const time = siteTimeAt('Asia/Tokyo', Date.UTC(2026, 0, 1), true);
  expect(time.nextOffsetMs).toBe(time.offsetMs);
  expect(time.offsetChangesAtMs).toBeGreaterThan(Date.UTC(2027, 0, 1));
});

test('an unknown zone is refused', () => {
  expect(() => siteTimeAt('Europe/Nowhere', 0, true)).toThrow(RangeError);
});

test.each([
  { now: '2026-01-15T19:00:00Z', at: 360, next: '2026-01-16T05:00:00.000Z', sentence: 'tomorrow 06:00' },
  { now: '2026-01-15T04:59:59Z', at: 360, next: '2026-01-15T05:00:00.000Z', sentence: 'today 06:00' },
  { now: '2026-01-15T05:00:00Z', at: 360, next: '2026-01-16T05:00:00.000Z', sentence: 'strictly after now' },
  { now: '2026-03-28T20:00:00Z', at: 360, next: '2026-03-29T04:00:00.000Z', sentence: 'a day of 23 hours' },
  { now: '2026-10-24T20:00:00Z', at: 360, next: '2026-10-25T05:00:00.000Z', sentence: 'a day of 25 hours' },
  { now: '2026-03-28T23:30:00Z', at: 150, next: '2026-03-29T01:00:00.000Z', sentence: 'a time jumped over' },
  {
    now: '2026-10-24T23:30:00Z',
    at: 150,
    next: '2026-10-25T00:30:00.000Z',
    sentence: 'the first of a doubled time',
  },
])('the next local time: $sentence', ({ now, at, next }) => {
  expect(iso(nextLocalMinuteMs(siteTimeAt(BERLIN, Date.parse(now), true), at))).toBe(next);
});

test('local minute and day change at local midnight', () => {
  const before = siteTimeAt(BERLIN, Date.UTC(2026, 0, 15, 22, 59, 59), true);
  const after = siteTimeAt(BERLIN, Date.UTC(2026, 0, 15, 23, 0, 0), true);
  expect([localMinute(before), localMinute(after)]).toEqual([1439, 0]);
  expect(localDay(after) - localDay(before)).toBe(1);
});

test.each([
  [600, 600, 700, true],
  [700, 600, 700, false],
  [1400, 1320, 360, true],
  [359, 1320, 360, true],
  [360, 1320, 360, false],
  [5, 5, 5, false],
])('minute %d in [%d, %d): %s', (minute, from, to, inside) => {
  expect(inDailySpan(minute, from, to)).toBe(inside);
});

function fed(samples: readonly [number, number][], spanMs = 10_000) {
  return samples.reduce((mean, [atMs, value]) => addSample(mean, value, atMs, spanMs, 10_000), emptyMean());
}

test('each sample stands for the time since the one before it', () => {
  const mean = fed([
    [1000, 0],
    [5000, 100],
    [11_000, 200],
  ]);
  expect(meanOf(mean, 11_000, 10_000)).toBe((4 * 100 + 6 * 200) / 10);
  expect(coveredMs(mean, 11_000, 10_000)).toBe(10_000);
});

test('the oldest piece counts with the part of it that lies inside the span', () => {
  const mean = fed([
    [1000, 0],
    [7000, 100],
    [13_000, 200],
  ]);
  expect(meanOf(mean, 13_000, 10_000)).toBeCloseTo((4 * 100 + 6 * 200) / 10);
});

test('a mean of less than half its span is not known, and a span of zero is the newest sample', () => {
  expect(meanOf(emptyMean(), 5000, 10_000)).toBeNull();
  expect(
    meanOf(
      fed([
        [1000, 5],
        [5000, 5],
      ]),
      5000,
      10_000,
    ),
  ).toBeNull();
  expect(
    meanOf(
      fed([
        [1000, 5],
        [6000, 5],
      ]),
      6000,
      10_000,
    ),
  ).toBe(5);
  expect(
    meanOf(
      fed(
        [
          [1000, 5],
          [2000, 7],
        ],
        0,
      ),
      2000,
      0,
    ),
  ).toBe(7);
});

test('a gap is not filled, and time that runs backwards begins anew', () => {
  expect(
    coveredMs(
      fed([
        [1000, 5],
        [2000, 5],
        [60_000, 5],
      ]),
      60_000,
      100_000,
    ),
  ).toBe(1000);
  expect(
    fed([
      [5000, 1],
      [6000, 1],
      [2000, 9],
    ]),
  ).toMatchObject({ endsMs: [], last: 9 });
});

test('memory stays bounded at any sampling rate', () => {
  let mean = emptyMean();
  for (let i = 1; i <= 10_000; i++) mean = addSample(mean, i % 2, i * 10, 10_000, 10_000);
  expect(mean.endsMs.length).toBeLessThanOrEqual(42);
  expect(meanOf(mean, 100_000, 10_000)).toBeCloseTo(0.5, 2);
});
