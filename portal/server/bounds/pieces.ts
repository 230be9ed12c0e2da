/**
 * Long work on the one thread that serves everybody: done in pieces of some milliseconds, and after each piece all others
 * have their turn. Where several do long work, one piece of one of them is done between two turns.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

const PIECE_MS = 8;
/** Steps between two looks at the clock: each is a matter of microseconds. */
const STEPS = 32;
let queue: Promise<unknown> = Promise.resolve();

/** Takes all that work yields, piece by piece. */
export async function inPieces<T>(
  work: Iterable<T>,
  take: (result: T) => void = () => undefined,
): Promise<void> {
  let sinceMs = performance.now();
  let steps = 0;
  for (const result of work) {
    take(result);
    steps += 1;
    if (steps % STEPS !== 0 || performance.now() - sinceMs < PIECE_MS) continue;
    queue = queue.then(() => nextTurn());
    await queue;
    sinceMs = performance.now();
  }
}
