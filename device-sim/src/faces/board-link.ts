/** A board twin on the home bus: its own credential, its last will, and nothing but its own topics. */
import { encodeMessage, parseMessage } from '@wattward/broker/wire/message';
import { TOPICS, type TopicName, topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import { BoardTwin, type BoardTwinOptions, type Publication } from './board-twin.ts';
import { connectAs } from './mqtt-client.ts';

const PUBLISHES = {
  hello: 'boardHello',
  availability: 'boardAvailability',
  state: 'boardState',
  ack: 'boardAck',
  button: 'boardButton',
} as const satisfies Record<Publication['topic'], TopicName>;

const HEARS = ['boardCommand', 'boardConfig', 'boardIdentify'] as const;

export interface BoardLinkOptions extends Omit<BoardTwinOptions, 'publish'> {
  readonly brokerUrl: string;
  readonly secretsDir: string;
  /** Home milliseconds per real millisecond. */
  readonly speed: number;
  readonly onProblem: (message: string) => void;
}

/** The board looks at its clock four times a second of its own. */
const TICK_MS = 250;
const SHORTEST_TIMER_MS = 20;

export class BoardLink {
  readonly twin: BoardTwin;
  readonly #client: MqttClient;
  readonly #timer: NodeJS.Timeout;

  constructor(options: BoardLinkOptions) {
    const ids = { boardId: options.identity.board };
    const will = { topic: topic('boardAvailability', ids), payload: 'offline' };
    this.#client = connectAs(options.brokerUrl, options.secretsDir, options.identity.board, will);
    this.twin = new BoardTwin({ ...options, publish: (publication) => this.#publish(publication) });
    this.#client.on('connect', () => {
      this.#client.subscribe(
        HEARS.map((name) => topic(name, ids)),
        { qos: 1 },
        (error) => {
          if (error) options.onProblem(`board ${this.twin.id} may not subscribe: ${error.message}`);
          else this.twin.handle({ type: 'link', up: true });
        },
      );
    });
    this.#client.on('close', () => this.twin.handle({ type: 'link', up: false }));
    this.#client.on('error', (error) => options.onProblem(`board ${this.twin.id}: ${error.message}`));
    this.#client.on('message', (path, payload) => this.#hear(path, payload.toString('utf8')));
    this.#timer = setInterval(() => this.twin.tick(), Math.max(SHORTEST_TIMER_MS, TICK_MS / options.speed));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }

  #publish(publication: Publication): void {
    const name = PUBLISHES[publication.topic];
    const { qos, retain } = TOPICS[name];
    // The machine's plain types are the wire's; the contract test holds them to it.
    const payload = encodeMessage(name, publication.message as never);
    this.#client.publish(topic(name, { boardId: this.twin.id }), payload, { qos, retain }, () => {});
  }

  #hear(path: string, payload: string): void {
    for (const name of HEARS) {
      if (path !== topic(name, { boardId: this.twin.id })) continue;
      if (name === 'boardCommand') {
        const parsed = parseMessage(name, payload);
        if (parsed.ok) this.twin.handle({ type: 'command', message: parsed.message });
      } else if (name === 'boardConfig') {
        const parsed = parseMessage(name, payload);
        if (parsed.ok) this.twin.handle({ type: 'config', message: parsed.message });
      } else {
        const parsed = parseMessage(name, payload);
        if (parsed.ok) this.twin.handle({ type: 'identify', seconds: parsed.message.seconds });
      }
    }
  }
}
