/** One relay board in virtual time: the real state machine, its power, and its place on the line. */
import type { Message } from '@wattward/broker/wire/message';
import type { TopicName } from '@wattward/broker/wire/topics';
import { step } from '@wattward/hardware/relay-board/machine';
import type { CommandMessage } from '@wattward/hardware/relay-board/messages';
import {
  type BoardEvent,
  type BoardState,
  type Effect,
  unpowered,
} from '@wattward/hardware/relay-board/state';
import type { HomeLine } from './home-line.ts';

/** Sees every command that reaches the board, before and after. */
export interface CommandWatch {
  before(message: CommandMessage, board: BoardState, nowMs: number): void;
  after(board: BoardState, nowMs: number): void;
}

export interface BoardTwinOptions {
  readonly board: string;
  readonly line: HomeLine;
  readonly nowMs: number;
  readonly onContact: (channel: number, on: boolean) => void;
  readonly watch: CommandWatch | null;
}

export class BoardTwin {
  readonly #options: BoardTwinOptions;
  #state: BoardState;
  #poweredAtMs = 0;
  #boots = 0;
  /** What its flash holds. */
  #stored: { config: BoardState['config'] | null; switches: readonly number[] | null } = {
    config: null,
    switches: null,
  };

  constructor(options: BoardTwinOptions) {
    this.#options = options;
    const { board, line, nowMs } = options;
    this.#state = unpowered({
      board,
      model: 'esp12f-4ch',
      firmware: 'virtual',
      mac: '5c:cf:7f:00:00:01',
      claim: '',
      pins: [16, 14, 12, 13],
    });
    line.plug(board, { hear: (name, message, atMs) => this.#hear(name, message, atMs) });
    this.reboot(nowMs);
  }

  /** The board itself, for whoever watches. */
  get state(): BoardState {
    return this.#state;
  }

  /** Power cut and back: everything in the safe state, a new boot id. */
  reboot(nowMs: number): void {
    this.#boots += 1;
    this.#poweredAtMs = nowMs;
    const boot = this.#boots.toString(16).padStart(4, '0');
    const stored = { storedConfig: this.#stored.config, storedSwitches: this.#stored.switches };
    this.#carry(step(this.#state, { type: 'boot', cause: 'power-on', boot, ...stored }, 0), nowMs);
    for (const { channel, on } of this.#state.channels) this.#options.onContact(channel, on);
    this.#event({ type: 'link', up: true }, nowMs);
  }

  pressButton(channel: number, nowMs: number): void {
    this.#event({ type: 'button', channel }, nowMs);
  }

  /** Lets the board's own clock run on. */
  tick(nowMs: number): void {
    this.#event({ type: 'tick', rssi: -60, heap: 20_000 }, nowMs);
  }

  #hear(name: TopicName, message: Message<TopicName>, nowMs: number): void {
    // What time alone does (a lease that ends) comes before what a message does.
    this.tick(nowMs);
    if (name === 'boardConfig') {
      this.#event({ type: 'config', message: message as BoardState['config'] }, nowMs);
    } else if (name === 'boardCommand') {
      const { watch } = this.#options;
      const command = message as CommandMessage;
      watch?.before(command, this.#state, nowMs);
      this.#event({ type: 'command', message: command }, nowMs);
      watch?.after(this.#state, nowMs);
    }
  }

  #event(event: BoardEvent, nowMs: number): void {
    this.#carry(step(this.#state, event, nowMs - this.#poweredAtMs), nowMs);
  }

  #carry(result: { readonly state: BoardState; readonly effects: readonly Effect[] }, nowMs: number): void {
    const before = this.#state.channels;
    this.#state = result.state;
    for (let i = 0; i < result.state.channels.length; i += 1) {
      const channel = result.state.channels[i];
      if (channel && before[i] && before[i]?.on !== channel.on) {
        this.#options.onContact(channel.channel, channel.on);
      }
    }
    for (const effect of result.effects) this.#act(effect, nowMs);
  }

  #act(effect: Effect, nowMs: number): void {
    const { board, line } = this.#options;
    if (effect.type === 'store') {
      if (effect.key === 'config') this.#stored.config = effect.value;
      else this.#stored.switches = effect.value;
    } else if (effect.type === 'publish') {
      if (effect.topic === 'state') line.say('boardState', board, effect.message, nowMs);
      else if (effect.topic === 'ack') line.say('boardAck', board, effect.message, nowMs);
      else if (effect.topic === 'hello') line.say('boardHello', board, effect.message, nowMs);
    }
  }
}
