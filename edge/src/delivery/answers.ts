/**
 * What an answer of the history server means for the batch that was sent.
 * Source: InfluxDB v2 write API; measured behaviour of servers and proxies in front of them. `Retry-After` is in
 * seconds. Only 204 says that the points are stored: a captive portal answers 200 with a page.
 */

export type Answer =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfter: string | null;
      readonly body: string;
    }
  /** No (complete) answer within the time-out. The server may have stored the points. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'unreachable'; readonly code: string };

/**
 * - `delivered`: stored, the batch may leave the outbox
 * - `bad-line`: at least one line is not acceptable; find it and keep the others going
 * - `too-large`: send less at once
 * - `refused`: nothing we send will be taken until a person mends something; keep everything, raise an alarm
 * - `busy`: try again later, with the wait the server asked for or a growing one
 */
export type Verdict = 'delivered' | 'bad-line' | 'too-large' | 'refused' | 'busy';

const VERDICTS: Readonly<Record<number, Verdict>> = {
  204: 'delivered',
  400: 'bad-line',
  401: 'refused',
  403: 'refused',
  404: 'refused',
  408: 'busy',
  413: 'too-large',
  422: 'bad-line',
  425: 'busy',
  429: 'busy',
};

export function verdictOf(answer: Answer): Verdict {
  if (answer.kind !== 'status') return 'busy';
  return VERDICTS[answer.status] ?? (answer.status >= 500 && answer.status < 600 ? 'busy' : 'refused');
}

/** Longest wait a server may ask for. */
export const MAX_RETRY_AFTER_MS = 600_000;

/** The wait asked for by `Retry-After` (whole seconds), at most ten minutes; null when it does not say. */
export function retryAfterMs(answer: Answer): number | null {
  if (answer.kind !== 'status' || answer.retryAfter === null) return null;
  if (!/^\s*\d{1,9}\s*$/.test(answer.retryAfter)) return null;
  return Math.min(Number(answer.retryAfter) * 1000, MAX_RETRY_AFTER_MS);
}

/** Points the server has not kept because they are older than its bucket keeps any; the others it has stored. */
export interface BeyondRetention {
  readonly points: number;
  /** Everything before this instant is refused alike; null when the answer does not say. */
  readonly boundMs: number | null;
}

/** InfluxDB 2.7 and newer, and before. Whatever follows may hold names of the points: only the beginning is read. */
const BEYOND_RETENTION =
  /partial write: (?:dropped (\d+) points outside retention policy|points beyond retention policy dropped=(\d+))/;
const RETENTION_BOUND = /violates a Retention Policy Lower Bound at (\d{4}-\d\d-\d\dT[\d:.]+Z)/;

/** Null when the answer is about something else. */
export function beyondRetention(answer: Answer): BeyondRetention | null {
  if (answer.kind !== 'status') return null;
  const found = BEYOND_RETENTION.exec(answer.body);
  const points = Number(found?.[1] ?? found?.[2] ?? 0);
  if (points === 0) return null;
  const boundMs = Date.parse(RETENTION_BOUND.exec(answer.body)?.[1] ?? '');
  return { points, boundMs: Number.isFinite(boundMs) ? boundMs : null };
}
