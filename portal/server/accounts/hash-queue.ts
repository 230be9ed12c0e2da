/**
 * Who may hash a password next. Hashing is slow on purpose, so whoever floods it must not stand in others' way: each
 * lane (a client's address, a known place) is served in turn, known places first, and when all room is taken the
 * longest lane gives way, not the newcomer. What is turned away has cost nothing and counts for nothing.
 */
import { availableParallelism } from 'node:os';
import { ProblemError } from '../problems/problem.ts';

export interface Lane {
  readonly name: string;
  /** A browser in which the person has signed in before; few, and each with a count of its own. */
  readonly known: boolean;
}

interface Waiting {
  readonly lane: string;
  readonly start: () => void;
  readonly turnAway: (error: ProblemError) => void;
}

/** Each takes a thread of Node's four and 32 MiB; files must stay readable meanwhile. */
const MOST_AT_ONCE = Math.max(1, Math.min(3, availableParallelism()));
const MOST_WAITING = 128;
const RETRY_S = 5;

export class HashQueue {
  readonly #known = new Lanes();
  readonly #others = new Lanes();
  #running = 0;

  /**
   * Runs `work` when its turn has come.
   * @param gone fires when nobody waits for the answer any more.
   * @throws ProblemError `busy` when there is no room to wait.
   */
  async inTurn<T>(lane: Lane, work: () => Promise<T>, gone?: AbortSignal): Promise<T> {
    if (this.#running >= MOST_AT_ONCE) await this.#wait(lane, gone);
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // Whoever is next takes the place over, so that nobody slips in between.
      const next = this.#known.next() ?? this.#others.next();
      if (next) next.start();
      else this.#running -= 1;
    }
  }

  #wait({ name, known }: Lane, gone: AbortSignal | undefined): Promise<void> {
    const lanes = known ? this.#known : this.#others;
    if (this.#known.waiting + this.#others.waiting >= MOST_WAITING) {
      const gives = this.#others.newestOfLongest(known ? 0 : lanes.lengthOf(name) + 1);
      if (!gives) throw busy();
      gives.turnAway(busy());
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { lane: name, start: resolve, turnAway: reject };
    lanes.add(waiting);
    const leave = () => {
      if (lanes.remove(waiting)) reject(busy());
    };
    gone?.addEventListener('abort', leave, { once: true });
    return promise.finally(() => gone?.removeEventListener('abort', leave));
  }
}

/** Those who wait, by lane, in the order in which the lanes are served; no lane is empty. */
class Lanes {
  readonly #lanes = new Map<string, Waiting[]>();
  waiting = 0;

  lengthOf(lane: string): number {
    return this.#lanes.get(lane)?.length ?? 0;
  }

  add(one: Waiting): void {
    const lane = this.#lanes.get(one.lane) ?? [];
    this.#lanes.set(one.lane, [...lane, one]);
    this.waiting += 1;
  }

  /** @returns false when it does not wait any more. */
  remove(one: Waiting): boolean {
    const lane = this.#lanes.get(one.lane) ?? [];
    const left = lane.filter((other) => other !== one);
    if (left.length === lane.length) return false;
    if (left.length === 0) this.#lanes.delete(one.lane);
    else this.#lanes.set(one.lane, left);
    this.waiting -= 1;
    return true;
  }

  /** Takes the oldest of the lane whose turn it is; the lane goes to the end of the round. */
  next(): Waiting | undefined {
    const [entry] = this.#lanes;
    if (!entry) return undefined;
    const [name, lane] = entry;
    this.#lanes.delete(name);
    this.#lanes.set(name, lane);
    const [oldest] = lane;
    if (oldest) this.remove(oldest);
    return oldest;
  }

  /** Takes the newest of the longest lane that is longer than `length`. */
  newestOfLongest(length: number): Waiting | undefined {
    let longest: readonly Waiting[] = [];
    for (const lane of this.#lanes.values()) if (lane.length > longest.length) longest = lane;
    const newest = longest.length > length ? longest.at(-1) : undefined;
    if (newest) this.remove(newest);
    return newest;
  }
}

function busy(): ProblemError {
  return new ProblemError('busy', undefined, { retryAfterS: RETRY_S });
}
