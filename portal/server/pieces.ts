/**
 * Long work on the one thread that serves everybody: done in pieces of some milliseconds, and after each piece all others
 * have their turn. Where several do long work, one piece of one of them is done between two turns.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

const PIECE_MS = 8;
let queue: Promise<unknown> = Promise.resolve();

export class Pieces {
  #sinceMs = performance.now();

  /** True when the others have waited long enough: then `await rest()`. */
  get isLong(): boolean {
    return performance.now() - this.#sinceMs > PIECE_MS;
  }

  async rest(): Promise<void> {
    queue = queue.then(() => nextTurn());
    await queue;
    this.#sinceMs = performance.now();
  }
}

/** Takes all that work yields, piece by piece. */
export async function inPieces<T>(
  work: Iterable<T>,
  take: (result: T) => void = () => undefined,
): Promise<void> {
  const pieces = new Pieces();
  for (const result of work) {
    take(result);
    if (pieces.isLong) await pieces.rest();
  }
}
