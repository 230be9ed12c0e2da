/** Makes roll-ups of a range by hand, a day at a time and the oldest first, so that a long range fits into memory. */
import { RAW_SAFE_MS } from '@wattward/portal/history/levels';
import { rollUpOnce } from '@wattward/portal/history/tasks';
import type { Place } from './provision.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The range grows to whole hours, and does not begin where raw values are going already: no roll-up is made from a
 * part of its values, nor written over a better one.
 * @returns days done, and where they began.
 */
export async function rollUpRange(
  { influx, org, bucket }: Place,
  range: { readonly fromMs: number; readonly toMs: number },
  nowMs = Date.now(),
): Promise<{ readonly days: number; readonly fromMs: number }> {
  const api = influx.getQueryApi(org);
  const endMs = Math.ceil(range.toMs / HOUR_MS) * HOUR_MS;
  const beginMs = Math.floor(Math.max(range.fromMs, nowMs - RAW_SAFE_MS) / HOUR_MS) * HOUR_MS;
  let days = 0;
  for (let fromMs = beginMs; fromMs < endMs; fromMs += DAY_MS) {
    for (const flux of rollUpOnce({ bucket, org }, { fromMs, toMs: Math.min(endMs, fromMs + DAY_MS) })) {
      await api.collectRows(flux);
    }
    days += 1;
  }
  return { days, fromMs: beginMs };
}
