/** The history read from InfluxDB 2 by Flux. */
import { InfluxDB, type QueryApi } from '@influxdata/influxdb-client';
import * as z from 'zod';
import { ProblemError } from '../../problem.ts';
import type { InfluxSettings } from '../../settings.ts';
import { readReason } from '../reason.ts';
import type {
  DecisionQuery,
  HistoryBucket,
  HistorySeries,
  HistoryStore,
  Peak,
  RangeQuery,
  SeriesQuery,
  StoredDecision,
} from '../store.ts';
import {
  coveredMinutesFlux,
  decisionsFlux,
  extentFlux,
  increasesFlux,
  peakFlux,
  seriesFlux,
} from './flux-queries.ts';

const TIMEOUT_MS = 15_000;
const RAW_STEP_MS = 10_000;
const statRow = z.object({ _time: z.string(), _value: z.number(), _field: z.string(), stat: z.string() });
const increaseRow = z.object({ _field: z.string(), _value: z.number().nullish() });
const peakRow = z.object({ _time: z.string(), _value: z.number() });
const countRow = z.object({ _value: z.number() });
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

export function openFluxHistory({ url, token, org, bucket }: InfluxSettings): HistoryStore {
  return new FluxHistory(new InfluxDB({ url, token, timeout: TIMEOUT_MS }).getQueryApi(org), bucket);
}

class FluxHistory implements HistoryStore {
  readonly #api: QueryApi;
  readonly #bucket: string;

  constructor(api: QueryApi, bucket: string) {
    this.#api = api;
    this.#bucket = bucket;
  }

  async series(query: SeriesQuery): Promise<HistorySeries> {
    const found = new Map<string, Map<number, { mean: number; min: number; max: number }>>();
    for (const field of query.fields) found.set(field, new Map());
    for (const row of await this.#rows(seriesFlux(this.#bucket, query), statRow)) {
      const atMs = Date.parse(row._time);
      const buckets = found.get(row._field);
      const bucket = buckets?.get(atMs) ?? { mean: Number.NaN, min: Number.NaN, max: Number.NaN };
      if (row.stat === 'mean' || row.stat === 'min' || row.stat === 'max') bucket[row.stat] = row._value;
      buckets?.set(atMs, bucket);
    }
    const inOrder = (buckets: ReadonlyMap<number, Omit<HistoryBucket, 'atMs'>>) =>
      [...buckets].map(([atMs, stats]) => ({ atMs, ...stats })).sort((a, b) => a.atMs - b.atMs);
    return new Map([...found].map(([field, buckets]) => [field, inOrder(buckets)]));
  }

  async increases(query: RangeQuery): Promise<ReadonlyMap<string, number | null>> {
    const found = new Map<string, number | null>(query.fields.map((field) => [field, null]));
    for (const row of await this.#rows(increasesFlux(this.#bucket, query), increaseRow)) {
      found.set(row._field, row._value ?? null);
    }
    return found;
  }

  async peak(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<Peak | null> {
    const [row] = await this.#rows(peakFlux(this.#bucket, query), peakRow);
    if (!row) return null;
    return { value: row._value, atMs: Math.floor(Date.parse(row._time) / 60_000) * 60_000 };
  }

  async coveredMinutes(query: Omit<RangeQuery, 'fields'> & { readonly field: string }): Promise<number> {
    const [row] = await this.#rows(coveredMinutesFlux(this.#bucket, query), countRow);
    return row?._value ?? 0;
  }

  async finestStepMs(): Promise<number> {
    return RAW_STEP_MS;
  }

  async extent(site: string): Promise<{ readonly firstMs: number; readonly lastMs: number } | null> {
    const rows = await this.#rows(extentFlux(this.#bucket, site), timeRow);
    if (rows.length === 0) return null;
    const times = rows.map((row) => Date.parse(row._time));
    return { firstMs: Math.min(...times), lastMs: Math.max(...times) };
  }

  async decisions(query: DecisionQuery): Promise<readonly StoredDecision[]> {
    const rows = await this.#rows(decisionsFlux(this.#bucket, query), decisionRow);
    return rows.map((row) => ({
      at: new Date(row._time).toISOString(),
      seq: row.seq,
      actuator: row.actuator,
      outcome: row.outcome,
      reason: readReason(row.reasonJson, row.code),
      homeMode: row.homeMode,
    }));
  }

  async close(): Promise<void> {}

  async #rows<T>(flux: string, schema: z.ZodType<T>): Promise<T[]> {
    try {
      return z.array(schema).parse(await this.#api.collectRows(flux));
    } catch (cause) {
      throw new ProblemError('history-unavailable', undefined, { cause });
    }
  }
}
