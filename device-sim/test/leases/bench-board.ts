/**
 * The board as hardware: supply, millisecond counter with a drift of its own, flash, pins. Its machine is the real
 * one, and commands pass the firmware's own parser. Contacts are read from the pins, not from the machine's opinion.
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
import { parseCommand, parseConfig } from '../../../hardware/firmware/inbound.ts';
import type { Line, Parcel } from './virtual-broker.ts';
import type { VirtualTime } from './virtual-time.ts';

export const BOARD = 'esp12f-a4cf12b3c4d5';
const RETAINED = new Set(['hello', 'availability', 'state']);

export interface BenchBoardOptions {
  readonly time: VirtualTime;
  readonly channels: number;
  /** Its own milliseconds per real one. */
  readonly clockRate: number;
  readonly counterStartMs: number;
  readonly drawBoot: () => string;
  /** Before and after everything that happens to it. */
  readonly watch: {
    readonly booted: () => void;
    readonly stepped: (event: BoardEvent, parcel: Parcel | null, answer: string | null) => void;
  };
}

export class BenchBoard {
  readonly #options: BenchBoardOptions;
  readonly #identity: Identity;
  readonly pins: (0 | 1)[] = [];
  #state: BoardState;
  #config: ConfigMessage | null = null;
  #switches: readonly number[] | null = null;
  #bootedAtMs = 0;
  #boots = 0;
  #counterAtBootMs = 0;
  #powered = false;
  #mostEffects = 0;
  line: Line | null = null;

  constructor(options: BenchBoardOptions) {
    this.#options = options;
    this.#identity = {
      board: BOARD,
      model: 'esp12f-4ch',
      firmware: '0.1.0',
      mac: 'a4:cf:12:b3:c4:d5',
      claim: '',
      pins: [16, 14, 12, 13].slice(0, options.channels),
    };
    this.#state = unpowered(this.#identity);
  }

  get state(): BoardState {
    return this.#state;
  }

  get powered(): boolean {
    return this.#powered;
  }

  get mostEffects(): number {
    return this.#mostEffects;
  }

  /** Since the last start, as it really was. */
  get upForMs(): number {
    return this.#options.time.nowMs - this.#bootedAtMs;
  }

  /** Starts, or starts again; the counter of a board that ran for long stands near its end at first. */
  boot(cause: 'power-on' | 'brown-out' | 'watchdog'): void {
    this.line?.drop();
    this.#counterAtBootMs = this.#boots === 0 ? this.#options.counterStartMs : 0;
    this.#boots += 1;
    this.#bootedAtMs = this.#options.time.nowMs;
    this.#powered = true;
    const boot = this.#options.drawBoot();
    const event = {
      type: 'boot',
      cause,
      boot,
      storedConfig: this.#config,
      storedSwitches: this.#switches,
    } as const;
    this.#carryOut(step(unpowered(this.#identity), event, this.#counterMs()));
    this.#options.watch.booted();
  }

  cutPower(): void {
    this.#powered = false;
    this.line?.drop();
    this.pins.fill(0);
  }

  tick(): void {
    this.handle({ type: 'tick', rssi: -60, heap: 20_000 });
  }

  handle(event: BoardEvent, parcel: Parcel | null = null): void {
    if (!this.#powered) return;
    const effects = this.#carryOut(step(this.#state, event, this.#counterMs()));
    let answer: string | null = null;
    for (const effect of effects) {
      if (effect.type === 'publish' && effect.topic === 'ack') answer = effect.message.why ?? 'done';
    }
    this.#options.watch.stepped(event, parcel, answer);
  }

  receive(parcel: Parcel): void {
    if (parcel.topic === 'command') {
      const message = parseCommand(parcel.text);
      if (message) this.handle({ type: 'command', message }, parcel);
    } else if (parcel.topic === 'config') {
      const message = parseConfig(parcel.text);
      if (message) this.handle({ type: 'config', message }, parcel);
    }
  }

  #counterMs(): number {
    return Math.floor(this.#counterAtBootMs + this.upForMs * this.#options.clockRate) >>> 0;
  }

  #carryOut({ state, effects }: ReturnType<typeof step>): readonly Effect[] {
    this.#state = state;
    this.#mostEffects = Math.max(this.#mostEffects, effects.length);
    for (const effect of effects) {
      if (effect.type === 'pin') this.pins[effect.channel] = effect.level;
      else if (effect.type === 'store' && effect.key === 'config') this.#config = effect.value;
      else if (effect.type === 'store') this.#switches = effect.value;
      else if (effect.type === 'publish') {
        const text = typeof effect.message === 'string' ? effect.message : JSON.stringify(effect.message);
        this.line?.send({ topic: effect.topic, text, retain: RETAINED.has(effect.topic), order: null });
      }
    }
    return effects;
  }
}
