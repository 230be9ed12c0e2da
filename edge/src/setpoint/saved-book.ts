/**
 * The book on the disk. Times are kept as what is left of them, so that they go on after a restart; what a box of
 * earlier software wrote down is read too.
 */
import { PORTAL_KEY, type SetpointAck } from '@wattward/broker/wire/setpoint';
import { type Book, type BookNow, type Held, type HeldContent, trimBook } from './book.ts';
import type { Door } from './verify.ts';

type Rest = { readonly startsInMs: number; readonly leftMs: number };

export interface SavedBook extends Omit<Book, 'held'> {
  readonly held: readonly (HeldContent & Rest)[];
}

/** An answer that its sender has not taken yet. */
export interface DueAck {
  readonly door: Door;
  readonly ack: SetpointAck;
}

export interface SavedDesk {
  readonly book: SavedBook;
  readonly acks: readonly DueAck[];
}

/** While all keys had one sequence, and all came from the portal. */
interface SavedBefore {
  readonly book: {
    readonly lastSeq: number;
    readonly held: readonly (Omit<HeldContent, 'key' | 'door' | 'order'> & Rest)[];
  };
  readonly acks: readonly SetpointAck[];
}

export function saveBook(book: Book, monoMs: number): SavedBook {
  const held = book.held.map(({ startsMonoMs, endsMonoMs, ...rest }) => ({
    ...rest,
    startsInMs: startsMonoMs - monoMs,
    leftMs: endsMonoMs - monoMs,
  }));
  return { ...book, held };
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
  return trimBook({ ...saved, held }, now);
}

/** @param keyIds the keys this box obeys: a single number of earlier software counts for each of them. */
export function readSaved(json: string, keyIds: readonly string[]): SavedDesk {
  const saved = JSON.parse(json) as SavedDesk | SavedBefore;
  return isBefore(saved) ? migrated(saved, keyIds) : saved;
}

function isBefore(saved: SavedDesk | SavedBefore): saved is SavedBefore {
  return 'lastSeq' in saved.book;
}

function migrated({ book, acks }: SavedBefore, keyIds: readonly string[]): SavedDesk {
  const held = [...book.held]
    .sort((a, b) => a.seq - b.seq)
    .map((one, i) => ({ ...one, key: PORTAL_KEY, door: 'portal', order: i + 1 }) as Held & Rest);
  return {
    book: {
      lastSeqs: Object.fromEntries(keyIds.map((id) => [id, book.lastSeq])),
      taken: held.length,
      held,
    },
    acks: acks.map((ack) => ({ door: 'portal', ack })),
  };
}
