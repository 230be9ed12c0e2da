/**
 * Giving a new board its own secret. A window is opened by hand and closes by itself; within it the code on the
 * label, typed by the installer, must match the fingerprint that the board says in its `hello`; each code works
 * once. The broker takes the secret over from the same message and voids the factory one. [design/wire.md]
 */
import { createHash } from 'node:crypto';
import { labelCode } from '@wattward/broker/wire/board-label';
import type { StageRefusal } from './stages.ts';

export const WINDOW_MS = 10 * 60_000;
/** Wrong codes in one window; the code has 100 bits, this is against a stuck key. */
const MOST_WRONG = 10;

export class ClaimWindow {
  #openUntilMonoMs = Number.NEGATIVE_INFINITY;
  #wrong = 0;
  readonly #claimed = new Set<string>();

  open(nowMonoMs: number): void {
    this.#openUntilMonoMs = nowMonoMs + WINDOW_MS;
    this.#wrong = 0;
    this.#claimed.clear();
  }

  leftMs(nowMonoMs: number): number {
    return Math.max(0, this.#openUntilMonoMs - nowMonoMs);
  }

  /** Null when the board may have its secret now. */
  check(
    board: { readonly device: string; readonly claim: string; readonly unclaimed: boolean },
    code: string,
    nowMonoMs: number,
  ): StageRefusal | null {
    if (this.leftMs(nowMonoMs) === 0) {
      return {
        code: 'window-closed',
        message: 'no window for claims is open',
        remedy: 'Open one; it lasts 10 minutes.',
      };
    }
    if (board.claim === '' || !board.unclaimed) {
      return {
        code: 'no-claim',
        message: `${board.device} asks for no claim`,
        remedy: 'It has its own secret already; new access data on its set-up page make it new.',
      };
    }
    if (this.#claimed.has(board.device)) {
      return {
        code: 'claimed',
        message: `${board.device} was claimed in this window`,
        remedy: 'Open a new window to repeat it.',
      };
    }
    if (this.#wrong >= MOST_WRONG) {
      return { code: 'too-many-codes', message: 'too many wrong codes', remedy: 'Open a new window.' };
    }
    if (claimFingerprint(code) !== board.claim) {
      this.#wrong += 1;
      return {
        code: 'wrong-code',
        message: `this code does not belong to ${board.device}`,
        remedy: 'Read the label of this very board: 20 characters; what looks like O, I or L is 0 or 1.',
      };
    }
    this.#claimed.add(board.device);
    return null;
  }
}

/** As the board makes it: 16 hex digits of SHA-256 over the code. */
export function claimFingerprint(code: string): string {
  return createHash('sha256').update(labelCode(code)).digest('hex').slice(0, 16);
}
