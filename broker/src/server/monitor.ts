/** What the broker tells of itself: log lines and numbers. Secrets and payloads never appear in either. */
import type { Role } from '../wire/topics.ts';
import type { LastRefusals } from './last-refusals.ts';
import { REFUSALS, type Refusal } from './refusals.ts';
import type { Session } from './session.ts';

/** The part of a pino logger that the broker uses. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** The same refusal is written to the log at most this often; the counters count every one. */
const LOG_EVERY_MS = 1_000;

/** Ends that the device has not brought about; there is nothing to set up otherwise. */
const HOUSEKEEPING: ReadonlySet<Refusal> = new Set(['credential-changed', 'taken-over']);

export class BrokerMonitor {
  readonly log: Log;
  readonly refusals = new Map<Refusal, number>();
  readonly denials = { publish: 0, subscribe: 0 };
  readonly publishedByRole = new Map<Role, { messages: number; bytes: number }>();
  readonly #loggedAtMs = new Map<string, number>();

  readonly #lastRefusals: LastRefusals | undefined;

  constructor(log: Log = SILENT, lastRefusals?: LastRefusals) {
    this.log = log;
    this.#lastRefusals = lastRefusals;
  }

  /** `id` is the identity of this broker that it is or claims to be; `sent` is what was wrong, as it came. */
  refused(
    why: Refusal,
    from: { readonly address: string; readonly id?: string; readonly sent?: string },
  ): void {
    this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
    const { address, id } = from;
    const sent = from.sent?.slice(0, 200);
    if (id !== undefined && !HOUSEKEEPING.has(why)) this.#lastRefusals?.note(id, { why, ...from });
    if (this.#mayLog(why)) {
      this.log.warn({ why, address, id, sent, remedy: REFUSALS[why] }, 'connection refused');
    }
  }

  /** An identity that is gone is not told of any more. */
  forget(id: string): void {
    this.#lastRefusals?.forget(id);
  }

  denied(what: 'publish' | 'subscribe', session: Session, topic: string): void {
    this.denials[what] += 1;
    const { address, credential } = session;
    // A refused publication ends the connection; a refused subscription is answered.
    if (what === 'publish' && credential) {
      this.#lastRefusals?.note(credential.id, { why: 'publish-denied', address, sent: topic });
    }
    if (!this.#mayLog(what)) return;
    this.log.warn({ what, id: credential?.id, topic: topic.slice(0, 200) }, 'denied');
  }

  published(role: Role | undefined, bytes: number): void {
    if (!role) return;
    const counts = this.publishedByRole.get(role);
    if (counts) {
      counts.messages += 1;
      counts.bytes += bytes;
    } else this.publishedByRole.set(role, { messages: 1, bytes });
  }

  ended(session: Session, problem: string): void {
    if (session.credential && !session.refusal && this.#mayLog('ended')) {
      this.log.info({ id: session.credential.id, problem: problem.slice(0, 200) }, 'connection ended');
    }
  }

  #mayLog(kind: string): boolean {
    const nowMs = performance.now();
    if (nowMs - (this.#loggedAtMs.get(kind) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return false;
    this.#loggedAtMs.set(kind, nowMs);
    return true;
  }
}
