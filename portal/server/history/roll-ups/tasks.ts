/**
 * The tasks that make the roll-ups, as Flux. A roll-up is always made from the raw values, and written over what
 * was there: running a task again, or over points that came late, changes nothing but what was wrong.
 *
 * Three ages: every few minutes what is fresh; every night everything raw for quarters and hours, because a box may
 * hold points back for weeks; and minutes once more in the days before their raw values go.
 */
import { fluxString } from '@influxdata/influxdb-client';
import { type Level, RISING_STATS, ROLL_UPS } from './levels.ts';

const text = (value: string): string => fluxString(value).toString();

/** Where tasks read from and write to. */
export interface TaskInput {
  readonly bucket: string;
  readonly org: string;
}

export interface RollUpTask {
  readonly name: string;
  readonly flux: string;
}

interface Timing {
  readonly what: string;
  readonly every: string;
  /** After the full period: points are on their way, and tasks do not start together. */
  readonly offset: string;
  /** Range in Flux, from the time of the run; cut to whole hours so that no bucket is made from a part of its values. */
  readonly start: string;
  readonly stop: string;
  readonly levels: readonly Level['name'][];
}

const TIMINGS: readonly Timing[] = [
  { what: 'fresh', every: '15m', offset: '90s', start: '-3h', stop: '0s', levels: ['1m', '15m'] },
  { what: 'fresh', every: '1h', offset: '3m', start: '-6h', stop: '0s', levels: ['1h'] },
  { what: 'nightly', every: '1d', offset: '1h10m', start: '-29d', stop: '0s', levels: ['15m', '1h'] },
  { what: 'last', every: '1d', offset: '2h10m', start: '-29d', stop: '-26d', levels: ['1m'] },
];

/** Measurements with numbers worth keeping; a field whose name ends in a unit is a number. */
const NUMBERS =
  '|> filter(fn: (r) => r._measurement == "site" or r._measurement == "flow" or r._measurement == "device" ' +
  'or r._measurement == "load")\n' +
  '  |> filter(fn: (r) => r._field =~ /(W|Wh|Kwh|Pct|V|A|Var|Ratio|C|Hz|Money|[sS]witches)$/)';
/** As `kindOf` tells kinds apart: a price per `Kwh` is no counter. */
const COUNTERS = '/(Wh|[sS]witches)$/';
const MONEY = '/Money$/';
/** Every task there is to be, by level and age. */
export function rollUpTasks({ bucket, org }: TaskInput): RollUpTask[] {
  const rolls = TIMINGS.flatMap((timing) =>
    timing.levels.map((name) => {
      const level = ROLL_UPS.find((one) => one.name === name);
      if (!level) throw new RangeError(`no level ${name}`);
      const title = `${bucket}${level.suffix} ${timing.what}`;
      return { name: title, flux: taskFlux(title, timing, rollUpFlux({ bucket, org, level })) };
    }),
  );
  const title = `${bucket} decisions for ever`;
  const timing: Timing = { what: '', every: '1h', offset: '5m', start: '-29d', stop: '0s', levels: [] };
  return [...rolls, { name: title, flux: taskFlux(title, timing, decisionsFlux({ bucket, org })) }];
}

/** The same roll-ups over a range of one's own, to run once: after a restore, or for data that was there before. */
export function rollUpOnce(
  input: TaskInput,
  range: { readonly fromMs: number; readonly toMs: number },
): string[] {
  const iso = (atMs: number) => new Date(atMs).toISOString();
  const bounds = `start = ${iso(range.fromMs)}\nstop = ${iso(range.toMs)}\n\n`;
  return [
    ...ROLL_UPS.map((level) => bounds + rollUpFlux({ ...input, level })),
    bounds + decisionsFlux(input),
  ];
}

function taskFlux(name: string, { every, offset, start, stop }: Timing, body: string): string {
  return `import "date"

option task = {name: ${text(name)}, every: ${every}, offset: ${offset}}

start = date.truncate(t: ${start}, unit: 1h)
stop = ${stop === '0s' ? 'now()' : `date.truncate(t: ${stop}, unit: 1h)`}

${body}`;
}

function rollUpFlux({ bucket, org, level }: TaskInput & { readonly level: Level }): string {
  const every = `${level.stepMs / 60_000}m`;
  const statOf = (data: string, fn: string, stat: string) =>
    `${data}
  |> aggregateWindow(every: ${every}, fn: ${fn}, createEmpty: false, timeSrc: "_start")
  |> toFloat()
  |> set(key: "stat", value: "${stat}")
  ${written(bucket + level.suffix, org, stat)}`;
  const plain = [
    ['mean', 'mean'],
    ['min', 'min'],
    ['max', 'max'],
    ['sum', 'sum'],
    ['count', 'n'],
  ].map(([fn = '', stat = '']) => statOf('numbers()', fn, stat));
  const rising = RISING_STATS.filter((stat) => stat !== 'up').map((stat) => statOf('rising()', stat, stat));
  return `// A value below the one before it: the counter began anew at zero.
riseOfCounter = (column, tables=<-) =>
  tables |> difference(nonNegative: true, initialZero: true) |> sum(column: column) |> filter(fn: (r) => exists r._value)
riseOfMoney = (column, tables=<-) =>
  tables |> difference() |> sum(column: column) |> filter(fn: (r) => exists r._value)

// Functions, so that each window is worked out where the data lies.
numbers = () => from(bucket: ${text(bucket)})
  |> range(start: start, stop: stop)
  ${NUMBERS}
rising = () => numbers() |> filter(fn: (r) => r._field =~ ${COUNTERS} or r._field =~ ${MONEY})

${[
  ...plain,
  ...rising,
  statOf(`numbers() |> filter(fn: (r) => r._field =~ ${COUNTERS})`, 'riseOfCounter', 'up'),
  statOf(`numbers() |> filter(fn: (r) => r._field =~ ${MONEY})`, 'riseOfMoney', 'up'),
].join('\n\n')}
`;
}

/** Decisions are copied as they are into the bucket that keeps for ever. */
function decisionsFlux({ bucket, org }: TaskInput): string {
  const forEver = ROLL_UPS.at(-1)?.suffix ?? '';
  return `from(bucket: ${text(bucket)})
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "decision")
  ${written(bucket + forEver, org, 'decisions')}
`;
}

/** A script may not have two results of one name, and nobody reads what was written. */
function written(into: string, org: string, name: string): string {
  return `|> to(bucket: ${text(into)}, org: ${text(org)})
  |> filter(fn: (r) => false)
  |> yield(name: "${name}")`;
}
