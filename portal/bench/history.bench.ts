/**
 * The embedded history inside the portal as it is shipped: how fast it is read and written, and what it takes; small
 * by default, whole with `--long`.
 */
import { type HistoryNumbers, measureHistory } from './history-client.ts';

interface Bench {
  readonly name: string;
  readonly unit: string;
  readonly bar: { readonly max?: number; readonly min?: number } | null;
  readonly long?: boolean;
  run(): Promise<number>;
}

interface Size {
  readonly sites: number;
  readonly rawDays: number;
}

const measured = new Map<Size, Promise<HistoryNumbers>>();

function numbersOf(size: Size): Promise<HistoryNumbers> {
  let numbers = measured.get(size);
  if (!numbers) {
    numbers = measureHistory(size.sites, size.rawDays);
    measured.set(size, numbers);
  }
  return numbers;
}

function benchesOf(size: Size, long: boolean): Bench[] {
  const what = `history of ${size.sites} sites, 1 year and ${size.rawDays} days raw`;
  const bench = (name: string, unit: string, bar: Bench['bar'], key: keyof HistoryNumbers): Bench => ({
    name: `${what}: ${name}`,
    unit,
    bar,
    long,
    run: async () => (await numbersOf(size))[key],
  });
  return [
    bench('six series over the year through the API, p95', 'ms', { max: 100 }, 'yearP95Ms'),
    bench('a day in minutes, eight series and totals, through the API, p95', 'ms', { max: 100 }, 'dayP95Ms'),
    bench('a day of raw values through the API, p95', 'ms', { max: 100 }, 'rawDayP95Ms'),
    bench('50 sites send an hour each, field values a second', '1/s', { min: 100_000 }, 'backlogValuesPerS'),
    // What 50 sites ask of it is 280 values a second; the bar is for what has waited.
    bench('50 sites send a minute each, field values a second', '1/s', null, 'liveValuesPerS'),
    bench('memory of the portal after all that', 'MB', { max: 250 }, 'rssMb'),
    bench('memory of the portal at its highest', 'MB', { max: 250 }, 'mostRssMb'),
    bench('size of the file', 'MB', null, 'fileMb'),
  ];
}

export const benches: Bench[] = [
  ...benchesOf({ sites: 3, rawDays: 3 }, false),
  ...benchesOf({ sites: 50, rawDays: 7 }, true),
];
