/**
 * The tasks that make the roll-ups, as Flux. A roll-up is always made from the raw values, and written over what
 * was there: running a task again, or over points that came late, changes nothing but what was wrong.
 *
 * Three ages: every few minutes what is fresh; every night all that is raw, because a box may hold points back for
 * weeks; and minutes once more before their raw values go. The nightly work is done in pieces of a day, one run each,
 * so that what a run needs of memory does not grow with how far back it goes.
 *
 * Only what every Flux engine has is used: the texts run in tests on InfluxDB 1.8 as they are.
 */
import { fluxString } from '@influxdata/influxdb-client';
import { type Level, type LevelName, ROLL_UPS } from './levels.ts';
import { RISES } from './rises.ts';

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
  /** When it runs, as an option of the task. Offsets: points are on their way, and tasks do not start together. */
  readonly when: string;
  /** `begin` and `end` in Flux, both at whole hours: no bucket is made for good from a part of its values. */
  readonly range: string;
  /** Whether a range whose values are as they were when it was rolled up last is left alone. */
  readonly isOnce: boolean;
}

const MINUTE_MS = 60_000;
/** Days that are raw and whole: on the day before the last one raw values begin to go. */
const PIECES = 29;

const CLOCK = `hour = 3600000000000
day = 24 * hour
nowNs = int(v: now())`;

const freshHours = (hours: number) => `${CLOCK}
begin = time(v: (nowNs / hour - ${hours}) * hour)
end = now()`;

/** Every ten minutes of the night the day before the one before, from yesterday on. */
const dayPiece = (firstDay: number, pieces: number) => `${CLOCK}
tenMinutes = hour / 6
tens = nowNs / tenMinutes - nowNs / day * 144
piece = ${firstDay} + tens - tens / ${pieces} * ${pieces}
begin = time(v: (nowNs / day - piece) * day)
end = time(v: (nowNs / day - piece + 1) * day)`;

const FRESH: Timing = { when: 'every: 15m, offset: 90s', range: freshHours(3), isOnce: false };
const NIGHTLY: Timing = {
  when: 'cron: "*/10 0-4 * * *", offset: 70s',
  range: dayPiece(1, PIECES),
  isOnce: true,
};
/** Each day three nights in a row: one night without a run loses no minutes. */
const LAST: Timing = {
  when: 'cron: "*/10 5 * * *", offset: 70s',
  range: dayPiece(PIECES - 2, 3),
  isOnce: true,
};

/** Measurements with numbers worth keeping. Minutes are kept of the home alone: charts of minutes show nothing else. */
const MEASUREMENTS = {
  '1m': ['site'],
  '15m': ['site', 'flow', 'device', 'load'],
} as const satisfies Partial<Record<LevelName, readonly string[]>>;
type FirstLevel = keyof typeof MEASUREMENTS;
/** A field whose name ends in a unit is a number. */
const NUMBERS = '/(W|Wh|Kwh|Pct|V|A|Var|Ratio|C|Hz|Money|[sS]witches)$/';
const COUNTERS = '/(Wh|[sS]witches)$/';
const MONEY = '/Money$/';
/** Counters and money: a price per `Kwh` is neither. */
const RISING = '/(Wh|[sS]witches|Money)$/';
/** Left with what makes a series, tables of different ranges can be put together. */
const OF_SERIES = 'drop(columns: ["_start", "_stop"])';

/** Every task there is to be. */
export function rollUpTasks(input: TaskInput): RollUpTask[] {
  const { bucket } = input;
  const coarse = (timing: Timing) => rollUpFlux(input, '15m', timing);
  const minutes = (timing: Timing) => rollUpFlux(input, '1m', timing);
  return [
    task(`${bucket}_1m fresh`, FRESH, minutes(FRESH)),
    task(`${bucket}_15m fresh`, FRESH, coarse(FRESH)),
    task(`${bucket}_15m nightly`, NIGHTLY, coarse(NIGHTLY)),
    task(`${bucket}_1m last`, LAST, minutes(LAST)),
    task(`${bucket} decisions`, NIGHTLY, NIGHTLY.range + decisionsFlux(input)),
  ];
}

/** The same roll-ups over a range of one's own, to run once: after a restore, or for data that was there before. */
export function rollUpOnce(
  input: TaskInput,
  span: { readonly fromMs: number; readonly toMs: number },
): string[] {
  const iso = (atMs: number) => new Date(atMs).toISOString();
  const range = `begin = ${iso(span.fromMs)}\nend = ${iso(span.toMs)}`;
  const timing = { range, isOnce: false };
  return [rollUpFlux(input, '1m', timing), rollUpFlux(input, '15m', timing), range + decisionsFlux(input)];
}

/** Imports come before all else. */
function task(name: string, { when }: Timing, body: string): RollUpTask {
  const [, imports = '', rest = ''] = /^((?:import [^\n]*\n)*)(.*)$/s.exec(body) ?? [];
  return { name, flux: `${imports}option task = {name: ${text(name)}, ${when}}\n\n${rest}` };
}

/** Statistic, what makes it from raw values, and what makes it from finer roll-ups of itself. */
const STATISTICS = [
  ['n', 'count', 'sum'],
  ['sum', 'sum', 'sum'],
  ['min', 'min', 'min'],
  ['max', 'max', 'max'],
  ['last', 'last', 'last'],
  ['up', 'sum', 'sum'],
] as const;

/** What Flux calls a bucket of a level. */
const SPANS = { raw: 'Raw', '1m': 'Minute', '15m': 'Quarter', '1h': 'Hour' } as const satisfies Record<
  LevelName,
  string
>;

/** The first level is made from raw values, hours from its quarters. */
function rollUpFlux(
  input: TaskInput,
  first: FirstLevel,
  { range, isOnce }: Pick<Timing, 'range' | 'isOnce'>,
): string {
  const { bucket, org } = input;
  const levels: readonly LevelName[] = first === '15m' ? [first, '1h'] : [first];
  const rolls = levels.map((name, i) => {
    const level = levelOf(name);
    const streams = STATISTICS.map(([stat, fromRaw, fromFiner]) => {
      const source = i === 0 ? SOURCES[stat] : `${stat}Of${SPANS[levels[i - 1] ?? 'raw']}`;
      return `${stat}Of${SPANS[name]} = ${source}
  |> aggregateWindow(every: ${level.stepMs / MINUTE_MS}m, fn: ${i === 0 ? fromRaw : fromFiner}, createEmpty: false, timeSrc: "_start")
  |> toFloat()
  |> set(key: "stat", value: "${stat}")`;
    });
    const all = STATISTICS.map(([stat]) => `${stat}Of${SPANS[name]}`).join(', ');
    return `${streams.join('\n')}
written${SPANS[name]} = union(tables: [${all}])
  ${written(bucket + level.suffix, org)}`;
  });
  const results = levels.map((name) => `written${SPANS[name]}`);
  const end = isOnce
    ? remembered(input, first, results)
    : results.map((result, i) => `${result} |> yield(name: "${levels[i]}")`).join('\n');
  return `${isOnce ? 'import "generate"\n' : ''}${range}

${sources(input, first)}
${isOnce ? changes(input, first) : 'start = begin\nstop = end'}

${ups(levelOf(first))}

${rolls.join('\n\n')}

${end}
`;
}

const SOURCES: Readonly<Record<(typeof STATISTICS)[number][0], string>> = {
  n: 'numbers(start: start, stop: stop)',
  sum: 'numbers(start: start, stop: stop)',
  min: 'numbers(start: start, stop: stop)',
  max: 'numbers(start: start, stop: stop)',
  last: 'rising()',
  up: 'ups',
};

/** Sources are functions, so that each window is worked out where the data lies. */
function sources({ bucket }: TaskInput, first: FirstLevel): string {
  const forEver = ROLL_UPS.at(-1)?.suffix ?? '';
  const measured = MEASUREMENTS[first].map((name) => `r._measurement == "${name}"`).join(' or ');
  const numbers = `|> filter(fn: (r) => ${measured})
  |> filter(fn: (r) => r._field =~ ${NUMBERS})`;
  return `${RISES}
numbers = (start, stop) => from(bucket: ${text(bucket)})
  |> range(start: start, stop: stop)
  ${numbers}

// What a series last was before the range: raw, or rolled up where raw values are gone. Old engines count what lies at
// the stop itself.
earlier = time(v: int(v: begin) - 1)
rawBefore = numbers(start: time(v: int(v: begin) - ${30 * 24} * 3600000000000), stop: earlier)
  |> filter(fn: (r) => r._field =~ ${RISING})
  |> last()
rolledBefore = from(bucket: ${text(bucket + forEver)})
  |> range(start: time(v: int(v: begin) - ${3 * 366 * 24} * 3600000000000), stop: earlier)
  ${numbers}
  |> filter(fn: (r) => r.stat == "last")
  |> last()
  |> drop(columns: ["stat"])
before = union(tables: [rawBefore |> ${OF_SERIES}, rolledBefore |> ${OF_SERIES}])
  |> toFloat()
  |> sort(columns: ["_time"])
  |> last()
`;
}

/**
 * What a range is rolled up from: how many values it has, and when its series had the last one before it. Values may
 * come late, none is changed: while the sum of these is the same, so is the roll-up, and the work of a night does not
 * grow with the days that are raw. It is remembered beside the raw values, and goes with them. Where all is done, a
 * range without values stands in.
 */
function changes({ bucket }: TaskInput, level: FirstLevel): string {
  return `
none = generate.from(start: begin, stop: end, count: 1, fn: (n) => 0)
  |> toFloat()
  |> keep(columns: ["_value"])
seen = union(tables: [
none,
numbers(start: begin, stop: end) |> count() |> group() |> keep(columns: ["_value"]) |> toFloat(),
before |> group() |> map(fn: (r) => ({r with _value: float(v: int(v: r._time) / 1000000000)})) |> keep(columns: ["_value"])
])
  |> sum()
known = from(bucket: ${text(bucket)})
  |> range(start: begin, stop: end)
  |> filter(fn: (r) => r._measurement == "rolled" and r.level == "${level}")
  |> last()
  |> group()
  |> map(fn: (r) => ({_value: 0.0 - r._value}))
more = union(tables: [seen, known]) |> sum() |> tableFind(fn: (key) => true) |> getRecord(idx: 0)
isDone = more._value == 0.0
start = if isDone then 2000-01-01T00:00:00Z else begin
stop = if isDone then 2000-01-01T00:00:01Z else end`;
}

/** Written when all else is: a sum ends when everything before it has ended well. */
function remembered({ bucket, org }: TaskInput, level: FirstLevel, results: readonly string[]): string {
  const before = results.map((result) => `${result} |> group() |> keep(columns: ["_value"])`);
  return `union(tables: [seen, ${before.join(', ')}])
  |> sum()
  |> map(fn: (r) => ({_time: begin, _measurement: "rolled", level: "${level}", _field: "seen", _value: r._value}))
  ${written(bucket, org)}
  |> yield(name: "rolled")`;
}

/** What series rose, bucket by bucket: from value to value, and the step into the range. */
function ups({ stepMs }: Level): string {
  return `counters = () => numbers(start: start, stop: stop) |> filter(fn: (r) => r._field =~ ${COUNTERS})
money = () => numbers(start: start, stop: stop) |> filter(fn: (r) => r._field =~ ${MONEY})
rising = () => numbers(start: start, stop: stop) |> filter(fn: (r) => r._field =~ ${RISING})
inner = union(tables: [counters() |> toFloat() |> rises(), money() |> toFloat() |> difference(columns: ["_value"])])
  |> aggregateWindow(every: ${stepMs / MINUTE_MS}m, fn: sum, createEmpty: false, timeSrc: "_start")
steps = union(tables: [before, rising() |> first() |> ${OF_SERIES} |> toFloat()])
  |> sort(columns: ["_time"])
ups = union(tables: [
inner |> ${OF_SERIES},
steps |> filter(fn: (r) => r._field =~ ${COUNTERS}) |> rises(),
steps |> filter(fn: (r) => r._field =~ ${MONEY}) |> difference(columns: ["_value"])
])`;
}

/** Decisions are copied as they are into the bucket that keeps for ever. */
function decisionsFlux({ bucket, org }: TaskInput): string {
  const forEver = ROLL_UPS.at(-1)?.suffix ?? '';
  return `

from(bucket: ${text(bucket)})
  |> range(start: begin, stop: end)
  |> filter(fn: (r) => r._measurement == "decision")
  ${written(bucket + forEver, org)}
  |> yield(name: "decisions")
`;
}

/** Nobody reads what was written. */
function written(into: string, org: string): string {
  return `|> to(bucket: ${text(into)}, org: ${text(org)})
  |> filter(fn: (r) => false)`;
}

function levelOf(name: LevelName): Level {
  const level = ROLL_UPS.find((one) => one.name === name);
  if (!level) throw new RangeError(`no level ${name}`);
  return level;
}
