/**
 * Which bucket answers what. Beside the raw bucket stand three of roll-ups (`wattward_1m`, `_15m`, `_1h`), made by
 * tasks in InfluxDB. A roll-up keeps measurement, tags and field and adds the tag `stat`: the `min`, `max`, `sum` and
 * number `n` of the bucket's values at its start (the mean is `sum / n`, also over many buckets); of counters and money
 * also the `last` value and what they rose `up` to it, from the last value before the bucket on: the rise over any run
 * of buckets is the sum of their `up`, exact across resets and gaps.
 *
 * What is fresh is always read raw: tasks run behind, and a box that was cut off writes late. Everything older is read
 * from the coarsest roll-up that still gives the exact answer; a range is covered by segments without overlap.
 */
export type LevelName = 'raw' | '1m' | '15m' | '1h';

export interface Level {
  readonly name: LevelName;
  /** What follows the name of the raw bucket. */
  readonly suffix: string;
  /** Width of its buckets; raw has none. */
  readonly stepMs: number;
  /** How long it keeps points; null: for ever. */
  readonly keptMs: number | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The table of what InfluxDB keeps how long: the set-up makes the buckets by it. */
export const RAW = { name: 'raw', suffix: '', stepMs: 1, keptMs: 30 * DAY_MS } as const satisfies Level;
export const ROLL_UPS: readonly Level[] = [
  { name: '1m', suffix: '_1m', stepMs: MINUTE_MS, keptMs: 90 * DAY_MS },
  { name: '15m', suffix: '_15m', stepMs: 15 * MINUTE_MS, keptMs: null },
  { name: '1h', suffix: '_1h', stepMs: HOUR_MS, keptMs: null },
];
const [MINUTES, QUARTERS] = ROLL_UPS;

/** Charts and totals read the last two days raw, however coarse: older points that come late are in by next morning. */
const FRESH_MS = 2 * DAY_MS;
/** Near the end of its time raw data goes away shard by shard. */
export const RAW_SAFE_MS = RAW.keptMs - DAY_MS;

export interface Segment {
  readonly level: Level;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Reach {
  /** Roll-ups there are. Without any everything is read raw. */
  readonly rollUps: readonly Level[];
  readonly nowMs: number;
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Segments of a chart: each bucket of `stepMs` is made of whole buckets of its segments. */
export function seriesPlan(range: Range & { readonly stepMs: number }, reach: Reach): Segment[] {
  const { fromMs, toMs, stepMs } = range;
  const isFine = stepMs < (QUARTERS?.stepMs ?? 0);
  const splitMs = clamp(hourBefore(reach.nowMs - (isFine ? RAW_SAFE_MS : FRESH_MS)), range);
  const level = coarsestFirst(reach, fromMs).find(
    (roll) => stepMs % roll.stepMs === 0 && fromMs % roll.stepMs === 0,
  );
  if (!level) return present([{ level: RAW, fromMs, toMs }]);
  return present([
    { level, fromMs, toMs: splitMs },
    { level: RAW, fromMs: splitMs, toMs },
  ]);
}

/** Segments of a total: coarse in the middle, fine at its edges, in order. Minutes stand in where nothing is raw. */
export function totalPlan(range: Range, reach: Reach): Segment[] {
  const splitMs = clamp(hourBefore(reach.nowMs - FRESH_MS), range);
  const isRawThere = range.fromMs >= hourBefore(reach.nowMs - RAW_SAFE_MS);
  const levels = coarsestFirst(reach, range.fromMs).filter((level) => !isRawThere || level !== MINUTES);
  return present([
    ...covered({ fromMs: range.fromMs, toMs: splitMs }, levels),
    { level: RAW, fromMs: splitMs, toMs: range.toMs },
  ]);
}

/** Segments as fine as is kept: for the minute of a peak and for minutes that hold a value. */
export function finePlan(range: Range, reach: Reach): Segment[] {
  const { nowMs, rollUps } = reach;
  if (rollUps.length === 0) return present([{ level: RAW, ...range }]);
  const has = (level: Level | undefined) => level !== undefined && rollUps.includes(level);
  const rawMs = clamp(hourBefore(nowMs - RAW_SAFE_MS), range);
  const minutesMs = has(MINUTES)
    ? Math.min(rawMs, clamp(hourBefore(nowMs - (MINUTES?.keptMs ?? 0)), range))
    : rawMs;
  const coarse = has(QUARTERS) ? QUARTERS : rollUps.at(-1);
  return present([
    { level: coarse ?? RAW, fromMs: range.fromMs, toMs: minutesMs },
    { level: MINUTES ?? RAW, fromMs: minutesMs, toMs: rawMs },
    { level: RAW, fromMs: rawMs, toMs: range.toMs },
  ]);
}

/** The finest step that is still kept at this instant. `rawStepMs`: how often boxes write. */
export function finestStepMs(fromMs: number, rawStepMs: number, { rollUps, nowMs }: Reach): number {
  if (rollUps.length === 0 || fromMs >= hourBefore(nowMs - RAW_SAFE_MS)) return rawStepMs;
  return rollUps.find((level) => keeps(level, fromMs, nowMs))?.stepMs ?? rawStepMs;
}

function covered({ fromMs, toMs }: Range, levels: readonly Level[]): Segment[] {
  if (fromMs >= toMs) return [];
  const [level, ...finer] = levels;
  if (!level) return [{ level: RAW, fromMs, toMs }];
  const firstMs = Math.ceil(fromMs / level.stepMs) * level.stepMs;
  const lastMs = Math.floor(toMs / level.stepMs) * level.stepMs;
  if (firstMs >= lastMs) return covered({ fromMs, toMs }, finer);
  return [
    ...covered({ fromMs, toMs: firstMs }, finer),
    { level, fromMs: firstMs, toMs: lastMs },
    ...covered({ fromMs: lastMs, toMs }, finer),
  ];
}

function coarsestFirst({ rollUps, nowMs }: Reach, fromMs: number): Level[] {
  return rollUps.filter((level) => keeps(level, fromMs, nowMs)).reverse();
}

function keeps({ keptMs }: Level, atMs: number, nowMs: number): boolean {
  return keptMs === null || atMs >= hourBefore(nowMs - keptMs) + HOUR_MS;
}

function hourBefore(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) * HOUR_MS;
}

function clamp(atMs: number, { fromMs, toMs }: Range): number {
  return Math.min(Math.max(atMs, fromMs), toMs);
}

function present(segments: readonly Segment[]): Segment[] {
  return segments.filter(({ fromMs, toMs }) => fromMs < toMs);
}
