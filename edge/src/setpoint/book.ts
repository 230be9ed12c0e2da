/**
 * The set-points a box holds, and what becomes of each:
 * accepted -> active -> completed | superseded | revoked, or expired when its time ended before it was active.
 * A newer one for the same thing (its kind; of orders also its load or battery) takes over when it becomes active; an
 * older one that would begin meanwhile waits until it is over. Once accepted, time is counted on the monotonic clock:
 * setting the wall clock neither lengthens nor shortens it. Plain data; every change is a new book.
 */
import type { Setpoint, SetpointAck, SetpointKind, SetpointValue } from '@wattward/broker/wire/setpoint';

interface HeldTimes {
  /** Monotonic site milliseconds of this start of the box. */
  readonly startsMonoMs: number;
  readonly endsMonoMs: number;
}

type HeldContent = {
  [K in SetpointKind]: {
    readonly id: string;
    readonly seq: number;
    readonly kind: K;
    readonly value: SetpointValue<K>;
    readonly issuer: string;
    readonly approver: string;
    /** As in the message, ISO 8601 UTC. */
    readonly notBefore: string;
    readonly expires: string;
    readonly isActive: boolean;
  };
}[SetpointKind];
export type Held = HeldContent & HeldTimes;

export interface Book {
  readonly lastSeq: number;
  readonly held: readonly Held[];
}

export const EMPTY_BOOK: Book = { lastSeq: 0, held: [] };

export interface BookNow {
  readonly monoMs: number;
  readonly wallMs: number | null;
}

/** A step to tell the portal. */
export type Transition = Pick<SetpointAck, 'id' | 'seq' | 'status' | 'params'> & Pick<SetpointAck, 'why'>;

export interface BookChange {
  readonly book: Book;
  readonly transitions: readonly Transition[];
}

/** Set-points held at once; each kind rarely has more than a few. */
export const MAX_HELD = 32;

/** Takes a verified set-point in. `now.wallMs` is known: an untrusted clock was refused before. */
export function takeSetpoint(book: Book, message: Setpoint, now: BookNow & { wallMs: number }): BookChange {
  if (message.kind === 'revoke') return revoke(book, message);
  const { id, seq, kind, value, issuer, approver, notBefore, expires } = message;
  const held = {
    ...{ id, seq, kind, value, issuer, approver, notBefore, expires },
    isActive: false,
    startsMonoMs: now.monoMs + Date.parse(notBefore) - now.wallMs,
    endsMonoMs: now.monoMs + Date.parse(expires) - now.wallMs,
    // Kind and value come from one message and belong together; the compiler loses that in the taking apart.
  } as Held;
  // The same proposal signed anew takes the place of its earlier self.
  const others = book.held.filter(({ id }) => id !== held.id).slice(-(MAX_HELD - 1));
  const taken = { lastSeq: message.seq, held: [...others, held] };
  const { book: next, transitions } = advanceBook(taken, now);
  return { book: next, transitions: [transition(held, 'accepted'), ...transitions] };
}

/** What the time has brought: starts, ends, and newer ones taking over. The same book when nothing has. */
export function advanceBook(book: Book, now: BookNow): BookChange {
  const isDue = book.held.some(
    (held) => now.monoMs >= held.endsMonoMs || (!held.isActive && now.monoMs >= held.startsMonoMs),
  );
  if (!isDue) return { book, transitions: [] };
  const transitions: Transition[] = [];
  let held: Held[] = [];
  for (const one of [...book.held].sort((a, b) => a.seq - b.seq)) {
    if (now.monoMs >= one.endsMonoMs) {
      transitions.push(transition(one, one.isActive ? 'completed' : 'expired'));
      continue;
    }
    const starts = !one.isActive && now.monoMs >= one.startsMonoMs && !isOvertaken(one, book, now);
    if (starts) {
      const replaced = held.filter((other) => other.isActive && movedBy(other) === movedBy(one));
      for (const other of replaced) transitions.push(transition(other, 'superseded', { by: one.id }));
      held = held.filter((other) => !replaced.includes(other));
      transitions.push(transition(one, 'active'));
    }
    held.push(starts ? { ...one, isActive: true } : one);
  }
  return { book: { ...book, held }, transitions };
}

/** A newer one for the same thing holds already: the older one waits for its end, if there is time left then. */
function isOvertaken(one: Held, { held }: Book, { monoMs }: BookNow): boolean {
  return held.some(
    (other) =>
      other.seq > one.seq && other.isActive && other.endsMonoMs > monoMs && movedBy(other) === movedBy(one),
  );
}

/** What a set-point moves: two that move the same never hold together. */
function movedBy({ kind, value }: Held): string {
  if ('load' in value) return `${kind} ${value.load}`;
  return 'battery' in value ? `${kind} ${value.battery ?? 'all'}` : kind;
}

function revoke(book: Book, message: Setpoint & { kind: 'revoke' }): BookChange {
  const { id, seq } = message;
  const target = book.held.find((held) => held.id === message.value.id);
  if (!target) {
    const refused: Transition = { id, seq, status: 'refused', why: 'unknown-id', params: message.value };
    return { book: { ...book, lastSeq: seq }, transitions: [refused] };
  }
  return {
    book: { lastSeq: seq, held: book.held.filter((held) => held !== target) },
    transitions: [transition(target, 'revoked'), { id, seq, status: 'accepted', params: {} }],
  };
}

function transition(held: Held, status: Transition['status'], params: Transition['params'] = {}): Transition {
  return { id: held.id, seq: held.seq, status, params };
}

/** What is kept on the disk: times as what is left of them, so that they go on after a restart. */
export interface SavedBook {
  readonly lastSeq: number;
  readonly held: readonly (HeldContent & { readonly startsInMs: number; readonly leftMs: number })[];
}

export function saveBook(book: Book, monoMs: number): SavedBook {
  const held = book.held.map(({ startsMonoMs, endsMonoMs, ...rest }) => ({
    ...rest,
    startsInMs: startsMonoMs - monoMs,
    leftMs: endsMonoMs - monoMs,
  }));
  return { lastSeq: book.lastSeq, held };
}

/**
 * The book after a restart. With a trusted clock the time that passed meanwhile is taken off; without one the rest
 * counts from the last save, and `trimBook` takes it off when the time is known.
 */
export function restoreBook(saved: SavedBook, now: BookNow): Book {
  const held = saved.held.map(({ startsInMs, leftMs, ...rest }) => ({
    ...rest,
    startsMonoMs: now.monoMs + startsInMs,
    endsMonoMs: now.monoMs + leftMs,
  }));
  return trimBook({ lastSeq: saved.lastSeq, held }, now);
}

/** Ends what by the wall clock must end sooner; never later than was accepted. */
export function trimBook(book: Book, now: BookNow): Book {
  const { wallMs, monoMs } = now;
  if (wallMs === null) return book;
  return {
    ...book,
    held: book.held.map((held) => ({
      ...held,
      startsMonoMs: Math.min(held.startsMonoMs, monoMs + Date.parse(held.notBefore) - wallMs),
      endsMonoMs: Math.min(held.endsMonoMs, monoMs + Date.parse(held.expires) - wallMs),
    })),
  };
}
