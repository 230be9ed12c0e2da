/** The history read from InfluxDB 2 by Flux. */
import * as z from 'zod';
import { readReason } from '../reason.ts';
import {
  finePlan,
  finestStepMs,
  type Level,
  type Reach,
  ROLL_UPS,
  seriesPlan,
  totalPlan,
} from '../roll-ups/levels.ts';
import {
  type DecisionQuery,
  type HistoryBucket,
  type HistorySeries,
  type HistoryStore,
  type Peak,
  parseDecisionCursor,
  type RangeQuery,
  type SeriesQuery,
  type StoredDecision,
} from '../store.ts';
import { kindOf, rise } from '../summary.ts';
import { decisionSegments } from './decision-segments.ts';
import {
  coverageFlux,
  decisionsFlux,
  extentFlux,
  increasesFlux,
  peakFlux,
  presenceFlux,
  seriesFlux,
} from './flux-queries.ts';
import { FluxRows } from './flux-rows.ts';
import type { InfluxAccess } from './influx-access.ts';

const TIMEOUT_MS = 15_000;
const RAW_STEP_MS = 10_000;
const MINUTE_MS = 60_000;
/** How long it is believed that roll-ups are missing: they may be set up while the portal runs. */
const LEVELS_AGAIN_MS = 10 * MINUTE_MS;

const statRow = z.object({ _time: z.string(), _value: z.number(), _field: z.string(), result: z.string() });
const partRow = z.object({ _field: z.string(), _value: z.number().nullish(), part: z.string() });
const peakRow = z.object({ _time: z.string(), _value: z.number() });
const countRow = z.object({ _value: z.number(), part: z.string() });
const timeRow = z.object({ _time: z.string() });
const decisionRow = z.object({
  _time: z.string(),
  actuator: z.string().default('home'),
  seq: z.number().default(0),
  outcome: z.string().default(''),
  code: z.string().default(''),
  reasonJson: z.string().default(''),
  homeMode: z.string().default(''),
});

export interface FluxHistoryOptions {
  /** What time it is where InfluxDB deletes what is past its retention. */
  readonly nowMs?: () => number;
  /** Of a whole question. */
  readonly timeoutMs?: number;
}

export function openFluxHistory(
  settings: InfluxAccess,
  { nowMs = Date.now, timeoutMs = TIMEOUT_MS }: FluxHistoryOptions = {},
): HistoryStore {
  return new FluxHistory(new FluxRows(settings, timeoutMs), settings.bucket, nowMs);
}

interface Parts {
  sum: number;
  n: number;
  min: number;
  max: number;
  mean: number | null;
}

class FluxHistory implements HistoryStore {
  readonly #rows: FluxRows;
  readonly #bucket: string;
  readonly #nowMs: () => number;
  #levels: { readonly found: readonly Level[]; readonly askAgainMs: number } | null = null;

  constructor(rows: FluxRows, bucket: string, nowMs: () => number) {
    this.#rows = rows;
    this.#bucket = bucket;
    this.#nowMs = nowMs;
  }

  async series(query: SeriesQuery): Promise<HistorySeries> {
    const { fromMs, stepMs, fields } = query;
    const found = new Map<string, Map<number, Parts>>(fields.map((field) => [field, new Map()]));
    const segments = seriesPlan(query, await this.#reach());
    // Each time comes once for every field and statistic: it is read once.
    const starts = new Map<string, number>();
    const startOf = (time: string) => {
      const known = starts.get(time);
      if (known !== undefined) return known;
      const atMs = fromMs + Math.floor((Date.parse(time) - fromMs) / stepMs) * stepMs;
      starts.set(time, atMs);
      return atMs;
    };
    if (segments.length > 0 && fields.length > 0) {
      for (const row of await this.#rows.ask(seriesFlux(this.#bucket, query, segments), statRow)) {
        const atMs = startOf(row._time);
        const buckets = found.get(row._field);
        const bucket = buckets?.get(atMs) ?? {
          sum: 0,
          n: 0,
          min: Number.POSITIVE_INFINITY,
          max: Number.NEGATIVE_INFINITY,
          mean: null,
        };
        addStat(bucket, row.result, row._value);
        buckets?.set(atMs, bucket);
      }
    }
    return new Map([...found].map(([field, buckets]) => [field, inOrder(buckets)]));
  }

  async increases(query: RangeQuery): Promise<ReadonlyMap<string, number | null>> {
    const found = new Map<string, number | null>(query.fields.map((field) => [field, null]));
    const reach = await this.#reach();
    const segments = totalPlan(query, reach);
    if (segments.length === 0 || query.fields.length === 0) return found;
    const [, rolled = null] = reach.rollUps;
    const parts = new Map<string, Map<string, number>>();
    for (const row of await this.#rows.ask(
      increasesFlux(this.#bucket, query, { segments, rolled }),
      partRow,
    )) {
      if (row._value === null || row._value === undefined) continue;
      const ofField = parts.get(row._field) ?? new Map<string, number>();
      ofField.set(row.part, row._value);
      parts.set(row._field, ofField);
    }
    for (const [field, known] of parts) found.set(field, increaseOf(field, known, segments.length));
    return found;
  }

  async peak(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<Peak | null> {
    const segments = finePlan(query, await this.#reach());
    if (segments.length === 0) return null;
    let highest: Peak | null = null;
    for (const row of await this.#rows.ask(peakFlux(this.#bucket, query, segments), peakRow)) {
      const atMs = Math.floor(Date.parse(row._time) / MINUTE_MS) * MINUTE_MS;
      if (!highest || row._value > highest.value) highest = { value: row._value, atMs };
    }
    return highest;
  }

  async coveredMinutes(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<number> {
    const segments = finePlan(query, await this.#reach());
    if (segments.length === 0) return 0;
    let minutes = 0;
    for (const { part, _value } of await this.#rows.ask(
      coverageFlux(this.#bucket, query, segments),
      countRow,
    )) {
      minutes += _value * Math.max(1, (segments[Number(part)]?.level.stepMs ?? 0) / MINUTE_MS);
    }
    return minutes;
  }

  async finestStepMs(_site: string, fromMs: number): Promise<number> {
    return finestStepMs(fromMs, RAW_STEP_MS, await this.#reach());
  }

  async extent(site: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | null> {
    const { rollUps } = await this.#reach();
    const rows = await this.#rows.ask(extentFlux(this.#bucket, site, rollUps.at(-1) ?? null), timeRow);
    if (rows.length === 0) return null;
    const times = rows.map((row) => Date.parse(row._time));
    return { firstMs: Math.min(...times), lastMs: Math.max(...times) };
  }

  async decisions(query: DecisionQuery): Promise<readonly StoredDecision[]> {
    const after = query.before === undefined ? null : parseDecisionCursor(query.before);
    const found: StoredDecision[] = [];
    for (const segment of decisionSegments({ ...query, after }, await this.#reach())) {
      const page = { site: query.site, actuator: query.actuator, after, limit: query.limit - found.length };
      const rows = await this.#rows.ask(decisionsFlux(this.#bucket, page, segment), decisionRow);
      found.push(...rows.map(decisionOf));
      if (found.length >= query.limit) break;
    }
    return found;
  }

  async close(): Promise<void> {}

  async #reach(): Promise<Reach> {
    const nowMs = this.#nowMs();
    if (!this.#levels || nowMs >= this.#levels.askAgainMs) {
      // Each by its name: InfluxDB's list of buckets comes in pages that end early for a token that sees few of them.
      const there = await Promise.all(
        ROLL_UPS.map(({ suffix }) => this.#rows.finds(presenceFlux(this.#bucket + suffix))),
      );
      const isWhole = there.every(Boolean);
      this.#levels = {
        found: isWhole ? ROLL_UPS : [],
        askAgainMs: isWhole ? Number.POSITIVE_INFINITY : nowMs + LEVELS_AGAIN_MS,
      };
    }
    return { rollUps: this.#levels.found, nowMs };
  }
}

/** @param result `<stat> <segment>` */
function addStat(bucket: Parts, result: string, value: number): void {
  const stat = result.slice(0, result.indexOf(' '));
  if (stat === 'mean') bucket.mean = value;
  else if (stat === 'sum') bucket.sum += value;
  else if (stat === 'n') bucket.n += value;
  else if (stat === 'min') bucket.min = Math.min(bucket.min, value);
  else if (stat === 'max') bucket.max = Math.max(bucket.max, value);
}

function inOrder(buckets: ReadonlyMap<number, Parts>): HistoryBucket[] {
  return [...buckets]
    .map(([atMs, { mean, sum, n, min, max }]) => ({ atMs, mean: mean ?? sum / n, min, max }))
    .sort((a, b) => a.atMs - b.atMs);
}

/** @param parts as `increasesFlux` names them. */
function increaseOf(field: string, parts: ReadonlyMap<string, number>, segments: number): number | null {
  const kind = kindOf(field);
  let before = parts.get('before raw') ?? parts.get('before rolled');
  let total: number | null = null;
  for (let i = 0; i < segments; i += 1) {
    const last = parts.get(`${i} last`);
    if (last === undefined) continue;
    const first = parts.get(`${i} first`);
    const stepIn = first === undefined || before === undefined ? 0 : rise(kind, before, first);
    total = (total ?? 0) + stepIn + (parts.get(`${i} up`) ?? 0);
    before = last;
  }
  return total;
}

function decisionOf(row: z.infer<typeof decisionRow>): StoredDecision {
  return {
    at: new Date(row._time).toISOString(),
    seq: row.seq,
    actuator: row.actuator,
    outcome: row.outcome,
    reason: readReason(row.reasonJson, row.code),
    homeMode: row.homeMode,
  };
}
