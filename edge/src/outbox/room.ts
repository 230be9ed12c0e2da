/**
 * Making room: what gives way when the outbox is too big or too old. Resolution first (raw -> 1 min -> 15 min, oldest
 * first), points only when nothing is left to thin, rows without a known time and events only when nothing else is
 * left. Rows on their way stay.
 */
import { sealBatch } from './batch.ts';
import type { BatchHead, BatchRow } from './batch-store.ts';
import type { Books } from './books.ts';
import { STEPS_MS, thinLines } from './thinning.ts';

export interface Bounds {
  /** Compressed bytes of points that wait. */
  readonly maxBytes: number;
  /** Points older than this are thinned to 15 minutes. */
  readonly thinAfterMs: number;
  /** Points older than this are dropped and counted. */
  readonly dropAfterMs: number;
}

export const DEFAULT_BOUNDS: Bounds = {
  maxBytes: 512 * 1024 * 1024,
  thinAfterMs: 45 * 86_400_000,
  dropAfterMs: 730 * 86_400_000,
};

/** Rows joined into one when thinned: about half an hour of raw rows, seven hours of minutes. */
const ROWS_AT_ONCE = 30;
/** Work of one call, so that the thread that does it answers others in between. */
const GROUPS_AT_ONCE = 20;

export interface RoomReport {
  readonly thinned: number;
  readonly dropped: number;
  /** Something is still above its bound: call again. */
  readonly more: boolean;
}

/** One bounded step. `nowMs` is wall time, null while it is not trusted (then only the size counts). */
export function makeRoom(books: Books, bounds: Bounds, nowMs: number | null, isInHand: InHand): RoomReport {
  const before = books.ledger;
  let more = true;
  for (let group = 0; group < GROUPS_AT_ONCE && more; group++) {
    more = relieve(books, bounds, nowMs, isInHand);
  }
  if (books.isDirty) books.commit({});
  return {
    thinned: books.ledger.thinned - before.thinned,
    dropped: books.ledger.dropped - before.dropped,
    more,
  };
}

function relieve(books: Books, bounds: Bounds, nowMs: number | null, isInHand: InHand): boolean {
  if (nowMs !== null) {
    const old = group(books, 1, isInHand).filter(
      (head) => nowMs - head.lastMs - (books.offsetMs(head) ?? 0) > bounds.dropAfterMs,
    );
    if (old.length > 0) {
      books.drop(old, 'old');
      return true;
    }
    for (const stepMs of STEPS_MS) {
      if (thinOldest(books, stepMs, isInHand, nowMs - bounds.thinAfterMs)) return true;
    }
  }
  if (books.ledger.pendingBytes <= bounds.maxBytes) return false;
  for (const stepMs of STEPS_MS) if (thinOldest(books, stepMs, isInHand, null)) return true;
  const oldest = [group(books, 1, isInHand), untimed(books, isInHand), events(books, isInHand)].find(
    (heads) => heads.length > 0,
  );
  if (!oldest) return false;
  books.drop(oldest, 'full');
  return true;
}

type InHand = (head: BatchHead) => boolean;

function untimed(books: Books, isInHand: InHand): readonly BatchHead[] {
  return firstRun(books.everyPendingHead('data'), ROWS_AT_ONCE, (head) => !isInHand(head));
}

/** One at a time: each is worth more than all that was dropped before it. */
function events(books: Books, isInHand: InHand): readonly BatchHead[] {
  return firstRun(books.everyPendingHead('event'), 1, (head) => !isInHand(head));
}

/**
 * Thins the oldest rows that are still finer than `stepMs`; false when there are none.
 * @param olderThanMs only rows before this wall time; null: any, but only whole groups (the newest rows stay).
 */
function thinOldest(books: Books, stepMs: number, isInHand: InHand, olderThanMs: number | null): boolean {
  const key = String(stepMs);
  const from = (books.ledger.thinnedUpTo[key] ?? 0) + 1;
  const heads = group(books, from, isInHand).filter(
    (head) => olderThanMs === null || head.lastMs + (books.offsetMs(head) ?? 0) < olderThanMs,
  );
  const last = heads.at(-1);
  if (!last || (olderThanMs === null && heads.length < ROWS_AT_ONCE)) return false;
  const lines = heads.flatMap((head) => books.linesOf(head) ?? []);
  const kept = heads.filter((head) => books.pendingHeads('data', head.seq, 1)[0]?.seq === head.seq);
  const thinned = thinLines(lines, stepMs);
  const thinnedUpTo = { ...books.ledger.thinnedUpTo, [key]: last.seq };
  const first = kept[0];
  if (!first || thinned.length >= lines.length) {
    books.book({ thinnedUpTo });
    return true;
  }
  replace(books, kept, thinned, { stepMs, thinnedUpTo });
  return true;
}

function replace(
  books: Books,
  heads: readonly BatchHead[],
  lines: readonly string[],
  { stepMs, thinnedUpTo }: { stepMs: number; thinnedUpTo: Readonly<Record<string, number>> },
): void {
  const offset = (head: BatchHead) => books.offsetMs(head) ?? 0;
  const row: BatchRow = sealBatch(
    {
      queue: 'data',
      seq: Math.min(...heads.map((head) => head.seq)),
      firstMs: Math.min(...heads.map((head) => head.firstMs + offset(head))),
      lastMs: Math.max(...heads.map((head) => head.lastMs + offset(head))),
      stepMs,
      boot: null,
    },
    lines,
    books.codec,
  );
  const points = heads.reduce((sum, head) => sum + head.points, 0);
  const bytes = heads.reduce((sum, head) => sum + head.bytes, 0);
  books.commit(
    {
      thinned: books.ledger.thinned + points - row.points,
      pendingBytes: books.ledger.pendingBytes - bytes + row.bytes,
      thinnedUpTo,
    },
    { remove: heads, insert: [row] },
  );
}

/** The oldest neighbouring rows from `from` on that may be changed. */
function group(books: Books, from: number, isInHand: InHand): readonly BatchHead[] {
  const free = (head: BatchHead) => !isInHand(head) && books.offsetMs(head) !== null;
  return firstRun(books.everyPendingHead('data', from), ROWS_AT_ONCE, free);
}

/** The first neighbours of which all are `free`, at most `most` of them. */
function firstRun(
  heads: Iterable<BatchHead>,
  most: number,
  free: (head: BatchHead) => boolean,
): readonly BatchHead[] {
  const found: BatchHead[] = [];
  for (const head of heads) {
    if (free(head)) found.push(head);
    else if (found.length > 0) break;
    if (found.length === most) break;
  }
  return found;
}
