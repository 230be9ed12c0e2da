/**
 * The set-points a box holds, and what becomes of each:
 * accepted -> active -> completed | superseded | revoked, or expired when its time ended before it was active.
 * A newer one for the same thing (its kind; of orders also its load or battery) takes over when it becomes active; an
 * older one that would begin meanwhile waits until it is over. Which is newer is counted here, since the numbers of
 * different keys say nothing of one another. Limits of different keys hold side by side, and the tightest counts: no key
 * lifts the limit of another. Nor does one replace, revoke or crowd out what another has sent. Once accepted, time is counted on the monotonic clock:
 * setting the wall clock neither lengthens nor shortens it. Plain data; every change is a new book.
 */
import {
  LIMIT_KINDS,
  type Setpoint,
  type SetpointAck,
  type SetpointKind,
  type SetpointValue,
} from '@wattward/broker/wire/setpoint';
import type { Door } from './verify.ts';

interface HeldTimes {
  /** Monotonic site milliseconds of this start of the box. */
  readonly startsMonoMs: number;
  readonly endsMonoMs: number;
}

export type HeldContent = {
  [K in SetpointKind]: {
    readonly id: string;
    /** Whose it is: the key that signed it. */
    readonly key: string;
    /** Where it came in, and where it is answered. */
    readonly door: Door;
    readonly seq: number;
    /** Rises with every set-point taken, whoever sent it. */
    readonly order: number;
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
  /** By key: the highest sequence number taken. */
  readonly lastSeqs: Readonly<Record<string, number>>;
  /** Set-points taken so far. */
  readonly taken: number;
  readonly held: readonly Held[];
}

export const EMPTY_BOOK: Book = { lastSeqs: {}, taken: 0, held: [] };

export interface BookNow {
  readonly monoMs: number;
  readonly wallMs: number | null;
}

/** A step to tell the portal. */
export type Transition = Pick<SetpointAck, 'id' | 'seq' | 'status' | 'params'> &
  Pick<SetpointAck, 'why'> & { readonly door: Door };

export interface BookChange {
  readonly book: Book;
  readonly transitions: readonly Transition[];
}

/** Set-points of one key held at once; each kind rarely has more than a few. */
export const MAX_HELD = 32;

/** Takes a verified set-point in. `now.wallMs` is known: an untrusted clock was refused before. */
export function takeSetpoint(
  book: Book,
  message: Setpoint,
  door: Door,
  now: BookNow & { wallMs: number },
): BookChange {
  if (message.kind === 'revoke') return revoke(book, message, door);
  const order = book.taken + 1;
  const { id, key, seq, kind, value, issuer, approver, notBefore, expires } = message;
  const held = {
    ...{ id, key, door, seq, order, kind, value, issuer, approver, notBefore, expires },
    isActive: false,
    startsMonoMs: now.monoMs + Date.parse(notBefore) - now.wallMs,
    endsMonoMs: now.monoMs + Date.parse(expires) - now.wallMs,
    // Kind and value come from one message and belong together; the compiler loses that in the taking apart.
  } as Held;
  // The same proposal signed anew takes the place of its earlier self.
  const others = book.held.filter((other) => other.key !== key || other.id !== id);
  const crowdedOut = others.filter((other) => other.key === key).slice(0, -(MAX_HELD - 1));
  const kept = others.filter((other) => !crowdedOut.includes(other));
  const taken = { ...usedUp(book, key, seq), taken: order, held: [...kept, held] };
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
  for (const one of [...book.held].sort((a, b) => a.order - b.order)) {
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
      other.order > one.order &&
      other.isActive &&
      other.endsMonoMs > monoMs &&
      movedBy(other) === movedBy(one),
  );
}

/** What a set-point moves: two that move the same never hold together. */
function movedBy({ kind, value, key }: Held): string {
  if (LIMIT_KINDS.includes(kind)) return `${kind} ${key}`;
  if ('load' in value) return `${kind} ${value.load}`;
  return 'battery' in value ? `${kind} ${value.battery ?? 'all'}` : kind;
}

function revoke(book: Book, message: Setpoint & { kind: 'revoke' }, door: Door): BookChange {
  const { id, key, seq } = message;
  const used = usedUp(book, key, seq);
  const target = book.held.find((held) => held.key === key && held.id === message.value.id);
  if (!target) {
    const why = 'unknown-id' as const;
    const refused: Transition = { id, door, seq, status: 'refused', why, params: message.value };
    return { book: used, transitions: [refused] };
  }
  return {
    book: { ...used, held: book.held.filter((held) => held !== target) },
    transitions: [transition(target, 'revoked'), { id, door, seq, status: 'accepted', params: {} }],
  };
}

/** The number is gone for this key, whatever becomes of its message. */
export function usedUp(book: Book, key: string, seq: number): Book {
  return { ...book, lastSeqs: { ...book.lastSeqs, [key]: seq } };
}

function transition(held: Held, status: Transition['status'], params: Transition['params'] = {}): Transition {
  return { id: held.id, door: held.door, seq: held.seq, status, params };
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
