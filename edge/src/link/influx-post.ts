/**
 * One write request to an InfluxDB v2 (or whatever speaks its write protocol), with the transport of its own client.
 * The client's retries are not used: its buffer lives in memory, drops after minutes, and reads `Retry-After` wrongly.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpError, InfluxDB, RequestTimedOutError } from '@influxdata/influxdb-client';
import type { Answer } from '../delivery/answers.ts';

export interface InfluxTarget {
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: string;
}

export interface PostLimits {
  /** Silence on the socket before the request is given up. */
  readonly silenceMs: number;
  /** The whole request. */
  readonly totalMs: number;
}

export const POST_LIMITS: PostLimits = { silenceMs: 10_000, totalMs: 30_000 };

export interface InfluxPost {
  /** Sends lines with times in milliseconds. Never rejects. */
  send(lines: readonly string[]): Promise<Answer>;
  /** Ends a request under way as if it had not been answered. */
  close(): void;
}

export function openInfluxPost(target: InfluxTarget, limits: PostLimits = POST_LIMITS): InfluxPost {
  const isTls = target.url.startsWith('https:');
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
  const { transport } = new InfluxDB({
    url: target.url,
    token: target.token,
    timeout: limits.silenceMs,
    transportOptions: { agent },
  });
  const query = new URLSearchParams({ org: target.org, bucket: target.bucket, precision: 'ms' });
  const path = `/api/v2/write?${query}`;
  const headers = { 'content-type': 'text/plain; charset=utf-8', accept: 'application/json' };

  const closing = new AbortController();

  const send = (lines: readonly string[]) =>
    new Promise<Answer>((resolve) => {
      let status = 0;
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(limits.totalMs)]);
      signal.addEventListener('abort', () => resolve({ kind: 'silent' }), { once: true });
      transport.send(
        path,
        lines.join('\n'),
        { method: 'POST', headers, gzipThreshold: 0, signal },
        {
          responseStarted: (_headers, code) => {
            status = code ?? 0;
          },
          next: () => {},
          complete: () => resolve({ kind: 'status', status, retryAfter: null, body: '' }),
          error: (error) => resolve(answerOf(error)),
        },
      );
    });
  const close = () => {
    closing.abort();
    agent.destroy();
  };
  return { send, close };
}

function answerOf(error: Error): Answer {
  if (error instanceof HttpError) {
    const retryAfter = error.headers?.['retry-after'];
    return {
      kind: 'status',
      status: error.statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
      body: error.body ?? '',
    };
  }
  if (error instanceof RequestTimedOutError || error.name === 'AbortError') return { kind: 'silent' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return { kind: 'unreachable', code };
}
