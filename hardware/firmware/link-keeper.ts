/**
 * Keeps the board connected: joins Wi-Fi, connects to the broker with a last will, comes back after every loss with
 * a random pause of 1 to 60 s. It never touches a relay: leases do that. Ticked once a second.
 */

import type { Access } from './board-store.ts';
import { subscriptions, topicOf } from './board-topics.ts';
import { Inbox, type Received } from './inbox.ts';
import type { Outbox } from './outbox.ts';
import type { Connection, MqttPort, RadioPort } from './ports.ts';

const ANSWER_MS = 15_000;
const JOIN_MS = 30_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const KEEP_ALIVE_MS = 20_000;

export interface LinkOptions {
  readonly board: string;
  readonly radio: RadioPort;
  readonly mqtt: MqttPort;
  readonly outbox: Outbox;
  readonly random32: () => number;
  /** Secret of the claim, or the factory code before it. */
  readonly credential: () => { readonly secret: string; readonly claimed: boolean };
  readonly onLink: (up: boolean) => void;
  readonly onMessage: (received: Received) => void;
}

type Phase = 'idle' | 'joining' | 'pausing' | 'connecting' | 'linked';

export class LinkKeeper {
  readonly #options: LinkOptions;
  #access: Access | undefined;
  #phase: Phase = 'idle';
  #sinceMs = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #failures = 0;
  #hasAddress = false;
  #reconnects = false;
  #connection: Connection | null = null;
  /** Calls of a connection that was given up are void. */
  #generation = 0;
  #nowMs = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get linked(): boolean {
    return this.#phase === 'linked';
  }

  start(access: Access, nowMs: number): void {
    this.stop();
    this.#access = access;
    this.#join(nowMs);
  }

  stop(): void {
    this.#drop();
    this.#access = undefined;
    this.#phase = 'idle';
    this.#hasAddress = false;
    this.#options.radio.leave();
  }

  /** From the radio: it has an address, or lost it. */
  address(has: boolean, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#hasAddress = has;
    if (this.#phase === 'idle') return;
    if (has) this.#connect();
    else {
      this.#drop();
      this.#enter('joining', nowMs);
    }
  }

  /**
   * Connects anew with what `credential` says now, from the next tick on: asked for by a message, within a call of
   * the connection that is to be closed.
   */
  reconnect(): void {
    this.#reconnects = true;
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#reconnects) {
      this.#reconnects = false;
      if (this.#phase === 'linked' || this.#phase === 'connecting') this.#failed();
    }
    const lastedMs = nowMs - this.#sinceMs;
    if (this.#phase === 'joining' && lastedMs >= JOIN_MS) this.#join(nowMs);
    else if (this.#phase === 'connecting' && lastedMs >= ANSWER_MS) this.#failed();
    else if (this.#phase === 'pausing' && lastedMs >= this.#pauseMs) {
      if (this.#hasAddress) this.#connect();
      else this.#join(nowMs);
    }
  }

  #join(nowMs: number): void {
    if (!this.#access) return;
    this.#hasAddress = false;
    this.#options.radio.leave();
    this.#options.radio.join(this.#access.ssid, this.#access.password);
    this.#enter('joining', nowMs);
  }

  #connect(): void {
    if (!this.#access || this.#connection) return;
    const { board, mqtt, outbox, credential } = this.#options;
    const { secret, claimed } = credential();
    this.#generation += 1;
    const generation = this.#generation;
    const current = () => generation === this.#generation;
    const inbox = new Inbox();
    this.#enter('connecting', this.#nowMs);
    const will = { topic: topicOf(board, 'availability'), message: 'offline', qos: 1, retain: true } as const;
    try {
      const connection = mqtt.connect({
        host: this.#access.host,
        port: this.#access.port,
        id: board,
        user: board,
        password: secret,
        keepAliveMs: KEEP_ALIVE_MS,
        // The factory credential may say hello and nothing else, so it cannot leave a will.
        will: claimed ? will : null,
        onAccepted: (code) => {
          if (current()) this.#accepted(code, claimed);
        },
        onPart: (part, head) => {
          const received = current() ? inbox.take(part, head) : undefined;
          if (received) this.#options.onMessage(received);
        },
        onWritable: (roomBytes) => {
          if (current()) outbox.writable(roomBytes);
        },
        onClosed: () => {
          if (current()) this.#failed();
        },
      });
      // It may have failed before it was even handed out.
      if (current()) this.#connection = connection;
      else connection.close();
    } catch {
      this.#failed();
    }
  }

  #accepted(code: number, claimed: boolean): void {
    if (code !== 0 || !this.#connection) {
      this.#failed();
      return;
    }
    const { board, outbox, onLink } = this.#options;
    this.#failures = 0;
    this.#enter('linked', this.#nowMs);
    outbox.opened(this.#connection, claimed ? null : ['hello']);
    this.#connection.subscribe(subscriptions(board, claimed));
    onLink(true);
  }

  /** Full jitter: all boards of a house must not come back in the same second. */
  #failed(): void {
    this.#drop();
    const ceilingMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, 6));
    const share = this.#options.random32() / 2 ** 32;
    this.#pauseMs = FIRST_PAUSE_MS + share * (ceilingMs - FIRST_PAUSE_MS);
    this.#failures += 1;
    this.#enter('pausing', this.#nowMs);
  }

  #drop(): void {
    this.#generation += 1;
    const wasLinked = this.#phase === 'linked';
    this.#connection?.close();
    this.#connection = null;
    this.#options.outbox.closed();
    if (wasLinked) this.#options.onLink(false);
  }

  #enter(phase: Phase, nowMs: number): void {
    this.#phase = phase;
    this.#sinceMs = nowMs;
  }
}
