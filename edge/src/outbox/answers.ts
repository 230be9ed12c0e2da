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
