/** Whether a board is there: the age of its last sign of life on the monotonic clock. A last will is a hint and no more. */
import type { CommandSettings } from '../core/command-settings.ts';
import type { BoardEvent, Presence } from './board-driver.ts';
import type { MonoClock } from './ports.ts';

export class PresenceWatch {
  readonly #board: string;
  readonly #clock: MonoClock;
  readonly #commands: CommandSettings;
  readonly #onEvent: (event: BoardEvent) => void;
  #heardMonoMs: number | null = null;
  #saidOffline = false;

  constructor(
    board: string,
    clock: MonoClock,
    commands: CommandSettings,
    onEvent: (event: BoardEvent) => void,
  ) {
    this.#board = board;
    this.#clock = clock;
    this.#commands = commands;
    this.#onEvent = onEvent;
  }

  /** It has spoken, live. */
  heard(): void {
    this.#heardMonoMs = this.#clock.monoMs();
    if (!this.#saidOffline) return;
    this.#saidOffline = false;
    this.#onEvent({ code: 'board-back', severity: 'info', params: { board: this.#board } });
  }

  /** Once per cycle: says once that it has fallen silent. */
  look(): void {
    if (this.#saidOffline || this.presence() !== 'offline') return;
    this.#saidOffline = true;
    const silentS = Math.round(this.#silentMs() / 1000);
    this.#onEvent({ code: 'board-offline', severity: 'alarm', params: { board: this.#board, silentS } });
  }

  presence(): Presence {
    if (this.#heardMonoMs === null) return 'unknown';
    const silentMs = this.#silentMs();
    if (silentMs >= this.#commands.offlineMs) return 'offline';
    return silentMs >= this.#commands.suspectMs ? 'suspect' : 'present';
  }

  #silentMs(): number {
    return this.#clock.monoMs() - (this.#heardMonoMs ?? 0);
  }
}
