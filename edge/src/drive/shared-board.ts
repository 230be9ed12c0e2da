/**
 * A board between two masters: the cycle, and somebody who tests a channel for a while. While a channel is reserved
 * the cycle's wishes are remembered and not sent, but for an OFF that protects; when it is released the newest wish
 * holds again.
 */
import type { BoardDriver, BoardIdentity, Presence } from './board-driver.ts';
import type { Desired, RelayChannel } from './relay-channel.ts';

export interface Reservation {
  order(desired: Desired): void;
  release(): void;
}

export class SharedBoard implements BoardDriver {
  readonly id: string;
  readonly #board: BoardDriver;
  readonly #reserved = new Set<number>();
  readonly #wishes = new Map<number, Desired>();

  constructor(board: BoardDriver) {
    this.id = board.id;
    this.#board = board;
  }

  order(channel: number, desired: Desired): void {
    this.#wishes.set(channel, desired);
    if (!this.#reserved.has(channel) || (desired.protective && !desired.on)) {
      this.#board.order(channel, desired);
    }
  }

  /** The channel for a test alone; null when somebody else has it. */
  reserve(channel: number): Reservation | null {
    if (this.#reserved.has(channel) || !this.#board.channel(channel)) return null;
    this.#reserved.add(channel);
    return {
      order: (desired) => {
        if (this.#reserved.has(channel)) this.#board.order(channel, desired);
      },
      release: () => {
        if (!this.#reserved.delete(channel)) return;
        const wish = this.#wishes.get(channel);
        this.#board.order(
          channel,
          wish ?? { on: false, protective: false, reason: 'commissioning: released' },
        );
      },
    };
  }

  tick(): void {
    this.#board.tick();
  }

  presence(): Presence {
    return this.#board.presence();
  }

  channel(channel: number): RelayChannel | undefined {
    return this.#board.channel(channel);
  }

  identity(): BoardIdentity | null {
    return this.#board.identity();
  }

  measuredW(channel: number): number | null {
    return this.#board.measuredW(channel);
  }

  identify(seconds: number): Promise<boolean> {
    return this.#board.identify(seconds);
  }

  close(): void {
    this.#board.close();
  }
}
