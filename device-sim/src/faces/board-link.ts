/**
 * A board twin on the home bus: its own credential, its last will, and nothing but its own topics. It has a supply
 * and a link that can be cut. One that was never claimed connects with the code of its label, says only hello, and
 * waits for its own secret.
 */
import { createHash } from 'node:crypto';
import { encodeMessage, parseMessage } from '@wattward/broker/wire/message';
import { TOPICS, type TopicName, topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import { everyHomeMs } from '../home/home-timer.ts';
import { BoardTwin, type BoardTwinOptions, type Publication } from './board-twin.ts';
import { connectWith, readCredential } from './mqtt-client.ts';

const PUBLISHES = {
  hello: 'boardHello',
  availability: 'boardAvailability',
  state: 'boardState',
  ack: 'boardAck',
  button: 'boardButton',
} as const satisfies Record<Publication['topic'], TopicName>;

const HEARS = ['boardCommand', 'boardConfig', 'boardIdentify'] as const;
const HEARS_UNCLAIMED = ['boardIdentify', 'boardCredential'] as const;

export interface BoardLinkOptions extends Omit<BoardTwinOptions, 'publish'> {
  readonly brokerUrl: string;
  readonly secretsDir: string;
  /** Home milliseconds per real millisecond. */
  readonly speed: number;
  readonly onProblem: (message: string) => void;
  /** The code on its label, for a board that was never claimed. */
  readonly label?: string;
  /** Its own secret, told at the claim: to be kept over a power cut. */
  readonly onClaimed?: (secret: string) => void;
}

/** The board looks at its clock four times a second of its own. */
const TICK_MS = 250;
const SHORTEST_TIMER_MS = 20;

export class BoardLink {
  readonly id: string;
  readonly #options: BoardLinkOptions;
  #twin: BoardTwin;
  #client: MqttClient | null = null;
  #stop: () => void = () => {};
  #secret: string | null;
  #powered = true;
  #linked = true;
  #boots = 0;

  constructor(options: BoardLinkOptions) {
    const { board } = options.identity;
    this.id = board;
    this.#options = options;
    this.#secret = options.label === undefined ? readCredential(options.secretsDir, board).secret : null;
    this.#twin = this.#boot(options);
    this.#start();
  }

  /** The machine as it runs now; another one after every power cut. */
  get twin(): BoardTwin {
    return this.#twin;
  }

  get powered(): boolean {
    return this.#powered;
  }

  /** Its supply; without it every relay drops. */
  setPower(on: boolean): void {
    if (this.#powered === on) return;
    this.#powered = on;
    if (on) {
      this.#boots += 1;
      const bootId = createHash('sha256')
        .update(`${this.#options.bootId}/${this.#boots}`)
        .digest('hex')
        .slice(0, 8);
      this.#twin = this.#boot({ ...this.#options, bootId, flash: this.#twin.flash, poweredForMs: 0 });
      this.#start();
      return;
    }
    this.#stop();
    this.#disconnect();
    for (const { channel } of this.#twin.state.channels) this.#options.onContact(channel, false);
  }

  /**
   * Its way to the broker; the machine goes on without it.
   * @param politely it takes its leave, so that the broker speaks no last will and what is retained stays
   */
  setLink(up: boolean, politely = false): void {
    if (this.#linked === up) return;
    this.#linked = up;
    if (!up) this.#disconnect(politely);
    else if (this.#powered) this.#connect();
  }

  async close(): Promise<void> {
    this.#stop();
    const client = this.#client;
    this.#client = null;
    await client?.endAsync(true);
  }

  #boot(options: BoardTwinOptions | BoardLinkOptions): BoardTwin {
    return new BoardTwin({
      ...this.#options,
      ...options,
      identity: { ...this.#options.identity, claim: fingerprint(this.#options.label) },
      publish: (publication) => this.#publish(publication),
    });
  }

  #start(): void {
    this.#stop = everyHomeMs(
      { homeMs: TICK_MS, shortestMs: SHORTEST_TIMER_MS, speed: () => this.#options.speed },
      () => this.#twin.tick(),
    );
    if (this.#linked) this.#connect();
  }

  #connect(): void {
    const { brokerUrl, onProblem, label } = this.#options;
    const ids = { boardId: this.id };
    const secret = this.#secret;
    // Before its claim a board may leave no last will.
    const will = secret === null ? undefined : { topic: topic('boardAvailability', ids), payload: 'offline' };
    const client = connectWith(brokerUrl, { id: this.id, secret: secret ?? label ?? '' }, will);
    this.#client = client;
    const hears = secret === null ? HEARS_UNCLAIMED : HEARS;
    client.on('connect', () => {
      client.subscribe(
        hears.map((name) => topic(name, ids)),
        { qos: 1 },
        (error) => {
          if (error) onProblem(`board ${this.id} may not subscribe: ${error.message}`);
          else if (this.#client === client) this.#twin.handle({ type: 'link', up: true });
        },
      );
    });
    client.on('close', () => {
      if (this.#powered) this.#twin.handle({ type: 'link', up: false });
    });
    client.on('error', (error) => onProblem(`board ${this.id}: ${error.message}`));
    client.on('message', (path, payload) => this.#hear(path, payload.toString('utf8')));
  }

  /** Cut off, not said goodbye: the broker speaks the last will. */
  #disconnect(politely = false): void {
    const client = this.#client;
    this.#client = null;
    if (!client) return;
    if (politely) {
      client.end();
      return;
    }
    client.stream.destroy();
    client.end(true);
  }

  #publish(publication: Publication): void {
    const name = PUBLISHES[publication.topic];
    const client = this.#client;
    if (!client?.connected || (this.#secret === null && name !== 'boardHello')) return;
    const { qos, retain } = TOPICS[name];
    // The machine's plain types are the wire's; the contract test holds them to it.
    const payload = encodeMessage(name, publication.message as never);
    client.publish(topic(name, { boardId: this.id }), payload, { qos, retain }, () => {});
  }

  #hear(path: string, payload: string): void {
    const ids = { boardId: this.id };
    if (path === topic('boardCommand', ids)) {
      const parsed = parseMessage('boardCommand', payload);
      if (parsed.ok) this.#twin.handle({ type: 'command', message: parsed.message });
    } else if (path === topic('boardConfig', ids)) {
      const parsed = parseMessage('boardConfig', payload);
      if (parsed.ok) this.#twin.handle({ type: 'config', message: parsed.message });
    } else if (path === topic('boardIdentify', ids)) {
      const parsed = parseMessage('boardIdentify', payload);
      if (parsed.ok) this.#twin.handle({ type: 'identify', seconds: parsed.message.seconds });
    } else if (path === topic('boardCredential', ids)) {
      const parsed = parseMessage('boardCredential', payload);
      if (!parsed.ok || parsed.message.board !== this.id) return;
      this.#secret = parsed.message.secret;
      this.#options.onClaimed?.(this.#secret);
      this.#disconnect();
      if (this.#linked && this.#powered) this.#connect();
    }
  }
}

/** As the firmware makes it from its label. */
function fingerprint(label: string | undefined): string {
  return label === undefined ? '' : createHash('sha256').update(label).digest('hex').slice(0, 16);
}
