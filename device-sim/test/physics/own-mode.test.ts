import { describe, expect, test } from '@jest/globals';
import { OWN_WINDOW } from '../../src/physics/inverter.ts';
import { type OwnMode, ownWindow } from '../../src/physics/own-mode.ts';
import { isWithin } from '../../src/physics/schedule.ts';
import { shaded } from '../../src/physics/shade.ts';

const MODE: OwnMode = { workMode: 'self-use', chargeWindows: [], reservePct: 20 };
const NIGHT = { fromMinute: 22 * 60, toMinute: 5 * 60, powerW: 2500, toSocPct: 60 };

describe('an inverter that nobody commands', () => {
  test.each([
    { when: 'in self-use it does as it likes', mode: MODE, socPct: 50, window: OWN_WINDOW },
    {
      when: 'at its reserve it only charges',
      mode: MODE,
      socPct: 20,
      window: { ...OWN_WINDOW, maxPowerW: 0 },
    },
    {
      when: 'as a backup it never discharges',
      mode: { ...MODE, workMode: 'backup' as const },
      socPct: 90,
      window: { ...OWN_WINDOW, maxPowerW: 0 },
    },
    {
      when: 'when it sells first it never charges from the sun',
      mode: { ...MODE, workMode: 'feed-in-first' as const },
      socPct: 50,
      window: { ...OWN_WINDOW, minPowerW: 0 },
    },
    {
      when: 'in a charge window it takes that power from the grid',
      mode: { ...MODE, chargeWindows: [NIGHT] },
      socPct: 50,
      window: { minPowerW: -2500, maxPowerW: -2500, gridCharge: true },
    },
    {
      when: 'and waits there when it is full enough',
      mode: { ...MODE, chargeWindows: [NIGHT] },
      socPct: 60,
      window: { ...OWN_WINDOW, maxPowerW: 0 },
    },
  ])('$when', ({ mode, socPct, window }) => {
    expect(ownWindow(mode, { minuteOfDay: 120, weekday: 1, socPct })).toEqual(window);
  });
});

test.each([
  { hours: { fromMinute: 360, toMinute: 510 }, minute: 360, weekday: 1, inside: true },
  { hours: { fromMinute: 360, toMinute: 510 }, minute: 510, weekday: 1, inside: false },
  { hours: { fromMinute: 360, toMinute: 510, weekdays: [2] }, minute: 400, weekday: 1, inside: false },
  { hours: { fromMinute: 1320, toMinute: 30, weekdays: [6] }, minute: 1400, weekday: 6, inside: true },
  { hours: { fromMinute: 1320, toMinute: 30, weekdays: [6] }, minute: 10, weekday: 0, inside: true },
  { hours: { fromMinute: 1320, toMinute: 30, weekdays: [6] }, minute: 10, weekday: 6, inside: false },
])('hours $hours at minute $minute of day $weekday: $inside', ({ hours, minute, weekday, inside }) => {
  expect(isWithin(hours, minute, weekday)).toBe(inside);
});

describe('what stands in front of an array', () => {
  const light = { globalWPerM2: 600, directWPerM2: 700, diffuseWPerM2: 100 };
  const sun = { elevationDeg: 20, apparentElevationDeg: 20, azimuthDeg: 350, distanceAu: 1 };
  const tree = { fromAzimuthDeg: 340, toAzimuthDeg: 20, belowElevationDeg: 30, sharePct: 80 };

  test('takes its share of the direct light and leaves the sky', () => {
    expect(shaded(light, [tree], sun)).toMatchObject({
      directWPerM2: expect.closeTo(140, 6),
      diffuseWPerM2: 100,
    });
  });

  test.each([
    ['the sun stands above it', { ...sun, elevationDeg: 30 }],
    ['the sun stands beside it', { ...sun, azimuthDeg: 30 }],
  ])('takes nothing when %s', (_, elsewhere) => {
    expect(shaded(light, [tree], elsewhere)).toBe(light);
  });
});
