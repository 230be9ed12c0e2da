/** What the broker tells of itself: log lines and numbers. Secrets and payloads never appear in either. */
import type { Role } from '../wire/topics.ts';
import type { Refusal, Session } from './session.ts';

/** The part of a pino logger that the broker uses. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** The same refusal is written to the log at most this often; the counters count every one. */
const LOG_EVERY_MS = 1_000;

export class BrokerMonitor {
  readonly log: Log;
  readonly refusals = new Map<Refusal, number>();
  readonly denials = { publish: 0, subscribe: 0 };
  readonly publishedByRole = new Map<Role, { messages: number; bytes: number }>();
  readonly #loggedAtMs = new Map<string, number>();

  constructor(log: Log = SILENT) {
    this.log = log;
  }

  refused(why: Refusal, session: Session): void {
    this.refusedAddress(why, session.address, session.credential?.id);
  }

  refusedAddress(why: Refusal, address: string, id?: string): void {
    this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
    if (this.#mayLog(why)) this.log.warn({ why, address, id }, 'connection refused');
  }

  denied(what: 'publish' | 'subscribe', session: Session, topic: string): void {
    this.denials[what] += 1;
    if (!this.#mayLog(what)) return;
    this.log.warn({ what, id: session.credential?.id, topic: topic.slice(0, 200) }, 'denied');
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
