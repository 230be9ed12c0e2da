/** Any range of a site's history as charts show it. */
import type { Bucket, HistoryRange, Series } from '../../contract/api.ts';
import { stepFor } from './resolution.ts';
import type { HistorySeries, HistoryStore } from './store.ts';

export interface RangeInput {
  readonly site: string;
  readonly fields: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Buckets begin at whole steps since 1970, or at `fromMs` where that is finer; the range grows to whole buckets. */
export async function historyRange(store: HistoryStore, input: RangeInput): Promise<HistoryRange> {
  const finestMs = await store.finestStepMs(input.site, input.fromMs);
  const stepMs = stepFor(input.toMs - input.fromMs, finestMs);
  const alignMs = Math.min(stepMs, 3_600_000);
  const fromMs = Math.floor(input.fromMs / alignMs) * alignMs;
  const toMs = Math.ceil(input.toMs / alignMs) * alignMs;
  const found = await store.series({ ...input, fromMs, toMs, stepMs });
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    stepS: stepMs / 1000,
    series: filled(input.fields, found, { fromMs, toMs, stepMs }),
  };
}

/** A bucket for every step of the range: where nothing was measured, null. A series without any data has none. */
export function filled(
  fields: readonly string[],
  found: HistorySeries,
  { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): Series[] {
  const times: string[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += stepMs) times.push(new Date(atMs).toISOString());
  return fields.map((field) => {
    const measured = found.get(field) ?? [];
    if (measured.length === 0) return { field, buckets: [] };
    const buckets: Bucket[] = times.map((at) => ({ at, mean: null, min: null, max: null }));
    for (const { atMs, mean, min, max } of measured) {
      const n = (atMs - fromMs) / stepMs;
      buckets[n] = { at: times[n] ?? '', mean, min, max };
    }
    return { field, buckets };
  });
}
