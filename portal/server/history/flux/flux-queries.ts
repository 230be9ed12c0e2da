/**
 * The questions of `HistoryStore` in Flux, as texts: so that they can be checked without a server. Values get in
 * through the client's own quoting only. Window functions stand directly on `from`, `range` and `filter`: so InfluxDB
 * works them out where the data lies; a source is a function, since one that is shared is read into Flux first.
 */
import { fluxDateTime, fluxString } from '@influxdata/influxdb-client';
import { RAW, type Segment } from '../roll-ups/levels.ts';
import { RISES } from '../roll-ups/rises.ts';
import type { RangeQuery, SeriesQuery } from '../store.ts';
import { kindOf } from '../summary.ts';

type FieldQuery = Omit<RangeQuery, 'fields'> & { readonly field: string };

/** How far back the last value before a range is looked for in roll-ups; in raw values, as far as they are kept. */
const LOOK_BACK_MS = 3 * 366 * 86_400_000;
const EARLIEST_MS = Date.parse('2000-01-01T00:00:00Z');
const LATEST_MS = Date.parse('2200-01-01T00:00:00Z');

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

/** No row, or an error that the bucket is not there. */
export function presenceFlux(bucket: string): string {
  return `from(bucket: ${text(bucket)})
  |> range(start: ${time(EARLIEST_MS)}, stop: ${time(EARLIEST_MS + 1)})
  |> limit(n: 1)`;
}

/**
 * Rows of `_time` (start of a window, or of its part in a segment), `_field` and `_value`, in results named
 * `<stat> <segment>`: min and max, and either the mean or, where a bucket may be put together from parts, sum and n.
 * Results of their own are told while others are still worked out; a union of a year's took a third longer.
 */
export function seriesFlux(bucket: string, query: SeriesQuery, segments: readonly Segment[]): string {
  const { fromMs, stepMs, fields, site } = query;
  const offsetMs = ((fromMs % stepMs) + stepMs) % stepMs;
  const offset = offsetMs === 0 ? '' : ` offset: ${offsetMs}ms,`;
  const isWhole = segments.length === 1 && segments[0]?.level === RAW;
  const windows = segments.flatMap((segment, i) => {
    const isRaw = segment.level === RAW;
    const stats = isWhole ? RAW_STATS : isRaw ? RAW_PARTS : ROLLED_PARTS;
    return stats.map(
      ([fn, stat]) => `data${i}()${isRaw ? '' : ` ${onlyStat(stat)}`}
  |> aggregateWindow(every: ${stepMs}ms,${offset} fn: ${fn}, createEmpty: false, timeSrc: "_start")${isRaw ? '\n  |> toFloat()' : ''}
  |> keep(columns: ["_time", "_value", "_field"])
  |> yield(name: ${text(`${stat} ${i}`)})`,
    );
  });
  const data = segments.map(
    (segment, i) => `data${i} = () => ${source(bucket, segment, site)}
  ${onlyFields(fields)}`,
  );
  return `${data.join('\n')}\n\n${windows.join('\n')}`;
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
 * Rows of `_field`, `part` and `_value`. A part is `<segment> last|up`, of a raw segment also `<segment> first` (a
 * roll-up's `up` begins with the last value before it, a raw segment's with its first), or `before raw|rolled`: the
 * last value before the range, where that is needed.
 */
export function increasesFlux(
  bucket: string,
  query: RangeQuery,
  { segments, rolled }: { readonly segments: readonly Segment[]; readonly rolled: Segment['level'] | null },
): string {
  const data = (segment: Segment, fields = query.fields) => `${source(bucket, segment, query.site)}
  ${onlyFields(fields)}`;
  const parts = [
    ...segments.flatMap((segment, i) =>
      segment.level === RAW
        ? rawParts((fields) => data(segment, fields), query.fields, i)
        : rolledParts(data(segment), i),
    ),
    ...(segments[0]?.level === RAW ? beforeParts(data, query.fromMs, rolled) : []),
  ];
  return `${RISES}\n\n${union(parts)}`;
}

const part = (flux: string, name: string): string => `${flux}
  |> toFloat()
  |> keep(columns: ["_field", "_value"])
  |> set(key: "part", value: "${name}")`;

function rawParts(
  data: (fields: readonly string[]) => string,
  fields: readonly string[],
  i: number,
): string[] {
  const isCounter = (field: string) => kindOf(field) === 'counter';
  const ups = [
    [fields.filter(isCounter), 'rises()'],
    [fields.filter((field) => !isCounter(field)), 'difference(columns: ["_value"])'],
  ] as const;
  return [
    part(`${data(fields)} |> first()`, `${i} first`),
    part(`${data(fields)} |> last()`, `${i} last`),
    ...ups
      .filter(([some]) => some.length > 0)
      .map(([some, rise]) => part(`${data(some)} |> toFloat() |> ${rise} |> sum()`, `${i} up`)),
  ];
}

function rolledParts(data: string, i: number): string[] {
  return [
    part(`${data} ${onlyStat('last')} |> last()`, `${i} last`),
    part(`${data} ${onlyStat('up')} |> sum()`, `${i} up`),
  ];
}

function beforeParts(
  data: (segment: Segment) => string,
  fromMs: number,
  rolled: Segment['level'] | null,
): string[] {
  const raw = data({ level: RAW, fromMs: fromMs - RAW.keptMs, toMs: fromMs });
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
