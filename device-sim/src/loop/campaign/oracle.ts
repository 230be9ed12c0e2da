/**
 * What must hold, written from the outside: it looks at contacts, at the messages that reached the board, at true
 * powers and at what the box decided, and shares no code with what it judges. Each invariant has the number it bears
 * in the reliability requirements.
 *
 * The oracle knows the truth (which readings were whole, what really flows), so it can say what was permitted.
 */
import { ControlOracle } from './control-oracle.ts';
import type { Check } from './known.ts';
import type { ChannelRules, CommandSeen, Moment, MovedLimits, SiteLimits } from './moment.ts';

export interface Violation {
  readonly invariant: string;
  readonly atMs: number;
  readonly what: string;
}

interface ChannelBook {
  on: boolean;
  movedAtMs: number;
  awayUntilMs: number;
  movesMs: number[];
  protectedAtMs: number;
  /** A lease was over when the next command came. */
  lapsedAtMs: number;
}

const SECOND_MS = 1_000;

export class Oracle {
  readonly violations: Violation[] = [];
  readonly #checked = new Map<string, { times: number }>();
  readonly #rules: readonly ChannelRules[];
  readonly #books = new Map<number, ChannelBook>();
  #boot = '';
  #bootAtMs = 0;
  #lastSeq = 0;
  #boxDownSinceMs: number | null = null;
  readonly #control: ControlOracle;
  /** A board's clock is looked at once a cycle. */
  readonly #slackMs: number;

  constructor(rules: readonly ChannelRules[], limits: SiteLimits, startMs: number) {
    this.#rules = rules;
    this.#slackMs = Math.max(SECOND_MS, limits.cycleMs);
    this.#control = new ControlOracle(limits, startMs, this.check);
  }

  /** For oracles of other parts: what they look at is counted here as well. */
  readonly check: Check = (invariant, atMs, holds, what) => this.#check(invariant, atMs, holds, what);

  /** A command is about to reach the board. Returns whether it may move anything (I6). */
  beforeCommand(
    command: CommandSeen,
    board: { id: string; boot: string; uptimeMs: number },
    nowMs: number,
  ): boolean {
    const valid =
      command.board === board.id &&
      command.boot === board.boot &&
      command.seq > this.#lastSeq &&
      board.uptimeMs <= command.expUptimeMs;
    if (!valid) return false;
    this.#lastSeq = command.seq;
    const rules = this.#rules.find(({ channel }) => channel === command.channel);
    const book = this.#books.get(command.channel);
    if (!rules || !book) return true;
    if (nowMs >= book.awayUntilMs) book.lapsedAtMs = nowMs;
    if (command.on !== rules.safeOn)
      book.awayUntilMs = Math.max(book.awayUntilMs, nowMs + command.leaseS * SECOND_MS);
    if (command.protective) book.protectedAtMs = nowMs;
    return true;
  }

  /** And after it: nothing may have moved when it was void. */
  afterCommand(valid: boolean, moved: boolean, nowMs: number): void {
    this.#check('I6', nowMs, valid || !moved, () => 'a void command moved a relay or its lease');
  }

  button(channel: number, nowMs: number): void {
    const book = this.#books.get(channel);
    if (book) {
      book.awayUntilMs = Math.max(book.awayUntilMs, nowMs + 3_600_000);
      book.protectedAtMs = nowMs;
    }
  }

  /** Set-points that truly hold: what they move counts from here on. */
  follow(moved: MovedLimits): void {
    this.#control.follow(moved);
  }

  look(moment: Moment): void {
    this.#lookAtBoot(moment);
    for (const rules of this.#rules) this.#lookAtChannel(rules, moment);
    this.#lookAtInterlocks(moment);
    this.#lookAtBox(moment);
    this.#control.look(moment);
  }

  #lookAtBoot({ boot, nowMs, uptimeMs }: Moment): void {
    if (boot === this.#boot) return;
    this.#boot = boot;
    this.#bootAtMs = nowMs - uptimeMs;
    this.#lastSeq = 0;
    for (const { channel, safeOn } of this.#rules) {
      this.#books.set(channel, {
        on: safeOn,
        movedAtMs: this.#bootAtMs,
        awayUntilMs: 0,
        movesMs: this.#books.get(channel)?.movesMs ?? [],
        protectedAtMs: 0,
        lapsedAtMs: 0,
      });
    }
  }

  #lookAtChannel(rules: ChannelRules, moment: Moment): void {
    this.#lookAtContact(rules, moment);
    const book = this.#books.get(rules.channel);
    // At home there is no lease: what a command or a button once gave is over.
    if (book && moment.contacts[rules.channel - 1] === rules.safeOn) book.awayUntilMs = 0;
  }

  #lookAtContact(rules: ChannelRules, { nowMs, contacts }: Moment): void {
    const book = this.#books.get(rules.channel);
    const on = contacts[rules.channel - 1];
    if (!book || on === undefined) return;
    const away = on !== rules.safeOn;
    this.#check(
      'I1',
      nowMs,
      !away || nowMs <= book.awayUntilMs + this.#slackMs,
      () => `channel ${rules.channel} outlived its lease`,
    );
    this.#check(
      'I2',
      nowMs,
      !away || nowMs - this.#bootAtMs >= 10_000,
      () => `channel ${rules.channel} left its safe state after a boot`,
    );
    if (on === book.on) return;
    const stoodMs = nowMs - book.movedAtMs;
    if (on)
      this.#check(
        'I3',
        nowMs,
        stoodMs >= rules.minOffMs,
        () => `channel ${rules.channel} off for ${stoodMs} ms only`,
      );
    else {
      const protectedNow = nowMs - book.protectedAtMs <= this.#slackMs;
      const lapsed = nowMs >= book.awayUntilMs || nowMs - book.lapsedAtMs <= this.#slackMs;
      const excused = protectedNow || lapsed;
      this.#check(
        'I3',
        nowMs,
        excused || stoodMs >= rules.minOnMs,
        () => `channel ${rules.channel} on for ${stoodMs} ms only`,
      );
    }
    book.on = on;
    book.movedAtMs = nowMs;
    book.movesMs = book.movesMs.filter((atMs) => nowMs - atMs < 86_400_000);
    book.movesMs.push(nowMs);
    if (!away || nowMs - book.protectedAtMs <= this.#slackMs) return;
    const within = (ms: number) => book.movesMs.filter((atMs) => nowMs - atMs < ms).length;
    this.#check(
      'I4',
      nowMs,
      within(3_600_000) <= rules.perHour,
      () => `channel ${rules.channel} beyond its hourly budget`,
    );
    this.#check(
      'I4',
      nowMs,
      within(86_400_000) <= rules.perDay,
      () => `channel ${rules.channel} beyond its daily budget`,
    );
  }

  #lookAtInterlocks({ nowMs, contacts }: Moment): void {
    const seen = new Set<number>();
    for (const { channel, interlock } of this.#rules) {
      if (interlock === 0 || !contacts[channel - 1]) continue;
      this.#check('I5', nowMs, !seen.has(interlock), () => `two of interlock ${interlock} on together`);
      seen.add(interlock);
    }
  }

  /** Without the box the home comes to rest by itself. */
  #lookAtBox(moment: Moment): void {
    const { nowMs, boxRuns, contacts } = moment;
    if (boxRuns) {
      this.#boxDownSinceMs = null;
      return;
    }
    this.#boxDownSinceMs ??= nowMs;
    if (nowMs - this.#boxDownSinceMs <= 91_000 + this.#slackMs) return;
    for (const { channel, safeOn } of this.#rules) {
      const byHand = nowMs <= (this.#books.get(channel)?.awayUntilMs ?? 0);
      this.#check(
        'I15',
        nowMs,
        byHand || contacts[channel - 1] === safeOn,
        () => `channel ${channel} without a box`,
      );
    }
    this.#check('I15', nowMs, !moment.batteryOrdered, () => 'the battery still obeys a box that is gone');
  }

  /** How often each invariant was looked at. */
  get checked(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#checked].map(([invariant, { times }]) => [invariant, times]));
  }

  fail(invariant: string, atMs: number, what: string): void {
    this.#check(invariant, atMs, false, () => what);
  }

  pass(invariant: string): void {
    const counter = this.#checked.get(invariant);
    if (counter) counter.times += 1;
    else this.#checked.set(invariant, { times: 1 });
  }

  #check(invariant: string, atMs: number, holds: boolean, what: () => string): void {
    this.pass(invariant);
    if (!holds && this.violations.length < 20) this.violations.push({ invariant, atMs, what: what() });
  }
}
