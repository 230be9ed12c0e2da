/**
 * Decisions of a range, oldest first, a piece at a time. A store pages from the newest back: a range with more than a
 * piece holds is halved until each part fits, so that no more than a few pieces are ever in memory.
 */
import { decisionCursor, type HistoryStore, type StoredDecision } from '../history/store.ts';

const PIECE_ROWS = 1000;

export interface DecisionRange {
  readonly site: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export async function* oldestFirst(
  store: HistoryStore,
  range: DecisionRange,
): AsyncGenerator<readonly StoredDecision[]> {
  const { fromMs, toMs } = range;
  const rows = await store.decisions({ ...range, limit: PIECE_ROWS + 1 });
  if (rows.length <= PIECE_ROWS) {
    yield rows.toReversed();
  } else if (toMs - fromMs > 1) {
    const middleMs = Math.floor((fromMs + toMs) / 2);
    yield* oldestFirst(store, { ...range, toMs: middleMs });
    yield* oldestFirst(store, { ...range, fromMs: middleMs });
  } else {
    yield* instant(store, range, rows);
  }
}

/** More actuators in one millisecond than a piece holds: in the order of the store. */
async function* instant(
  store: HistoryStore,
  range: DecisionRange,
  first: readonly StoredDecision[],
): AsyncGenerator<readonly StoredDecision[]> {
  for (let rows = first; rows.length > 0; ) {
    yield rows;
    const last = rows.at(-1);
    rows = last ? await store.decisions({ ...range, limit: PIECE_ROWS, before: decisionCursor(last) }) : [];
  }
}
