/**
 * Who watches live, and for how long they may. Streams are bounded for each session, person, site and process; the
 * newest of a person wins over their older ones, so that a forgotten tab never keeps them out. A stream ends at once
 * when its session does, and within a sweep when a role is lost.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorText, log } from '../problems/log.ts';
import { ProblemError } from '../problems/problem.ts';

export const MOST_STREAMS = { session: 8, person: 16, site: 200, process: 1000 } as const;
/** A right that is gone is noticed within this and the time of one walk through all streams. */
const SWEEP_EVERY_MS = 500;
/** Streams looked at between two turns of the event loop. */
const SWEEP_PIECE = 50;
/** At once, to be told that it is signed out; or not so soon, where it would push out another of the same person. */
const BACK_SOON_MS = 1000;
const BACK_LATER_MS = 30_000;

export interface Viewer {
  readonly session: string;
  readonly person: string;
  readonly site: string;
  readonly allowed: () => Promise<boolean>;
  /** @param retryMs after which its browser may come back. */
  readonly end: (retryMs: number) => void;
}

export class Viewers {
  /** Oldest first. */
  readonly #all = new Set<Viewer>();
  #sweeping: NodeJS.Timeout | undefined;

  /**
   * Ends older streams of the person where a bound is reached.
   * @returns what to call when the stream is over. @throws ProblemError `busy` when others fill the site or the process.
   */
  admit(viewer: Viewer): () => void {
    const { session, person, site } = viewer;
    this.#endOldest(MOST_STREAMS.session, (one) => one.session === session);
    this.#endOldest(MOST_STREAMS.person, (one) => one.person === person);
    this.#makeRoom(MOST_STREAMS.site, person, (one) => one.site === site);
    this.#makeRoom(MOST_STREAMS.process, person, () => true);
    this.#all.add(viewer);
    this.#sweeping ??= setTimeout(() => void this.#sweep(), SWEEP_EVERY_MS).unref();
    return () => this.#all.delete(viewer);
  }

  /** After signing out. */
  endSession(session: string): void {
    for (const viewer of [...this.#all]) if (viewer.session === session) this.#end(viewer, BACK_SOON_MS);
  }

  close(): void {
    clearTimeout(this.#sweeping);
  }

  /** Leaves room for one more. */
  #endOldest(most: number, mine: (viewer: Viewer) => boolean): void {
    const found = [...this.#all].filter(mine);
    for (const viewer of found.slice(0, Math.max(0, found.length - most + 1)))
      this.#end(viewer, BACK_LATER_MS);
  }

  #makeRoom(most: number, person: string, counts: (viewer: Viewer) => boolean): void {
    const found = [...this.#all].filter(counts);
    if (found.length < most) return;
    const own = found.find((viewer) => viewer.person === person);
    if (!own) throw new ProblemError('busy', 'Too many are watching', { retryAfterS: 10 });
    this.#end(own, BACK_LATER_MS);
  }

  async #sweep(): Promise<void> {
    let n = 0;
    for (const viewer of [...this.#all]) {
      n += 1;
      if (n % SWEEP_PIECE === 0) await nextTurn();
      if (this.#all.has(viewer) && !(await this.#isAllowed(viewer))) this.#end(viewer, BACK_SOON_MS);
    }
    this.#sweeping =
      this.#all.size === 0 ? undefined : setTimeout(() => void this.#sweep(), SWEEP_EVERY_MS).unref();
  }

  async #isAllowed(viewer: Viewer): Promise<boolean> {
    try {
      return await viewer.allowed();
    } catch (error) {
      log.warn('a live stream ends: its right cannot be checked', { problem: errorText(error) });
      return false;
    }
  }

  #end(viewer: Viewer, retryMs: number): void {
    this.#all.delete(viewer);
    viewer.end(retryMs);
  }
}
