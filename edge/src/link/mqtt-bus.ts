/**
 * One MQTT connection (home bus or cloud bus), spoken in the topics and messages of the wire.
 *
 * Every connection is a fresh client with a clean session: the library would send again, after a reconnect, what
 * was under way before; a command from before an outage must never arrive. What cannot be sent now is refused now;
 * whoever publishes decides what to do. A publish that the broker forbids closes the socket and is never settled
 * by the library, so every publish has its own time-out. Times here are real: they are about sockets.
 */

import { encodeMessage, type Message, parseMessage } from '@wattward/broker/wire/message';
import { type Ids, parseTopic, TOPICS, type TopicName, topic } from '@wattward/broker/wire/topics';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { backOffMs } from '../delivery/back-off.ts';
import type { ForeignBus, ForeignHeard, Heard, HomeBus } from '../drive/ports.ts';

// Otherwise the library keeps 65,536 buffers of two bytes ready: 9 MB for nothing at a few packets a second.
mqttPacket.writeToStream.cacheNumbers = false;

export interface BusCredential {
  readonly id: string;
  readonly secret: string;
}

export interface BusNote {
  readonly code: 'bus-connected' | 'bus-lost' | 'bus-refused' | 'bus-bad-message';
  readonly message: string;
  readonly remedy?: string;
}

export interface MqttBusOptions {
  readonly url: string;
  readonly credential: BusCredential;
  /** What the broker says when this client is gone. */
  readonly will?: { readonly name: TopicName; readonly ids: Ids; readonly message: Message<TopicName> };
  readonly onNote?: (note: BusNote) => void;
  readonly publishTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly backoffMs?: { readonly first: number; readonly longest: number };
  readonly random?: () => number;
}

interface Subscription {
  readonly name: TopicName;
  readonly ids: Ids;
  readonly hear?: (heard: Heard<TopicName>) => void;
  readonly hearText?: (text: string, retained: boolean) => void;
}

interface ForeignSubscription {
  readonly filter: string;
  readonly hear: (heard: ForeignHeard) => void;
}

const CONNECT_TIMEOUT_MS = 5_000;
const KEEPALIVE_S = 30;
/** CONNACK codes 4 and 5: bad user name or password, not authorised [MQTT 3.1.1, 3.2.2.3]. */
const REFUSED_CODES = new Set([4, 5]);

export class MqttBus implements HomeBus, ForeignBus {
  readonly #options: MqttBusOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #foreign: ForeignSubscription[] = [];
  readonly #linkListeners: ((up: boolean) => void)[] = [];
  #client: MqttClient | null = null;
  #online = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #ended = false;
  #lastProblem = '';

  constructor(options: MqttBusOptions) {
    this.#options = options;
  }

  /** Subscribed and able to publish. */
  get online(): boolean {
    return this.#online;
  }

  /** Begins to connect, and keeps at it until `end`. Subscriptions made before are in place when `onLink` fires. */
  start(): void {
    if (!this.#ended && !this.#client) this.#connect();
  }

  subscribe<N extends TopicName>(name: N, ids: Ids, hear: (heard: Heard<N>) => void): void {
    this.#add({ name, ids, hear: hear as (heard: Heard<TopicName>) => void });
  }

  /** The payload as it came, for a receiver that must answer what cannot be read, too. */
  subscribeText(name: TopicName, ids: Ids, hearText: (text: string, retained: boolean) => void): void {
    this.#add({ name, ids, hearText });
  }

  /** Topics of bought boards (`device-topics`), as a filter with `+` where any level fits. */
  subscribeForeign(filter: string, hear: (heard: ForeignHeard) => void): void {
    this.#foreign.push({ filter, hear });
    if (this.#client && this.#online) this.#client.subscribe(filter, { qos: 1 });
  }

  /** To a bought board, at most once and never retained: a late or kept command would switch a load. */
  publishForeign(path: string, text: string): boolean {
    if (!this.#client || !this.#online) return false;
    this.#client.publish(path, text, { qos: 0, retain: false });
    return true;
  }

  /** A description that others find when they come later; never a command. */
  announceForeign(path: string, text: string): void {
    if (this.#online) this.#client?.publish(path, text, { qos: 1, retain: true });
  }

  onLink(listener: (up: boolean) => void): void {
    this.#linkListeners.push(listener);
  }

  /** True once the broker took it (QoS 1: acknowledged); false when it did not in time. Never rejects. */
  async publish<N extends TopicName>(name: N, ids: Ids, message: Message<N>): Promise<boolean> {
    const client = this.#client;
    if (!client || !this.#online) return false;
    const { qos, retain } = TOPICS[name];
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), this.#options.publishTimeoutMs ?? 5_000);
    client.publish(topic(name, ids), encodeMessage(name, message), { qos, retain }, (error) =>
      resolve(!error),
    );
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Says goodbye in order: `last` is published first, then the connection closes without its will. */
  async end(last?: () => Promise<unknown>): Promise<void> {
    if (this.#ended) return;
    if (this.#online) await last?.();
    this.#ended = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#setOnline(false);
    this.#client = null;
    if (!client) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      client.end(true);
      resolve();
    }, 500);
    client.end(false, {}, () => resolve());
    await promise;
    clearTimeout(timer);
  }

  #add(subscription: Subscription): void {
    this.#subscriptions.push(subscription);
    const { name, ids } = subscription;
    if (this.#client && this.#online) this.#client.subscribe(topic(name, ids), { qos: TOPICS[name].qos });
  }

  #connect(): void {
    const { url, credential } = this.#options;
    const client = mqtt.connect(url, { ...this.#settings(), clientId: credential.id });
    this.#client = client;
    client.on('connect', () => this.#subscribeAll(client));
    client.on('message', (path, payload, packet) => this.#hear(path, payload, packet.retain));
    client.on('error', (error) => this.#problem(error));
    client.on('close', () => this.#lost(client));
  }

  #settings(): IClientOptions {
    const { credential, will } = this.#options;
    const settings: IClientOptions = {
      protocolVersion: 4,
      clean: true,
      username: credential.id,
      password: credential.secret,
      keepalive: KEEPALIVE_S,
      connectTimeout: this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
    };
    if (will) {
      settings.will = {
        topic: topic(will.name, will.ids),
        payload: Buffer.from(encodeMessage(will.name, will.message)),
        qos: TOPICS[will.name].qos,
        retain: TOPICS[will.name].retain,
      };
    }
    return settings;
  }

  #subscribeAll(client: MqttClient): void {
    if (client !== this.#client) return;
    const wanted = [
      ...this.#subscriptions.map(({ name, ids }) => [topic(name, ids), { qos: TOPICS[name].qos }]),
      ...this.#foreign.map(({ filter }) => [filter, { qos: 1 }]),
    ];
    const done = () => {
      if (client !== this.#client) return;
      this.#failures = 0;
      this.#lastProblem = '';
      this.#setOnline(true);
      this.#note({ code: 'bus-connected', message: `connected to ${this.#options.url}` });
    };
    if (wanted.length === 0) done();
    else {
      client.subscribe(Object.fromEntries(wanted), (error, granted) => {
        const denied = granted?.filter(({ qos }) => qos === 128).map((entry) => entry.topic) ?? [];
        if (denied.length > 0) this.#refusedTopics(denied);
        if (error && denied.length === 0) client.end(true);
        else done();
      });
    }
  }

  #hear(path: string, payload: Buffer, retained: boolean): void {
    const known = parseTopic(path);
    if (!known) {
      this.#hearForeign({ path, text: payload.toString('utf8'), retained });
      return;
    }
    const { name, ids } = known;
    const interested = this.#subscriptions.filter((s) => s.name === name && fits(s.ids, ids));
    if (interested.length === 0) return;
    const text = payload.toString('utf8');
    for (const { hearText } of interested) hearText?.(text, retained);
    if (interested.every(({ hear }) => !hear)) return;
    const parsed = parseMessage(name, text);
    if (!parsed.ok) {
      this.#note({ code: 'bus-bad-message', message: `${path}: ${parsed.problem}` });
      return;
    }
    for (const { hear } of interested) hear?.({ ids, message: parsed.message, retained });
  }

  #hearForeign(heard: ForeignHeard): void {
    for (const { filter, hear } of this.#foreign) if (matches(filter, heard.path)) hear(heard);
  }

  #problem(error: Error): void {
    const { url, credential } = this.#options;
    const code = Reflect.get(error, 'code');
    if (typeof code === 'number' && REFUSED_CODES.has(code)) {
      this.#say({
        code: 'bus-refused',
        message: `${url} refuses the identity "${credential.id}"`,
        remedy: `Renew the secret of "${credential.id}" at the broker (user add) and in its secret file.`,
      });
    } else {
      const why = error.message || String(code ?? 'no answer');
      this.#say({
        code: 'bus-lost',
        message: `${url}: ${why}`,
        remedy: 'Check that the broker runs and that address and port in edge.yaml are right.',
      });
    }
  }

  #refusedTopics(denied: readonly string[]): void {
    this.#say({
      code: 'bus-refused',
      message: `${this.#options.url} does not let "${this.#options.credential.id}" hear ${denied.join(', ')}`,
      remedy: 'Check role and bindings of this identity at the broker.',
    });
  }

  #lost(client: MqttClient): void {
    if (client !== this.#client) return;
    this.#client = null;
    client.end(true);
    const wasOnline = this.#online;
    this.#setOnline(false);
    if (this.#ended) return;
    if (wasOnline) this.#say({ code: 'bus-lost', message: `${this.#options.url} closed the connection` });
    const { first, longest } = this.#options.backoffMs ?? { first: 500, longest: 30_000 };
    const random = this.#options.random ?? Math.random;
    const backOff = { firstMs: first, longestMs: longest, steady: 0.5 };
    const waitMs = backOffMs(this.#failures, backOff, random());
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), waitMs);
  }

  #setOnline(up: boolean): void {
    if (this.#online === up) return;
    this.#online = up;
    for (const listener of this.#linkListeners) listener(up);
  }

  /** The same problem at every attempt is said once. */
  #say(note: BusNote): void {
    if (note.message === this.#lastProblem) return;
    this.#lastProblem = note.message;
    this.#note(note);
  }

  #note(note: BusNote): void {
    this.#options.onNote?.(note);
  }
}

function fits(wanted: Ids, ids: Ids): boolean {
  return Object.entries(wanted).every(([key, id]) => id === undefined || Reflect.get(ids, key) === id);
}

function matches(filter: string, path: string): boolean {
  const levels = path.split('/');
  const wanted = filter.split('/');
  return wanted.length === levels.length && wanted.every((level, i) => level === '+' || level === levels[i]);
}
