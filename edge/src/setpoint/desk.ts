/**
 * The desk where set-points arrive: verified, written down, and only then acted upon and answered. Answers that the
 * portal has not taken yet are kept and written down too, so that an end during an outage is told afterwards.
 * Disk and link are ports; nothing here knows a clock: every call brings the time of its cycle.
 */
import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import {
  advanceBook,
  type Book,
  type BookNow,
  EMPTY_BOOK,
  type Held,
  type Transition,
  takeSetpoint,
  trimBook,
  usedUp,
} from './book.ts';
import { type DueAck, readSaved, restoreBook, type SavedDesk, saveBook } from './saved-book.ts';
import {
  type Door,
  type KeyScope,
  type SetpointVerdict,
  type VerifyContext,
  type VerifyPorts,
  verifySetpoint,
} from './verify.ts';

export interface DeskPorts extends VerifyPorts {
  /** Durable when it resolves true; false when the disk did not take it. */
  readonly save: (json: string) => Promise<boolean>;
  /** Back to where the set-point came in. Resolves true when the broker has it. */
  readonly answer: (ack: SetpointAck, door: Door) => Promise<boolean>;
}

export interface DeskOptions {
  readonly ports: DeskPorts;
  readonly siteId: string;
  readonly challenge: string;
  readonly keys: readonly KeyScope[];
  /** What the installer allows from afar, as it is when a set-point arrives. */
  readonly allowance: () => VerifyContext['allowance'];
}

/** Answers kept for one door while the broker is away; the oldest go first. */
const MAX_ACKS = 200;
const DOORS: readonly Door[] = ['portal', 'operator'];

export class SetpointDesk {
  readonly #options: DeskOptions;
  #book: Book = EMPTY_BOOK;
  #acks: readonly DueAck[] = [];
  #turn: Promise<void> = Promise.resolve();
  #isSending = false;
  #isTimeKnown = false;
  #isAdvancing = false;
  #monoMs = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Takes up what `save` was given before the restart; null when there was nothing. */
  restore(json: string | null, now: BookNow): void {
    this.#isTimeKnown = now.wallMs !== null;
    this.#monoMs = now.monoMs;
    if (json === null) return;
    const saved = readSaved(
      json,
      this.#options.keys.map(({ id }) => id),
    );
    this.#book = restoreBook(saved.book, now);
    this.#acks = saved.acks;
  }

  /** By key: for the description of the site. Another object when one of them has risen. */
  get lastSeqs(): Book['lastSeqs'] {
    return this.#book.lastSeqs;
  }

  /** Set-points that hold now, at most one for each thing they move. An end takes effect at once, whatever the disk does. */
  get inForce(): readonly Held[] {
    return this.#book.held.filter((held) => held.isActive && held.endsMonoMs > this.#monoMs);
  }

  /** A message came in. Resolves when it is decided; acts only after it is written down. */
  receive(text: string, door: Door, now: BookNow): Promise<void> {
    return this.#inTurn(async () => {
      const { ports, siteId, challenge, keys, allowance } = this.#options;
      const { lastSeqs } = this.#book;
      const { wallMs } = now;
      const context = { siteId, challenge, door, keys, lastSeqs, wallMs, allowance: allowance() };
      const verdict = verifySetpoint(text, ports, context);
      if (!verdict.ok) return this.#refuse(verdict, door, now);
      if (wallMs === null) return;
      const { book, transitions } = takeSetpoint(this.#book, verdict.message, door, { ...now, wallMs });
      const acks = this.#withAcks(transitions, now);
      // Not on the disk: not taken, not answered. The portal sends it again.
      if (!(await ports.save(this.#json(book, acks, now)))) return;
      this.#book = book;
      this.#acks = acks;
      await this.flush();
    });
  }

  /** Every cycle: starts and ends what is due. */
  tick(now: BookNow): void {
    this.#monoMs = now.monoMs;
    if (this.#isAdvancing) return;
    const learnsTime = !this.#isTimeKnown && now.wallMs !== null;
    if (!learnsTime && advanceBook(this.#book, now).transitions.length === 0) return;
    this.#isAdvancing = true;
    void this.#inTurn(async () => {
      this.#isAdvancing = false;
      const known = learnsTime ? trimBook(this.#book, now) : this.#book;
      this.#isTimeKnown ||= learnsTime;
      const { book, transitions } = advanceBook(known, now);
      this.#book = book;
      if (transitions.length === 0) return;
      this.#acks = this.#withAcks(transitions, now);
      await this.#options.ports.save(this.#json(this.#book, this.#acks, now));
      await this.flush();
    });
  }

  /** Written every few minutes, so that the time left is right after a restart without a clock. */
  checkpoint(now: BookNow): Promise<boolean> {
    return this.#options.ports.save(this.#json(this.#book, this.#acks, now));
  }

  /** The portal is there (again): tells it what it has not heard. */
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let next = this.#acks[0]; next; next = this.#acks[0]) {
        const sent = next;
        if (!(await this.#options.ports.answer(sent.ack, sent.door))) return;
        this.#acks = this.#acks.filter((due) => due !== sent);
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #refuse(verdict: Extract<SetpointVerdict, { ok: false }>, door: Door, now: BookNow): Promise<void> {
    const { id, seq, why, params, usesSeqOf } = verdict;
    this.#acks = this.#withAcks([{ id, door, seq, status: 'refused', why, params }], now);
    // A no changes nothing and need not wear the disk; but the number of one of ours is used up.
    if (usesSeqOf !== null && seq !== null) {
      this.#book = usedUp(this.#book, usesSeqOf, seq);
      await this.checkpoint(now);
    }
    await this.flush();
  }

  #withAcks(transitions: readonly Transition[], now: BookNow): readonly DueAck[] {
    const due = [
      ...this.#acks,
      ...transitions.map((one) => ({ door: one.door, ack: this.#ackOf(one, now) })),
    ];
    return DOORS.reduce<readonly DueAck[]>((kept, door) => {
      const tooOld = kept.filter((one) => one.door === door).slice(0, -MAX_ACKS);
      return tooOld.length === 0 ? kept : kept.filter((one) => !tooOld.includes(one));
    }, due);
  }

  #ackOf({ id, seq, status, why, params }: Transition, now: BookNow): SetpointAck {
    const at = new Date(now.wallMs ?? 0).toISOString();
    const head = { v: 1 as const, site: this.#options.siteId, id, seq, status, params, at };
    return why === undefined ? head : { ...head, why };
  }

  #json(book: Book, acks: readonly DueAck[], now: BookNow): string {
    return JSON.stringify({ book: saveBook(book, now.monoMs), acks } satisfies SavedDesk);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work, work);
    return this.#turn;
  }
}
