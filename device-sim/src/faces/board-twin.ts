/**
 * A relay board that runs the very state machine of the real one; only pins, clock and network are simulated. What
 * the machine wants to say goes to `publish`, what its contacts do goes to `onContact`.
 */
import { step } from '@wattward/hardware/relay-board/machine';
import type { ConfigMessage } from '@wattward/hardware/relay-board/messages';
import {
  type BoardEvent,
  type BoardState,
  type Effect,
  type Identity,
  unpowered,
} from '@wattward/hardware/relay-board/state';

export type Publication = Extract<Effect, { type: 'publish' }>;

/** What the board keeps in flash. */
export interface BoardFlash {
  readonly config: ConfigMessage | null;
  readonly switches: readonly number[] | null;
}

export interface BoardTwinOptions {
  readonly identity: Identity;
  /** The home's monotonic milliseconds. */
  readonly monoMs: () => number;
  readonly bootId: string;
  readonly flash: BoardFlash;
  /** How long it had power before the first moment. */
  readonly poweredForMs: number;
  readonly publish: (publication: Publication) => void;
  readonly onContact: (channel: number, on: boolean) => void;
}

export class BoardTwin {
  readonly id: string;
  readonly #options: BoardTwinOptions;
  readonly #startedMonoMs: number;
  #state: BoardState;
  #flash: BoardFlash;

  constructor(options: BoardTwinOptions) {
    this.id = options.identity.board;
    this.#options = options;
    this.#flash = options.flash;
    this.#startedMonoMs = options.monoMs() - options.poweredForMs;
    this.#state = unpowered(options.identity);
    const boot = {
      type: 'boot',
      cause: 'power-on',
      boot: options.bootId,
      storedConfig: options.flash.config,
      storedSwitches: options.flash.switches,
    } as const;
    this.#carryOut(step(this.#state, boot, 0));
    for (const channel of this.#state.channels) options.onContact(channel.channel, channel.on);
    this.handle({ type: 'tick', rssi: -58, heap: 22_000 });
  }

  get state(): BoardState {
    return this.#state;
  }

  get flash(): BoardFlash {
    return this.#flash;
  }

  handle(event: BoardEvent): void {
    const nowMs = Math.floor(this.#options.monoMs() - this.#startedMonoMs);
    this.#carryOut(step(this.#state, event, nowMs));
  }

  tick(): void {
    this.handle({ type: 'tick', rssi: -58, heap: 22_000 });
  }

  #carryOut(result: ReturnType<typeof step>): void {
    const before = this.#state;
    this.#state = result.state;
    for (const channel of result.state.channels) {
      const old = before.channels.find((c) => c.channel === channel.channel);
      if (old && old.on !== channel.on) this.#options.onContact(channel.channel, channel.on);
    }
    for (const effect of result.effects) {
      if (effect.type === 'publish') this.#options.publish(effect);
      else if (effect.type === 'store') this.#store(effect);
    }
  }

  #store(effect: Extract<Effect, { type: 'store' }>): void {
    this.#flash =
      effect.key === 'config'
        ? { ...this.#flash, config: effect.value }
        : { ...this.#flash, switches: effect.value };
  }
}
