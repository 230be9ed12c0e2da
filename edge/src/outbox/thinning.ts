/**
 * Fewer points when the outbox is full: per series and bucket, gauges become their mean, everything else keeps
 * its last value. The point keeps the time of the bucket's last sample, so that an energy counter stays exactly
 * what the meter showed at that time and totals over any longer span do not change.
 */
import { splitLine } from './line.ts';

/** Fields that are a momentary value: the unit at the end of the name says so. Any other keeps its last value. */
const GAUGE = /(?:W|Va|Var|A|V|Hz|Pct|C|PerKwh)$/;
/** A forecast is a statement made at one time; the mean of two was never made. */
const KEEPS_LAST = /^(?:forecast|decision)[, ]/;

export const STEPS_MS = [60_000, 900_000] as const;

interface Bucket {
  series: string;
  timeMs: number;
  readonly fields: Map<string, { sum: number; count: number; last: string }>;
}

/** The lines (with wall times) thinned to buckets of `stepMs`, in the order of their first appearance. */
export function thinLines(lines: readonly string[], stepMs: number): string[] {
  const buckets = new Map<string, Bucket>();
  for (const text of lines) {
    const line = splitLine(text);
    if (!line) continue;
    const key = `${Math.floor(line.timeMs / stepMs)} ${line.series}`;
    let bucket = buckets.get(key);
    if (!bucket) {
      bucket = { series: line.series, timeMs: line.timeMs, fields: new Map() };
      buckets.set(key, bucket);
    }
    const newer = line.timeMs >= bucket.timeMs;
    if (newer) bucket.timeMs = line.timeMs;
    for (const [name, value] of line.fields) addSample(bucket, name, value, newer);
  }
  return [...buckets.values()].map(toLine);
}

function addSample(bucket: Bucket, name: string, value: string, newer: boolean): void {
  const number = Number(value);
  const field = bucket.fields.get(name);
  if (!field) {
    bucket.fields.set(name, { sum: number, count: 1, last: value });
    return;
  }
  field.sum += number;
  field.count++;
  if (newer) field.last = value;
}

function toLine(bucket: Bucket): string {
  const keepsLast = KEEPS_LAST.test(`${bucket.series} `);
  const fields: string[] = [];
  for (const [name, { sum, count, last }] of bucket.fields) {
    const isMean = !keepsLast && count > 1 && GAUGE.test(name) && Number.isFinite(sum);
    fields.push(`${name}=${isMean ? String(Math.round((sum / count) * 1000) / 1000) : last}`);
  }
  return `${bucket.series} ${fields.join(',')} ${bucket.timeMs}`;
}
