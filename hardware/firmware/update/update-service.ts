/**
 * When to update: asks the box once a day, and an hour after the start, whether there is a newer firmware; fetches it
 * only while every relay is in its safe state, and restarts only then. Driven by `tick` (once a second) and `work`
 * (some times a second).
 */
import type { SettingsPort } from '../ports.ts';
import { Trial } from './trial.ts';
import { type UpdatePorts, Updater } from './updater.ts';

export const FIRST_ASK_MS = 3_600_000;
export const ASK_EVERY_MS = 86_400_000;

export interface FetchPort {
  /** The text of the offer, or undefined. */
  offer(onText: (text: string | undefined) => void): void;
  image(onPiece: (bytes: Uint8Array) => void, onEnd: () => void): void;
}

export interface BoardFace {
  readonly linked: boolean;
  readonly allSafe: boolean;
  restart(reason: string): void;
}

export interface UpdateOptions {
  readonly ports: UpdatePorts;
  readonly fetch: FetchPort;
  readonly settings: SettingsPort;
  readonly board: BoardFace;
  readonly model: string;
  /** Sequence that the running firmware was built with. */
  readonly builtSequence: number;
  readonly publicKeyHex: string;
  readonly nowMs: number;
}

export class UpdateService {
  readonly #options: UpdateOptions;
  readonly #trial: Trial;
  readonly #updater: Updater;
  #askAtMs: number;
  #fetching = false;
  /** Long work under way: hashing before the restart, or writing the old firmware back. */
  #long: Generator<undefined, boolean> | null = null;
  /** The other slot is chosen: nothing is left but to restart, once, when no load is on. */
  #leaving: 'no' | 'wanted' | 'done' = 'no';

  constructor(options: UpdateOptions) {
    this.#options = options;
    this.#trial = new Trial(options.settings);
    this.#updater = new Updater(options.ports, options.publicKeyHex);
    this.#askAtMs = options.nowMs + FIRST_ASK_MS;
    if (this.#trial.countStart()) this.#long = this.#trial.writingBack(options.ports);
  }

  get busy(): boolean {
    return this.#long !== null || this.#leaving === 'wanted' || this.#updater.outcome !== 'idle';
  }

  tick(nowMs: number): void {
    const { board, fetch, model, builtSequence } = this.#options;
    this.#trial.tick(board.linked, nowMs);
    if (this.busy || !board.linked || nowMs < this.#askAtMs) return;
    this.#askAtMs = nowMs + ASK_EVERY_MS;
    fetch.offer((text) => {
      const sequence = Math.max(builtSequence, this.#trial.running().sequence);
      if (text !== undefined)
        this.#updater.consider(text, { model, sequence, failedSequence: this.#trial.failedSequence });
    });
  }

  work(): void {
    if (this.#long) {
      this.#workLong(this.#long);
      return;
    }
    const { board, fetch, ports } = this.#options;
    if (this.#leaving !== 'no') {
      this.#leave();
      return;
    }
    if (this.#updater.outcome === 'working') this.#updater.work();
    if (!board.allSafe) return;
    if (this.#updater.outcome === 'wants-image' && !this.#fetching) {
      this.#fetching = true;
      fetch.image(
        (bytes) => this.#updater.image(bytes),
        () => {
          this.#fetching = false;
          this.#updater.imageEnded();
        },
      );
    }
    const { offer } = this.#updater;
    if (this.#updater.outcome === 'ready-to-restart' && offer)
      this.#long = keep(this.#trial.beginning(offer, ports));
  }

  #workLong(long: Generator<undefined, boolean>): void {
    const step = long.next();
    if (!step.done) return;
    this.#long = null;
    if (step.value) this.#leaving = 'wanted';
  }

  #leave(): void {
    const { board } = this.#options;
    if (this.#leaving === 'done' || !board.allSafe) return;
    this.#leaving = 'done';
    board.restart('other firmware');
  }
}

/** The same work, with "restart now" as its result. */
function* keep(work: Generator<undefined, void>): Generator<undefined, boolean> {
  yield* work;
  return true;
}
