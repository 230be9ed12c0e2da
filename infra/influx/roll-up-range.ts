/** Makes roll-ups of a range by hand, a day at a time, so that a long range fits into memory. */
import { rollUpOnce } from '@wattward/portal/history/tasks';
import type { Place } from './provision.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The range grows to whole hours: no bucket is made from a part of its values. @returns days done. */
export async function rollUpRange(
  { influx, org, bucket }: Place,
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<number> {
  const api = influx.getQueryApi(org);
  const endMs = Math.ceil(range.toMs / HOUR_MS) * HOUR_MS;
  let days = 0;
  for (let fromMs = Math.floor(range.fromMs / HOUR_MS) * HOUR_MS; fromMs < endMs; fromMs += DAY_MS) {
    for (const flux of rollUpOnce({ bucket, org }, { fromMs, toMs: Math.min(endMs, fromMs + DAY_MS) })) {
      await api.collectRows(flux);
    }
    days += 1;
  }
  return days;
}
