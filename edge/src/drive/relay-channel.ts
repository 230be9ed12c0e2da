/**
 * One relay channel as the box drives it: what is wanted, what was last sent, what the board says. No I/O.
 *
 * desired != reported: send; without an echo within 2 s send again, at the third time raise an alarm and go on
 * trying every 10 s. desired == reported but away from the safe state: renew the lease every 30 s, three
 * times a lease where it is shorter, spread by jitter. A refusal is an answer: the board lives and has its reasons; ask again in 5 s.
 * A person's button holds the channel: only a protective OFF is sent against it.
 */
import type { BoardAck, BoardState } from '@wattward/broker/wire/board';

export type ReportedChannel = BoardState['channels'][number];
export type Refusal = NonNullable<BoardAck['why']>;

export interface ChannelPlan {
  readonly channel: number;
  readonly safeOn: boolean;
  readonly leaseS: number;
}

export interface Desired {
  readonly on: boolean;
  /** Ordered by a protective rule: may break a minimum on-time, and a person's button. */
  readonly protective: boolean;
  /** Code of the reason, for the board's own log. */
  readonly reason: string;
}

export interface DriveTiming {
  readonly echoMs: number;
  /** So many commands without an echo are an alarm. */
  readonly echoTries: number;
  readonly renewMs: number;
  /** 0..1, for the jitter of renewals. */
  readonly random: () => number;
}

const RETRY_UNRESPONSIVE_MS = 10_000;
const RETRY_REFUSED_MS = 5_000;
const RENEW_JITTER = 0.2;
/** Two renewals may get lost before a lease ends, however short it is. */
const RENEWALS_A_LEASE = 3;
/** Decisions taken until a button press has certainly been part of their snapshot. */
const DECISIONS_AFTER_BUTTON = 2;

/** Milliseconds from one renewal of a lease to the next; `renewMs` at most. */
export function renewalMs(leaseS: number, renewMs: number): number {
  return Math.min(renewMs, (leaseS * 1000) / RENEWALS_A_LEASE);
}

export class RelayChannel {
  readonly plan: ChannelPlan;
  #desired: Desired | null = null;
  #reported: ReportedChannel | null = null;
  #refusal: Refusal | null = null;
  #unresponsive = false;
  #seq = -1;
  #tries = 0;
  #nextSendMonoMs = 0;
  #decisionsToHold = 0;

  constructor(plan: ChannelPlan) {
    this.plan = plan;
  }

  get desired(): Desired | null {
    return this.#desired;
  }

  /** The newest fresh report; null before the first. */
  get reported(): ReportedChannel | null {
    return this.#reported;
  }

  /** Why the board refused the last command; null when it took it. */
  get refusal(): Refusal | null {
    return this.#refusal;
  }

  /** All tries brought no echo. */
  get unresponsive(): boolean {
    return this.#unresponsive;
  }

  /** What is wanted now; called with every decision. */
  want(desired: Desired): void {
    const before = this.#desired;
    const same = before?.on === desired.on;
    this.#desired = same ? { ...desired, protective: desired.protective || before.protective } : desired;
    if (this.#decisionsToHold > 0) this.#decisionsToHold -= 1;
    if (same && before.protective === this.#desired.protective) return;
    this.#tries = 0;
    this.#nextSendMonoMs = 0;
    this.#refusal = null;
  }

  /** Nothing is wanted any more: nothing is sent, and the lease runs out. */
  abandon(): void {
    this.#desired = null;
  }

  /** A fresh report; true when a board that had not obeyed now does. */
  hear(reported: ReportedChannel): boolean {
    const before = this.#reported;
    this.#reported = reported;
    const changed = before?.on !== reported.on;
    if (changed && reported.cause === 'button') this.#decisionsToHold = DECISIONS_AFTER_BUTTON;
    const obeys = this.#desired?.on === reported.on;
    if (!obeys) {
      // It was as wanted and fell back by itself: ask at once.
      if (changed && before?.on === this.#desired?.on) this.#nextSendMonoMs = 0;
      return false;
    }
    const recovered = this.#unresponsive;
    this.#unresponsive = false;
    this.#refusal = null;
    this.#tries = 0;
    return recovered;
  }

  /** The answer to a command; ignored when it is not about this channel's last one. */
  acknowledge(ack: BoardAck, nowMonoMs: number): void {
    if (ack.seq !== this.#seq) return;
    this.#refusal = ack.result === 'refused' ? (ack.why ?? 'expired') : null;
    if (this.#refusal === null) return;
    this.#tries = 0;
    this.#nextSendMonoMs = nowMonoMs + RETRY_REFUSED_MS;
  }

  /** The connection or the board began anew: nothing said before counts. */
  forget(): void {
    this.#reported = null;
    this.#nextSendMonoMs = 0;
    this.#tries = 0;
  }

  /** Whether a command is due now. */
  due(nowMonoMs: number): boolean {
    const desired = this.#desired;
    const reported = this.#reported;
    if (!desired || !reported || nowMonoMs < this.#nextSendMonoMs) return false;
    if (this.#heldByButton(desired, reported)) return false;
    return reported.on !== desired.on || this.departs(desired.on);
  }

  /** Away from the safe state: needs a lease. */
  departs(on: boolean): boolean {
    return on !== this.plan.safeOn;
  }

  /** A command went out under `seq`. */
  sent(seq: number, nowMonoMs: number, timing: DriveTiming): void {
    this.#seq = seq;
    if (this.#reported?.on === this.#desired?.on) {
      const renewMs = renewalMs(this.plan.leaseS, timing.renewMs);
      this.#nextSendMonoMs = nowMonoMs + renewMs * (1 - RENEW_JITTER * timing.random());
      return;
    }
    this.#tries += 1;
    this.#nextSendMonoMs =
      nowMonoMs + (this.#tries > timing.echoTries ? RETRY_UNRESPONSIVE_MS : timing.echoMs);
  }

  /** True once, when the echo of the last try has not come in time. */
  gaveUp(nowMonoMs: number, { echoTries }: DriveTiming): boolean {
    const waits = this.#desired && this.#reported && this.#reported.on !== this.#desired.on;
    if (!waits || this.#unresponsive || this.#refusal) return false;
    if (this.#tries < echoTries || nowMonoMs < this.#nextSendMonoMs) return false;
    this.#unresponsive = true;
    return true;
  }

  #heldByButton(desired: Desired, reported: ReportedChannel): boolean {
    if (reported.cause !== 'button') return false;
    if (desired.protective && !desired.on) return false;
    return reported.leaseLeftS > 0 || this.#decisionsToHold > 0;
  }
}
