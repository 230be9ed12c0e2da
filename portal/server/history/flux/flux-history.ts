/** The history read from InfluxDB 2 by Flux. */
import { InfluxDB, type QueryApi } from '@influxdata/influxdb-client';
import * as z from 'zod';
import { ProblemError } from '../../problem.ts';
import type { InfluxSettings } from '../../settings.ts';
import { combine, kindOf, rise, type Summary } from '../embedded/summary.ts';
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
import { decisionSegments } from './decision-segments.ts';
import {
  coverageFlux,
  decisionsFlux,
  extentFlux,
  increasesFlux,
  levelsFlux,
  peakFlux,
  seriesFlux,
} from './flux-queries.ts';

const TIMEOUT_MS = 15_000;
const RAW_STEP_MS = 10_000;
const MINUTE_MS = 60_000;
/** How long it is believed that roll-ups are missing: they may be set up while the portal runs. */
const LEVELS_AGAIN_MS = 10 * MINUTE_MS;

const levelRow = z.object({ name: z.string() });
const statRow = z.object({ _time: z.string(), _value: z.number(), _field: z.string(), stat: z.string() });
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

/** @param nowMs what time it is where InfluxDB deletes what is past its retention. */
export function openFluxHistory(
  { url, token, org, bucket }: InfluxSettings,
  nowMs: () => number = Date.now,
): HistoryStore {
  return new FluxHistory(new InfluxDB({ url, token, timeout: TIMEOUT_MS }).getQueryApi(org), bucket, nowMs);
}

interface Parts {
  sum: number;
  n: number;
  min: number;
  max: number;
  mean: number | null;
}

class FluxHistory implements HistoryStore {
  readonly #api: QueryApi;
  readonly #bucket: string;
  readonly #nowMs: () => number;
  #levels: { readonly found: readonly Level[]; readonly askAgainMs: number } | null = null;

  constructor(api: QueryApi, bucket: string, nowMs: () => number) {
    this.#api = api;
    this.#bucket = bucket;
    this.#nowMs = nowMs;
  }

  async series(query: SeriesQuery): Promise<HistorySeries> {
    const { fromMs, stepMs, fields } = query;
    const found = new Map<string, Map<number, Parts>>(fields.map((field) => [field, new Map()]));
    const segments = seriesPlan(query, await this.#reach());
    if (segments.length > 0 && fields.length > 0) {
      for (const row of await this.#rows(seriesFlux(this.#bucket, query, segments), statRow)) {
        const atMs = fromMs + Math.floor((Date.parse(row._time) - fromMs) / stepMs) * stepMs;
        const buckets = found.get(row._field);
        const bucket = buckets?.get(atMs) ?? {
          sum: 0,
          n: 0,
          min: Number.POSITIVE_INFINITY,
          max: Number.NEGATIVE_INFINITY,
          mean: null,
        };
        addStat(bucket, row.stat, row._value);
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
    for (const row of await this.#rows(increasesFlux(this.#bucket, query, { segments, rolled }), partRow)) {
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
    for (const row of await this.#rows(peakFlux(this.#bucket, query, segments), peakRow)) {
      const atMs = Math.floor(Date.parse(row._time) / MINUTE_MS) * MINUTE_MS;
      if (!highest || row._value > highest.value) highest = { value: row._value, atMs };
    }
    return highest;
  }

  async coveredMinutes(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<number> {
    const segments = finePlan(query, await this.#reach());
    if (segments.length === 0) return 0;
    let minutes = 0;
    for (const { part, _value } of await this.#rows(coverageFlux(this.#bucket, query, segments), countRow)) {
      minutes += _value * Math.max(1, (segments[Number(part)]?.level.stepMs ?? 0) / MINUTE_MS);
    }
    return minutes;
  }

  async finestStepMs(_site: string, fromMs: number): Promise<number> {
    return finestStepMs(fromMs, RAW_STEP_MS, await this.#reach());
  }

  async extent(site: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | null> {
    const { rollUps } = await this.#reach();
    const rows = await this.#rows(extentFlux(this.#bucket, site, rollUps.at(-1) ?? null), timeRow);
    if (rows.length === 0) return null;
    const times = rows.map((row) => Date.parse(row._time));
    return { firstMs: Math.min(...times), lastMs: Math.max(...times) };
  }

  async decisions(query: DecisionQuery): Promise<readonly StoredDecision[]> {
    const after = query.before === undefined ? null : parseDecisionCursor(query.before);
    const found: StoredDecision[] = [];
    for (const segment of decisionSegments({ ...query, after }, await this.#reach())) {
      const page = { site: query.site, actuator: query.actuator, after, limit: query.limit - found.length };
      const rows = await this.#rows(decisionsFlux(this.#bucket, page, segment), decisionRow);
      found.push(...rows.map(decisionOf));
      if (found.length >= query.limit) break;
    }
    return found;
  }

  async close(): Promise<void> {}

  async #reach(): Promise<Reach> {
    const nowMs = this.#nowMs();
    if (!this.#levels || nowMs >= this.#levels.askAgainMs) {
      const names = new Set((await this.#rows(levelsFlux(this.#bucket), levelRow)).map(({ name }) => name));
      const found = ROLL_UPS.filter(({ suffix }) => names.has(this.#bucket + suffix));
      const isWhole = found.length === ROLL_UPS.length;
      this.#levels = {
        found: isWhole ? found : [],
        askAgainMs: isWhole ? Number.POSITIVE_INFINITY : nowMs + LEVELS_AGAIN_MS,
      };
    }
    return { rollUps: this.#levels.found, nowMs };
  }

  async #rows<T>(flux: string, schema: z.ZodType<T>): Promise<T[]> {
    try {
      return z.array(schema).parse(await this.#api.collectRows(flux));
    } catch (cause) {
      throw new ProblemError('history-unavailable', undefined, { cause });
    }
  }
}

function addStat(bucket: Parts, stat: string, value: number): void {
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
  const sums: Summary[] = [];
  for (let i = 0; i < segments; i += 1) {
    const first = parts.get(`${i} first`);
    const last = parts.get(`${i} last`);
    if (first === undefined || last === undefined) continue;
    const up = (parts.get(`${i} up`) ?? 0) + (parts.get(`${i} gaps`) ?? 0);
    sums.push({ n: 0, sum: 0, min: first, max: first, first, last, up });
  }
  if (sums.length === 0) return null;
  const total = combine(kind, sums);
  const before = parts.get('before raw') ?? parts.get('before rolled');
  return total.up + (before === undefined ? 0 : rise(kind, before, total.first));
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
