/**
 * A home broker without sockets: retained topics, sessions that lose what was under way when they break, delays that
 * keep the order, connections that freeze and thaw with everything they held back.
 */
import type { VirtualTime } from './virtual-time.ts';

export type BusTopic =
  | 'hello'
  | 'availability'
  | 'state'
  | 'ack'
  | 'button'
  | 'command'
  | 'config'
  | 'identify';

/** What one command of the box was, for whoever watches; it travels beside the text and nobody else sees it. */
export interface SentOrder {
  readonly sentAtMs: number;
  readonly boot: string;
  readonly seq: number;
  readonly channel: number;
  readonly on: boolean;
  readonly leaseS: number;
  readonly text: string;
  deliveries: number;
}

export interface Parcel {
  readonly topic: BusTopic;
  readonly text: string;
  readonly retain: boolean;
  readonly order: SentOrder | null;
}

export interface LineOptions {
  readonly hears: readonly BusTopic[];
  /** Milliseconds until a message arrives. */
  readonly delayMs: () => number;
  readonly receive: (parcel: Parcel, retained: boolean) => void;
  readonly onLink: (up: boolean) => void;
}

export class VirtualBroker {
  readonly #lines: Line[] = [];
  readonly retained = new Map<BusTopic, Parcel>();
  readonly time: VirtualTime;
  #up = true;

  constructor(time: VirtualTime) {
    this.time = time;
  }

  get up(): boolean {
    return this.#up;
  }

  line(options: LineOptions): Line {
    const line = new Line(this, options);
    this.#lines.push(line);
    return line;
  }

  publish(parcel: Parcel): void {
    if (!this.#up) return;
    if (parcel.retain) this.retained.set(parcel.topic, parcel);
    for (const line of this.#lines) line.hand(parcel, false);
  }

  /** @param forgets what was retained is gone, as with a broker that keeps it in memory */
  kill(forgets: boolean): void {
    this.#up = false;
    for (const line of this.#lines) line.drop();
    if (forgets) this.retained.clear();
  }

  restart(): void {
    this.#up = true;
  }
}

export class Line {
  readonly #broker: VirtualBroker;
  readonly #options: LineOptions;
  /** Zero while there is none. */
  #session = 0;
  #sessions = 0;
  #lastInMs = 0;
  #lastOutMs = 0;
  #frozenUntilMs = 0;

  constructor(broker: VirtualBroker, options: LineOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  get connected(): boolean {
    return this.#session !== 0;
  }

  /** False when no broker is there. */
  connect(): boolean {
    if (this.connected || !this.#broker.up) return this.connected;
    this.#sessions += 1;
    this.#session = this.#sessions;
    this.#options.onLink(true);
    for (const parcel of this.#broker.retained.values()) this.hand(parcel, true);
    return true;
  }

  /** What was under way is lost. */
  drop(): void {
    if (!this.connected) return;
    this.#session = 0;
    this.#options.onLink(false);
  }

  /** Nothing comes through until then, and all of it afterwards. */
  freeze(forMs: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#broker.time.nowMs + forMs);
  }

  send(parcel: Parcel): void {
    if (!this.connected) return;
    this.#lastOutMs = this.#arrivalMs(this.#lastOutMs);
    const session = this.#session;
    this.#broker.time.at(this.#lastOutMs, () => {
      if (session === this.#session) this.#broker.publish(parcel);
    });
  }

  /** From the broker to this client. */
  hand(parcel: Parcel, retained: boolean): void {
    if (!this.connected || !this.#options.hears.includes(parcel.topic)) return;
    this.#lastInMs = this.#arrivalMs(this.#lastInMs);
    const session = this.#session;
    this.#broker.time.at(this.#lastInMs, () => {
      if (session === this.#session) this.#options.receive(parcel, retained);
    });
  }

  #arrivalMs(lastMs: number): number {
    return Math.max(lastMs, this.#frozenUntilMs, this.#broker.time.nowMs + this.#options.delayMs());
  }
}
