/**
 * The questions of `HistoryStore` in Flux, as texts: so that they can be checked without a server. Values get in
 * through the client's own quoting only. Window functions stand directly on `from`, `range` and `filter`: so InfluxDB
 * works them out where the data lies; a source is a function, since one that is shared is read into Flux first.
 */
import { fluxDateTime, fluxString } from '@influxdata/influxdb-client';
import { kindOf } from '../embedded/summary.ts';
import { RAW, ROLL_UPS, type Segment } from '../roll-ups/levels.ts';
import type { RangeQuery, SeriesQuery } from '../store.ts';

type FieldQuery = Omit<RangeQuery, 'fields'> & { readonly field: string };

/** How far back the last value before a range is looked for: raw values, and roll-ups. */
const LOOK_BACK_RAW_MS = 30 * 86_400_000;
const LOOK_BACK_MS = 3 * 366 * 86_400_000;
const EARLIEST_MS = Date.parse('2000-01-01T00:00:00Z');
const LATEST_MS = Date.parse('2200-01-01T00:00:00Z');
const BOTH = [true, false] as const;

const text = (value: string): string => fluxString(value).toString();
const time = (atMs: number): string => fluxDateTime(new Date(atMs).toISOString()).toString();

/** @param bucket the raw one. */
function source(bucket: string, { level, fromMs, toMs }: Segment, site: string): string {
  return `from(bucket: ${text(bucket + level.suffix)})
  |> range(start: ${time(fromMs)}, stop: ${time(toMs)})
  |> filter(fn: (r) => r.site == ${text(site)})`;
}

function onlyFields(fields: readonly string[]): string {
  const any = fields.map((field) => `r._field == ${text(field)}`).join(' or ');
  return `|> filter(fn: (r) => r._measurement == "site" and (${any}))`;
}

const onlyStat = (stat: string): string => `|> filter(fn: (r) => r.stat == "${stat}")`;

/** Which roll-ups there are: rows of `name`. */
export function levelsFlux(bucket: string): string {
  const any = ROLL_UPS.map(({ suffix }) => `r.name == ${text(bucket + suffix)}`).join(' or ');
  return `buckets()
  |> filter(fn: (r) => ${any})
  |> keep(columns: ["name"])`;
}

/**
 * Rows of `_time` (start of a window, or of its part in a segment), `_field`, `stat` and `_value`: min and max, and
 * either the mean or, where a bucket may be put together from parts, sum and n.
 */
export function seriesFlux(bucket: string, query: SeriesQuery, segments: readonly Segment[]): string {
  const { fromMs, stepMs, fields, site } = query;
  const isWhole = segments.length === 1 && segments[0]?.level === RAW;
  const windows = segments.flatMap((segment, i) => {
    const isRaw = segment.level === RAW;
    const stats = isWhole ? RAW_STATS : isRaw ? RAW_PARTS : ROLLED_PARTS;
    return stats.map(
      ([fn, stat]) => `data${i}()${isRaw ? '' : ` ${onlyStat(stat)}`}
  |> aggregateWindow(every: ${stepMs}ms, offset: ${((fromMs % stepMs) + stepMs) % stepMs}ms, fn: ${fn}, createEmpty: false, timeSrc: "_start")
  |> toFloat()
  |> set(key: "stat", value: "${stat}")
  |> keep(columns: ["_time", "_value", "_field", "stat"])`,
    );
  });
  const data = segments.map(
    (segment, i) => `data${i} = () => ${source(bucket, segment, site)}
  ${onlyFields(fields)}`,
  );
  return `${data.join('\n')}\n\n${union(windows)}`;
}

const RAW_STATS = [
  ['mean', 'mean'],
  ['min', 'min'],
  ['max', 'max'],
] as const;
const RAW_PARTS = [
  ['sum', 'sum'],
  ['count', 'n'],
  ['min', 'min'],
  ['max', 'max'],
] as const;
const ROLLED_PARTS = [
  ['sum', 'sum'],
  ['sum', 'n'],
  ['min', 'min'],
  ['max', 'max'],
] as const;

/**
 * Rows of `_field`, `part` and `_value`. A part is `<segment> first|last|up|gaps` (what rose within roll-ups, and from
 * one to the next), or `before raw|rolled`: the last value before the range.
 */
export function increasesFlux(
  bucket: string,
  query: RangeQuery,
  { segments, rolled }: { readonly segments: readonly Segment[]; readonly rolled: Segment['level'] | null },
): string {
  const parts = BOTH.flatMap((isCounter) => {
    const fields = query.fields.filter((field) => (kindOf(field) === 'counter') === isCounter);
    if (fields.length === 0) return [];
    const data = (segment: Segment) => `${source(bucket, segment, query.site)}
  ${onlyFields(fields)}`;
    const rise = isCounter ? 'difference(nonNegative: true, initialZero: true)' : 'difference()';
    return [
      ...segments.flatMap((segment, i) =>
        segment.level === RAW ? rawParts(data(segment), rise, i) : rolledParts(data(segment), rise, i),
      ),
      ...beforeParts(data, query.fromMs, rolled),
    ];
  });
  return union(parts);
}

const part = (flux: string, name: string): string => `${flux}
  |> toFloat()
  |> keep(columns: ["_field", "_value"])
  |> set(key: "part", value: "${name}")`;

function rawParts(data: string, rise: string, i: number): string[] {
  return [
    part(`${data} |> first()`, `${i} first`),
    part(`${data} |> last()`, `${i} last`),
    part(`${data} |> toFloat() |> ${rise} |> sum()`, `${i} up`),
  ];
}

function rolledParts(data: string, rise: string, i: number): string[] {
  const first = `${data} ${onlyStat('first')}`;
  const last = `${data} ${onlyStat('last')}`;
  return [
    part(`${first} |> first()`, `${i} first`),
    part(`${last} |> last()`, `${i} last`),
    part(`${data} ${onlyStat('up')} |> sum()`, `${i} up`),
    // The last value of a roll-up is put behind its first; what then rises towards a first is the step between two.
    part(
      `union(tables: [
  ${first} |> keep(columns: ["_time", "_field", "_value", "stat"]),
  ${last} |> timeShift(duration: 1ms) |> keep(columns: ["_time", "_field", "_value", "stat"])
])
  |> group(columns: ["_field"])
  |> sort(columns: ["_time"])
  |> ${rise}
  ${onlyStat('first')}
  |> sum()`,
      `${i} gaps`,
    ),
  ];
}

function beforeParts(
  data: (segment: Segment) => string,
  fromMs: number,
  rolled: Segment['level'] | null,
): string[] {
  const raw = data({ level: RAW, fromMs: fromMs - LOOK_BACK_RAW_MS, toMs: fromMs });
  const parts = [part(`${raw} |> last()`, 'before raw')];
  if (!rolled) return parts;
  // Only roll-ups that end before the range.
  const toMs = Math.floor(fromMs / rolled.stepMs) * rolled.stepMs;
  const before = data({ level: rolled, fromMs: toMs - LOOK_BACK_MS, toMs });
  return [...parts, part(`${before} ${onlyStat('last')} |> last()`, 'before rolled')];
}

/** Rows of `_time` and `_value`: the highest value of each segment. */
export function peakFlux(bucket: string, query: FieldQuery, segments: readonly Segment[]): string {
  return union(
    segments.map(
      (segment) => `${source(bucket, segment, query.site)}
  ${onlyFields([query.field])}${segment.level === RAW ? '' : ` ${onlyStat('max')}`}
  |> max()
  |> toFloat()
  |> keep(columns: ["_time", "_value"])`,
    ),
  );
}

/** Rows of `part` (the segment) and `_value`: minutes that hold a value, or roll-ups. */
export function coverageFlux(bucket: string, query: FieldQuery, segments: readonly Segment[]): string {
  return union(
    segments.map((segment, i) => {
      const minutes =
        segment.level === RAW
          ? '|> aggregateWindow(every: 1m, fn: count, createEmpty: false, timeSrc: "_start")'
          : onlyStat('n');
      return `${source(bucket, segment, query.site)}
  ${onlyFields([query.field])}
  ${minutes}
  |> group()
  |> count()
  |> keep(columns: ["_value"])
  |> set(key: "part", value: "${i}")`;
    }),
  );
}

/** Rows of `_time`: first and last of what there is. `rolled`: the roll-up that is kept for ever. */
export function extentFlux(bucket: string, site: string, rolled: Segment['level'] | null): string {
  const data = (level: Segment['level']) =>
    `${source(bucket, { level, fromMs: EARLIEST_MS, toMs: LATEST_MS }, site)}
  ${onlyFields(['gridPowerW'])}`;
  const times = [`${data(RAW)} |> first()`, `${data(RAW)} |> last()`];
  if (rolled) times.push(`${data(rolled)} ${onlyStat('n')} |> first()`);
  return union(times.map((flux) => `${flux} |> keep(columns: ["_time"])`));
}

export interface DecisionPage {
  readonly site: string;
  readonly actuator?: string | undefined;
  /** Whatever comes after this decision in the list, newest first. */
  readonly after: { readonly atMs: number; readonly actuator: string } | null;
  readonly limit: number;
}

/** Decisions of one segment, newest first. */
export function decisionsFlux(bucket: string, page: DecisionPage, segment: Segment): string {
  const { site, actuator, after, limit } = page;
  const only = actuator === undefined ? '' : `\n  |> filter(fn: (r) => r.actuator == ${text(actuator)})`;
  const beyond = after
    ? `\n  |> filter(fn: (r) => r._time < ${time(after.atMs)} or r.actuator < ${text(after.actuator)})`
    : '';
  return `${source(bucket, segment, site)}
  |> filter(fn: (r) => r._measurement == "decision")${only}
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()${beyond}
  |> sort(columns: ["_time", "actuator"], desc: true)
  |> limit(n: ${limit})`;
}

/** A union needs two. */
function union(tables: readonly string[]): string {
  const [only = ''] = tables;
  return tables.length === 1 ? only : `union(tables: [\n${tables.join(',\n')}\n])`;
}
