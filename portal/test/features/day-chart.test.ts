import { expect, test } from '@jest/globals';
import type { HistoryDay } from '../../contract/api.ts';
import { dayRows, hourRows, hourTicks } from '../../features/history/day-chart.ts';

const bucket = (at: string, mean: number | null) => ({ at, mean, min: mean, max: mean });
const day: HistoryDay = {
  day: '2026-06-21',
  zone: 'UTC',
  from: '2026-06-21T00:00:00.000Z',
  to: '2026-06-22T00:00:00.000Z',
  stepS: 600,
  series: [
    {
      field: 'gridPowerW',
      buckets: [
        bucket('2026-06-21T00:00:00.000Z', 100),
        bucket('2026-06-21T00:10:00.000Z', null),
        bucket('2026-06-21T00:30:00.000Z', 300),
      ],
    },
    { field: 'houseLoadW', buckets: [bucket('2026-06-21T00:00:00.000Z', 400)] },
    { field: 'managedLoadW', buckets: [bucket('2026-06-21T00:00:00.000Z', 2000)] },
  ],
  totals: {
    gridImportWh: null,
    gridExportWh: null,
    pvWh: null,
    batteryChargedWh: null,
    batteryDischargedWh: null,
  },
  peak: { gridPowerW: null, at: null },
  coverage: 0.5,
  previousDay: null,
  nextDay: null,
};

test('a bucket that is empty or was never sent is a gap, not a line across it', () => {
  expect(dayRows(day).map(({ gridPowerW }) => gridPowerW)).toEqual([100, null, null, 300]);
});

test('the house is its base load and its switched loads together', () => {
  expect(dayRows(day)[0]?.consumptionW).toBe(2400);
  expect(dayRows(day)[3]?.consumptionW).toBeNull();
});

test('what is still to come is no gap', () => {
  expect(dayRows(day).at(-1)?.atMs).toBe(Date.parse('2026-06-21T00:30:00.000Z'));
});

test('a day without a value has no rows', () => {
  expect(dayRows({ ...day, series: [] })).toEqual([]);
});

test('the table holds hourly means of what was measured', () => {
  const hours = hourRows(dayRows(day));
  expect(hours).toHaveLength(1);
  expect(hours[0]?.gridPowerW).toBe(200);
  expect(hours[0]?.pvPowerW).toBeNull();
});

test('the axis follows the length of the day', () => {
  const autumn = { from: '2026-10-24T22:00:00.000Z', to: '2026-10-25T23:00:00.000Z' };
  expect(hourTicks(autumn, 5)).toHaveLength(6);
});
