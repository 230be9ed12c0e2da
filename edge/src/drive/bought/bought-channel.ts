/**
 * What a bought board leaves unsaid about a relay, concluded from what was sent: why it moved, since when, and how
 * long its lease still runs. No I/O.
 */
import type { ReportedChannel } from '../relay-channel.ts';

/** An echo this long after the command still belongs to it. */
const ECHO_GRACE_MS = 5_000;

export class BoughtChannel {
  readonly #channel: number;
  readonly #leaseS: number;
  #sent: { readonly on: boolean; readonly atMonoMs: number } | null = null;
  #last: {
    readonly on: boolean;
    readonly sinceMonoMs: number;
    readonly cause: ReportedChannel['cause'];
  } | null = null;
  #switches = 0;
  /** The board's own measurement; null when it has none. */
  measuredW: number | null = null;

  constructor(channel: number, leaseS: number) {
    this.#channel = channel;
    this.#leaseS = leaseS;
  }

  sent(on: boolean, nowMonoMs: number): void {
    this.#sent = { on, atMonoMs: nowMonoMs };
  }

  /** The board was away: what it did meanwhile was nobody's button. */
  forget(): void {
    this.#last = null;
    this.#sent = null;
    this.measuredW = null;
  }

  report(on: boolean, nowMonoMs: number): ReportedChannel {
    if (this.#last?.on !== on) {
      if (this.#last) this.#switches += 1;
      this.#last = { on, sinceMonoMs: nowMonoMs, cause: this.#causeOf(on, nowMonoMs) };
    }
    const { sinceMonoMs, cause } = this.#last;
    const leaseFromMs = cause === 'button' ? sinceMonoMs : Math.max(sinceMonoMs, this.#sent?.atMonoMs ?? 0);
    return {
      channel: this.#channel,
      on,
      cause,
      sinceMs: Math.round(nowMonoMs - sinceMonoMs),
      leaseLeftS: on ? Math.max(0, this.#leaseS - (nowMonoMs - leaseFromMs) / 1000) : 0,
      switches: this.#switches,
    };
  }

  #causeOf(on: boolean, nowMonoMs: number): ReportedChannel['cause'] {
    const sent = this.#sent;
    if (!this.#last) return 'boot';
    if (sent?.on === on && nowMonoMs - sent.atMonoMs <= this.#leaseS * 1000 + ECHO_GRACE_MS) return 'command';
    const ranOut = sent?.on && nowMonoMs - sent.atMonoMs >= this.#leaseS * 1000 - ECHO_GRACE_MS;
    return !on && ranOut ? 'lease-end' : 'button';
  }
}
