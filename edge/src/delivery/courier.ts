/**
 * The courier: decides what is sent, and what an answer means for it. One request is under way at a time.
 *
 * Intuition: a postman with a few bags. The most urgent bag goes first; a bag with a bad letter is split until the
 * letter is found and put aside; a bag the office cannot take now waits while another is tried, so that one poisoned
 * bag never holds up the street. Between two requests it looks whether something more urgent has come in.
 * Times are monotonic real milliseconds; chance is an argument (full jitter, so that a fleet does not stampede).
 */

import { LANES, type Lane, type Picked, type Wish } from '../outbox/lanes.ts';
import type { Outcome } from '../outbox/outbox.ts';
import { type Answer, type BeyondRetention, beyondRetention, retryAfterMs, verdictOf } from './answers.ts';
import { backOffMs } from './back-off.ts';
import { answerText, type Bag, dropOldest, openBag, outcomeOf, sizeOf, splitPart } from './bag.ts';

export const MAX_LINES = 5000;
const MIN_LINES = 100;
/** New data waits all the time: however long an outage was, a minute after its end the present is seen again. */
const MAX_WAIT_MS = 60_000;
const BACK_OFF = { firstMs: 1000, longestMs: MAX_WAIT_MS, steady: 0, leastMs: 200 };
/** An outage longer than this is followed by a random wait before the backlog is sent. */
const LONG_OUTAGE_MS = 600_000;
const MAX_STAGGER_MS = 300_000;
/** Answers slower than this mean less at once, faster than the other more. */
const SLOW_MS = 5000;
const QUICK_MS = 1000;
/** Failures in a row after which a batch waits by itself and others are tried. */
const FAILS_BEFORE_ASIDE = 3;
/** Failures of a single line, each after something else had got through, after which the line counts as bad. */
const SUSPICIONS_BEFORE_QUARANTINE = 3;
const MAX_ASIDE = 4;

export type Step =
  | { readonly do: 'fetch'; readonly wish: Wish }
  | { readonly do: 'send'; readonly lines: readonly string[]; readonly lane: Lane }
  | { readonly do: 'settle'; readonly id: string; readonly outcome: Outcome }
  /** Nothing to do before `untilMs` (null: until something new is committed). */
  | { readonly do: 'wait'; readonly untilMs: number | null };

/** Why nothing gets through at present. */
export interface Trouble {
  readonly kind: 'refused' | 'busy' | 'silent' | 'unreachable';
  readonly status: number | null;
  readonly answer: string;
}

export interface CourierOptions {
  /** In [0, 1). */
  readonly random: () => number;
  /** A backlog from before this start goes out after a random wait, too. */
  readonly staggerStart?: boolean;
}

export class Courier {
  readonly #random: () => number;
  readonly #bags: Bag[] = [];
  #sending: Bag | null = null;
  #hasLooked = false;
  #lookAtMs: number | null = null;
  #lineLimit = MAX_LINES;
  #attempt = 0;
  #waitUntilMs = Number.NEGATIVE_INFINITY;
  #backfillFromMs: number | null;
  #outageSinceMs: number | null = null;
  #deliveries = 0;
  /** The server has taken what is new: its clock is not far ahead of ours. */
  #takesLive = false;
  /** The server keeps nothing from before, as it has said itself. */
  #keptFromMs = Number.NEGATIVE_INFINITY;
  #trouble: Trouble | null = null;

  constructor({ random, staggerStart = false }: CourierOptions) {
    this.#random = random;
    this.#backfillFromMs = staggerStart ? null : Number.NEGATIVE_INFINITY;
  }

  get trouble(): Trouble | null {
    return this.#trouble;
  }

  /** Most lines of one request at present. */
  get lineLimit(): number {
    return this.#lineLimit;
  }

  /** Something new was committed: worth a look even while waiting for it. */
  wake(): void {
    this.#hasLooked = false;
    this.#lookAtMs = null;
  }

  next(nowMs: number): Step {
    this.#backfillFromMs ??= nowMs + this.#random() * MAX_STAGGER_MS;
    const done = this.#bags.findIndex((bag) => bag.parts.length === 0);
    if (done >= 0) {
      const bag = this.#bags.splice(done, 1)[0] as Bag;
      return { do: 'settle', id: bag.batch.id, outcome: outcomeOf(bag) };
    }
    if (nowMs < this.#waitUntilMs) return { do: 'wait', untilMs: this.#waitUntilMs };
    if (this.#lookAtMs !== null && nowMs >= this.#lookAtMs) this.wake();
    const bag = this.#mostUrgent(nowMs);
    if (!this.#hasLooked && this.#bags.length <= MAX_ASIDE) {
      this.#hasLooked = true;
      const lanes = this.#lanesAbove(bag?.batch.lane, nowMs);
      const skip = this.#bags.map(({ batch }) => batch.id);
      if (lanes.length > 0) return { do: 'fetch', wish: { maxLines: this.#lineLimit, lanes, skip } };
    }
    if (!bag) {
      this.#lookAtMs = this.#nextTimeMs(nowMs);
      return { do: 'wait', untilMs: this.#lookAtMs };
    }
    this.#sending = bag;
    const [from, to] = bag.parts.at(-1) as [number, number];
    return { do: 'send', lines: bag.batch.lines.slice(from, to), lane: bag.batch.lane };
  }

  fetched(batch: Picked | null): void {
    if (!batch) return;
    this.#bags.push(openBag(batch, this.#keptFromMs));
  }

  /** What the server said to the last `send`, `tookMs` after it. */
  answered(answer: Answer, nowMs: number, tookMs: number): void {
    const bag = this.#sending;
    if (!bag) throw new RangeError('an answer without a request');
    this.#sending = null;
    this.#hasLooked = false;
    const verdict = verdictOf(answer);
    if (verdict !== 'busy' && verdict !== 'refused') this.#gotThrough(nowMs);
    switch (verdict) {
      case 'delivered':
        this.#delivered(bag, tookMs);
        return;
      case 'bad-line': {
        const expired = beyondRetention(answer);
        if (expired) this.#dropExpired(bag, expired, answer, nowMs);
        else splitPart(bag, answer);
        return;
      }
      case 'too-large':
        this.#lineLimit = Math.max(1, Math.floor(sizeOf(bag) / 2));
        splitPart(bag, answer);
        return;
      case 'refused':
        this.#refused(answer, nowMs);
        return;
      case 'busy':
        this.#busy(bag, answer, nowMs);
        return;
    }
  }

  #delivered(bag: Bag, tookMs: number): void {
    const part = bag.parts.pop();
    if (part) bag.delivered += part[1] - part[0];
    bag.fails = Math.min(bag.fails, FAILS_BEFORE_ASIDE);
    this.#deliveries++;
    if (bag.batch.lane === 'live') this.#takesLive = true;
    if (tookMs > SLOW_MS) this.#lineLimit = Math.max(MIN_LINES, Math.floor(this.#lineLimit / 2));
    else if (tookMs < QUICK_MS) this.#lineLimit = Math.min(MAX_LINES, this.#lineLimit + 500);
  }

  /** The server takes things again. */
  #gotThrough(nowMs: number): void {
    this.#trouble = null;
    this.#attempt = 0;
    // What waits because of the server need not wait any more; what is suspected itself still does.
    for (const bag of this.#bags) if (bag.suspicions === 0) bag.notBeforeMs = Number.NEGATIVE_INFINITY;
    if (this.#outageSinceMs !== null && nowMs - this.#outageSinceMs > LONG_OUTAGE_MS) {
      this.#backfillFromMs = nowMs + this.#random() * MAX_STAGGER_MS;
    }
    this.#outageSinceMs = null;
  }

  /**
   * The server has dropped the oldest of what was sent and stored the rest. Asked again, it would say the same of each
   * of them. Where it says so of what was measured just now, its clock is wrong: then nothing is given up.
   */
  #dropExpired(bag: Bag, { points, boundMs }: BeyondRetention, answer: Answer, nowMs: number): void {
    if (bag.batch.lane === 'live') {
      this.#takesLive = false;
      this.#refused(answer, nowMs);
      return;
    }
    if (!this.#takesLive) {
      bag.notBeforeMs = nowMs + MAX_WAIT_MS;
      return;
    }
    const newestMs = dropOldest(bag, points);
    this.#keptFromMs = Math.max(this.#keptFromMs, boundMs ?? 0, newestMs + 1);
  }

  #refused(answer: Answer, nowMs: number): void {
    this.#failed(answer, 'refused', nowMs);
    this.#waitUntilMs = nowMs + MAX_WAIT_MS * (0.8 + 0.2 * this.#random());
  }

  #busy(bag: Bag, answer: Answer, nowMs: number): void {
    this.#failed(answer, answer.kind === 'status' ? 'busy' : answer.kind, nowMs);
    this.#attempt++;
    if (bag.fails > 0 && this.#deliveries > bag.deliveriesAtFail) bag.suspicions++;
    bag.deliveriesAtFail = this.#deliveries;
    bag.fails++;
    this.#waitUntilMs = nowMs + (retryAfterMs(answer) ?? this.#backOffMs(this.#attempt));
    if (bag.fails < FAILS_BEFORE_ASIDE) return;
    bag.notBeforeMs = this.#waitUntilMs + this.#backOffMs(bag.fails);
    if (bag.suspicions === 0) return;
    if (sizeOf(bag) > 1 || bag.suspicions >= SUSPICIONS_BEFORE_QUARANTINE) {
      splitPart(bag, answer);
      bag.suspicions = 0;
    }
    // Its other parts go first: if they get through, it is not the server.
    const [failed] = bag.parts.splice(-1);
    if (failed) bag.parts.unshift(failed);
  }

  #failed(answer: Answer, kind: Trouble['kind'], nowMs: number): void {
    this.#outageSinceMs ??= nowMs;
    this.#trouble = {
      kind,
      status: answer.kind === 'status' ? answer.status : null,
      answer: answerText(answer),
    };
  }

  #backOffMs(attempt: number): number {
    return backOffMs(attempt - 1, BACK_OFF, this.#random());
  }

  #mostUrgent(nowMs: number): Bag | undefined {
    return this.#bags
      .filter((bag) => bag.notBeforeMs <= nowMs && this.#mayGo(bag.batch.lane, nowMs))
      .sort((a, b) => LANES.indexOf(a.batch.lane) - LANES.indexOf(b.batch.lane))[0];
  }

  #mayGo(lane: Lane, nowMs: number): boolean {
    return lane !== 'backfill' || nowMs >= (this.#backfillFromMs ?? 0);
  }

  #lanesAbove(lane: Lane | undefined, nowMs: number): Lane[] {
    const rank = lane === undefined ? LANES.length : LANES.indexOf(lane);
    return LANES.filter((other, index) => index < rank && this.#mayGo(other, nowMs));
  }

  #nextTimeMs(nowMs: number): number | null {
    const times = [...this.#bags.map((bag) => bag.notBeforeMs), this.#backfillFromMs ?? 0];
    const later = times.filter((timeMs) => timeMs > nowMs);
    return later.length > 0 ? Math.min(...later) : null;
  }
}
