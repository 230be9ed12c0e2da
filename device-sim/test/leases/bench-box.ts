/** The box: the real driver on a virtual bus. It can be killed, begun anew, and frozen in the middle of its work. */
import type { BoardConfig } from '@wattward/broker/wire/board';
import { encodeMessage, type Message, parseMessage } from '@wattward/broker/wire/message';
import type { Ids, TopicName } from '@wattward/broker/wire/topics';
import type { BoardEvent } from '../../../edge/src/drive/board-driver.ts';
import type { Heard, HomeBus } from '../../../edge/src/drive/ports.ts';
import { RelayBoard } from '../../../edge/src/drive/relay-board.ts';
import type { Desired, RelayChannel } from '../../../edge/src/drive/relay-channel.ts';
import { BOARD } from './bench-board.ts';
import type { BusTopic, Line, Parcel, SentOrder } from './virtual-broker.ts';
import type { VirtualTime } from './virtual-time.ts';

const CYCLE_MS = 1_000;

const NAMES = {
  boardHello: 'hello',
  boardAvailability: 'availability',
  boardState: 'state',
  boardAck: 'ack',
  boardButton: 'button',
  boardCommand: 'command',
  boardConfig: 'config',
  boardIdentify: 'identify',
} as const satisfies Partial<Record<TopicName, BusTopic>>;
type BoardTopicName = keyof typeof NAMES;

export const BOX_HEARS: readonly BusTopic[] = ['hello', 'availability', 'state', 'ack', 'button', 'command'];

export interface BenchBoxOptions {
  readonly time: VirtualTime;
  readonly config: BoardConfig;
  readonly leaseS: ReadonlyMap<number, number>;
  readonly random: () => number;
  readonly onSent: (order: SentOrder) => void;
}

export class BenchBox {
  readonly #options: BenchBoxOptions;
  readonly #wanted = new Map<number, Desired>();
  readonly events: BoardEvent[] = [];
  #driver: RelayBoard | null = null;
  #bus: VirtualBus | null = null;
  #frozenUntilMs = 0;
  #waiting: { parcel: Parcel; retained: boolean }[] = [];
  line: Line | null = null;

  constructor(options: BenchBoxOptions) {
    this.#options = options;
  }

  get alive(): boolean {
    return this.#driver !== null;
  }

  start(): void {
    const { time, config, leaseS, random } = this.#options;
    const startedAtMs = time.nowMs;
    this.#bus = new VirtualBus((name, message) => this.#send(name, message), this.line?.connected ?? false);
    this.#driver = new RelayBoard({
      config,
      leaseS,
      bus: this.#bus,
      clock: { monoMs: () => time.nowMs - startedAtMs },
      cycleMs: CYCLE_MS,
      onEvent: (event) => this.events.push(event),
      random,
    });
  }

  /** As with SIGKILL: nothing is said any more. */
  kill(): void {
    this.#driver = null;
    this.#bus = null;
    this.#waiting = [];
    this.line?.drop();
  }

  /** The process stands still; what arrives meanwhile it hears afterwards. */
  freeze(forMs: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#options.time.nowMs + forMs);
  }

  want(channel: number, desired: Desired): void {
    this.#wanted.set(channel, desired);
  }

  wanted(channel: number): Desired | undefined {
    return this.#wanted.get(channel);
  }

  channel(channel: number): RelayChannel | undefined {
    return this.#driver?.channel(channel);
  }

  cycle(): void {
    if (!this.#driver || this.#frozen) return;
    for (const { parcel, retained } of this.#waiting.splice(0)) this.#bus?.hear(parcel, retained);
    for (const [channel, desired] of this.#wanted) this.#driver.order(channel, desired);
    this.#driver.tick();
  }

  receive(parcel: Parcel, retained: boolean): void {
    if (this.#frozen) this.#waiting.push({ parcel, retained });
    else this.#bus?.hear(parcel, retained);
  }

  linked(up: boolean): void {
    this.#bus?.setOnline(up);
  }

  get #frozen(): boolean {
    return this.#options.time.nowMs < this.#frozenUntilMs;
  }

  #send(name: BoardTopicName, message: Message<TopicName>): void {
    const text = encodeMessage(name, message as never);
    const order = name === 'boardCommand' ? this.#order(message as Message<'boardCommand'>, text) : null;
    this.line?.send({ topic: NAMES[name], text, retain: name === 'boardConfig', order });
  }

  #order({ boot, seq, channel, on, leaseS }: Message<'boardCommand'>, text: string): SentOrder {
    const order = { sentAtMs: this.#options.time.nowMs, boot, seq, channel, on, leaseS, text, deliveries: 0 };
    this.#options.onSent(order);
    return order;
  }
}

/** The driver's own side of the bus. */
class VirtualBus implements HomeBus {
  readonly #send: (name: BoardTopicName, message: Message<TopicName>) => void;
  readonly #hears = new Map<BusTopic, (heard: Heard<TopicName>) => void>();
  readonly #listeners: ((up: boolean) => void)[] = [];
  online: boolean;

  constructor(send: (name: BoardTopicName, message: Message<TopicName>) => void, online: boolean) {
    this.#send = send;
    this.online = online;
  }

  subscribe<N extends TopicName>(name: N, _: Ids, hear: (heard: Heard<N>) => void): void {
    this.#hears.set(NAMES[name as BoardTopicName], hear as (heard: Heard<TopicName>) => void);
  }

  onLink(listener: (up: boolean) => void): void {
    this.#listeners.push(listener);
  }

  publish<N extends TopicName>(name: N, _: Ids, message: Message<N>): Promise<boolean> {
    if (this.online) this.#send(name as BoardTopicName, message);
    return Promise.resolve(this.online);
  }

  setOnline(up: boolean): void {
    if (this.online === up) return;
    this.online = up;
    for (const listener of this.#listeners) listener(up);
  }

  hear({ topic, text }: Parcel, retained: boolean): void {
    const hear = this.#hears.get(topic);
    const name = (Object.keys(NAMES) as BoardTopicName[]).find((n) => NAMES[n] === topic);
    if (!hear || !name) return;
    const parsed = parseMessage(name, text);
    if (parsed.ok) hear({ ids: { boardId: BOARD }, message: parsed.message, retained });
  }
}
