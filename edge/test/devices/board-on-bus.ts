/**
 * A relay board on a real broker: the board's own state machine (hardware/relay-board) behind a real MQTT client.
 * It can be deaf, mute, or boot anew.
 */

import { parseMessage } from '@wattward/broker/wire/message';
import { TOPICS, type TopicName, topic } from '@wattward/broker/wire/topics';
import mqtt, { type MqttClient } from 'mqtt';
import { step } from '../../../hardware/relay-board/machine.ts';
import {
  type BoardEvent,
  type BoardState,
  type Identity,
  unpowered,
} from '../../../hardware/relay-board/state.ts';

const NAMES: Readonly<Record<string, TopicName>> = {
  hello: 'boardHello',
  availability: 'boardAvailability',
  state: 'boardState',
  ack: 'boardAck',
  button: 'boardButton',
};

export interface BoardOnBusOptions {
  readonly url: string;
  readonly board: string;
  readonly secret: string;
  /** Site milliseconds. */
  readonly monoMs: () => number;
  /** Real time between two looks at its clock. */
  readonly tickMs: number;
  readonly onPin?: (channel: number, level: 0 | 1) => void;
}

/** Boards in tests have been up for a minute, so that their boot hold is over. */
const UP_BEFORE_MS = 60_000;

export class BoardOnBus {
  /** Commands heard, in order. */
  readonly commands: {
    channel: number;
    on: boolean;
    seq: number;
    leaseS: number;
    protective?: boolean | undefined;
  }[] = [];
  deaf = false;
  mute = false;
  readonly #options: BoardOnBusOptions;
  readonly #client: MqttClient;
  readonly #timer: NodeJS.Timeout;
  #state: BoardState;
  #startedMs: number;

  private constructor(options: BoardOnBusOptions, client: MqttClient) {
    this.#options = options;
    this.#client = client;
    const { board } = options;
    const identity: Identity = {
      board,
      model: 'esp12f-4ch',
      firmware: '0.1.0',
      mac: 'a4:cf:12:00:00:01',
      claim: '',
      pins: [16, 14, 12, 13],
    };
    this.#state = unpowered(identity);
    this.#startedMs = options.monoMs();
    client.on('message', (path, payload) => this.#hear(path, payload.toString()));
    this.#timer = setInterval(() => this.send({ type: 'tick', rssi: -60, heap: 20_000 }), options.tickMs);
  }

  static async open(options: BoardOnBusOptions): Promise<BoardOnBus> {
    const { url, board, secret } = options;
    const client = await mqtt.connectAsync(url, {
      protocolVersion: 4,
      clientId: board,
      username: board,
      password: secret,
      reconnectPeriod: 0,
    });
    const twin = new BoardOnBus(options, client);
    const ids = { boardId: board };
    await client.subscribeAsync([topic('boardCommand', ids), topic('boardConfig', ids)], { qos: 1 });
    twin.boot('a1');
    return twin;
  }

  get state(): BoardState {
    return this.#state;
  }

  isOn(channel: number): boolean {
    return this.#state.channels.find((c) => c.channel === channel)?.on ?? false;
  }

  boot(bootId: string): void {
    this.#startedMs = this.#options.monoMs() - UP_BEFORE_MS;
    this.#carryOut(
      step(
        this.#state,
        {
          type: 'boot',
          cause: 'power-on',
          boot: bootId,
          storedConfig: this.#state.config,
          storedSwitches: null,
        },
        0,
      ),
    );
    this.send({ type: 'link', up: true });
  }

  send(event: BoardEvent): void {
    if (this.#state.boot === '') return;
    const nowMs = Math.floor(this.#options.monoMs() - this.#startedMs);
    this.#carryOut(step(this.#state, event, nowMs));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }

  #carryOut({ state, effects }: ReturnType<typeof step>): void {
    this.#state = state;
    for (const effect of effects) {
      if (effect.type === 'pin') this.#options.onPin?.(effect.channel, effect.level);
      if (effect.type !== 'publish' || this.mute) continue;
      const name = NAMES[effect.topic];
      if (!name) continue;
      const payload = typeof effect.message === 'string' ? effect.message : JSON.stringify(effect.message);
      const { qos, retain } = TOPICS[name];
      this.#client.publish(topic(name, { boardId: this.#options.board }), payload, { qos, retain });
    }
  }

  #hear(path: string, text: string): void {
    const ids = { boardId: this.#options.board };
    if (this.deaf) return;
    if (path === topic('boardCommand', ids)) {
      const parsed = parseMessage('boardCommand', text);
      if (!parsed.ok) return;
      this.commands.push(parsed.message);
      this.send({ type: 'command', message: parsed.message });
    } else {
      const parsed = parseMessage('boardConfig', text);
      if (parsed.ok) this.send({ type: 'config', message: parsed.message });
    }
  }
}
