/**
 * The questions of `HistoryStore` in Flux, as texts: so that they can be checked without a server. Values get in
 * through the client's own quoting only.
 */
import { fluxDateTime, fluxString } from '@influxdata/influxdb-client';
import { kindOf } from '../embedded/summary.ts';
import { type DecisionQuery, parseDecisionCursor, type RangeQuery, type SeriesQuery } from '../store.ts';

const text = (value: string): string => fluxString(value).toString();
const time = (atMs: number): string => fluxDateTime(new Date(atMs).toISOString()).toString();
/** How far back the last value before a range is looked for. */
const LOOK_BACK_MS = 40 * 86_400_000;
const EARLIEST = '2000-01-01T00:00:00Z';
const LATEST = '2200-01-01T00:00:00Z';

function source(
  bucket: string,
  range: { readonly start: string; readonly stop: string },
  site: string,
): string {
  return `from(bucket: ${text(bucket)})
  |> range(start: ${range.start}, stop: ${range.stop})
  |> filter(fn: (r) => r.site == ${text(site)})`;
}

function onlyFields(fields: readonly string[]): string {
  const any = fields.map((field) => `r._field == ${text(field)}`).join(' or ');
  return `|> filter(fn: (r) => r._measurement == "site" and (${any}))`;
}

export function seriesFlux(bucket: string, query: SeriesQuery): string {
  const { fromMs, toMs, stepMs } = query;
  const window = (fn: string) =>
    `data
  |> aggregateWindow(every: ${stepMs}ms, offset: ${fromMs % stepMs}ms, fn: ${fn}, createEmpty: false, timeSrc: "_start")
  |> set(key: "stat", value: "${fn}")`;
  return `data = ${source(bucket, { start: time(fromMs), stop: time(toMs) }, query.site)}
  ${onlyFields(query.fields)}
  |> toFloat()
union(tables: [${['mean', 'min', 'max'].map(window).join(',\n')}])
  |> keep(columns: ["_time", "_value", "_field", "stat"])`;
}

export function increasesFlux(bucket: string, query: RangeQuery): string {
  const { fromMs, toMs, site } = query;
  const resets = (counter: boolean) =>
    counter ? 'nonNegative: true, initialZero: true' : 'nonNegative: false';
  const branches = [true, false]
    .map((counter) => ({
      counter,
      fields: query.fields.filter((field) => (kindOf(field) === 'counter') === counter),
    }))
    .filter(({ fields }) => fields.length > 0)
    .map(({ counter, fields }) => {
      const part = (range: { readonly start: string; readonly stop: string }, last: string) =>
        `${source(bucket, range, site)}
  ${onlyFields(fields)}
  |> toFloat()${last}
  |> drop(columns: ["_start", "_stop"])`;
      return `union(tables: [
${part({ start: time(fromMs - LOOK_BACK_MS), stop: time(fromMs) }, '\n  |> last()')},
${part({ start: time(fromMs), stop: time(toMs) }, '')}
])
  |> group(columns: ["_field"])
  |> sort(columns: ["_time"])
  |> difference(${resets(counter)})
  |> sum()
  |> yield(name: "${counter ? 'counter' : 'running'}")`;
    });
  return branches.join('\n\n');
}

export function peakFlux(
  bucket: string,
  query: Omit<RangeQuery, 'fields'> & { readonly field: string },
): string {
  return `${source(bucket, { start: time(query.fromMs), stop: time(query.toMs) }, query.site)}
  ${onlyFields([query.field])}
  |> toFloat()
  |> max()
  |> keep(columns: ["_time", "_value"])`;
}

export function coveredMinutesFlux(
  bucket: string,
  query: Omit<RangeQuery, 'fields'> & { readonly field: string },
): string {
  return `${source(bucket, { start: time(query.fromMs), stop: time(query.toMs) }, query.site)}
  ${onlyFields([query.field])}
  |> aggregateWindow(every: 1m, fn: count, createEmpty: false, timeSrc: "_start")
  |> group()
  |> count()
  |> keep(columns: ["_value"])`;
}

export function extentFlux(bucket: string, site: string): string {
  const data = `${source(bucket, { start: EARLIEST, stop: LATEST }, site)}
  ${onlyFields(['gridPowerW'])}`;
  return `data = ${data}
union(tables: [data |> first(), data |> last()])
  |> keep(columns: ["_time"])`;
}

export function decisionsFlux(bucket: string, query: DecisionQuery): string {
  const cursor = query.before === undefined ? null : parseDecisionCursor(query.before);
  const stopMs = Math.min(
    query.toMs ?? Date.parse(LATEST),
    cursor ? cursor.atMs + 1 : Number.MAX_SAFE_INTEGER,
  );
  const start = query.fromMs === undefined ? EARLIEST : time(query.fromMs);
  const only =
    query.actuator === undefined ? '' : `\n  |> filter(fn: (r) => r.actuator == ${text(query.actuator)})`;
  const after = cursor
    ? `\n  |> filter(fn: (r) => r._time < ${time(cursor.atMs)} or r.actuator < ${text(cursor.actuator)})`
    : '';
  return `${source(bucket, { start, stop: time(stopMs) }, query.site)}
  |> filter(fn: (r) => r._measurement == "decision")${only}
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()${after}
  |> sort(columns: ["_time", "actuator"], desc: true)
  |> limit(n: ${query.limit})`;
}
