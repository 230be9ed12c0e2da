/**
 * Messages on their way out, at most eight: the socket of an ESP8266 takes little at a time, and memory is short.
 * Only the newest state is worth sending, so a new one replaces the one that waits. When there is no room, the
 * oldest message that is repeated anyway goes first, then the oldest of all. Nothing is kept over a lost link.
 */
import { publishOptions, topicOf, type UpTopic } from './board-topics.ts';
import type { Connection, TextPort } from './ports.ts';

export const MAX_WAITING = 8;
/** Fixed header, packet id and the two lengths of an MQTT publish, at the most. */
const OVERHEAD_BYTES = 9;

interface Waiting {
  readonly name: UpTopic;
  readonly payload: Uint8Array;
}

export class Outbox {
  readonly #board: string;
  readonly #text: TextPort;
  #waiting: Waiting[] = [];
  #connection: Connection | null = null;
  #only: readonly UpTopic[] | null = null;
  #roomBytes = 0;

  constructor(board: string, text: TextPort) {
    this.#board = board;
    this.#text = text;
  }

  /** @param only names that the credential may publish, null: all. A broker closes the link on any other. */
  opened(connection: Connection, only: readonly UpTopic[] | null): void {
    this.#connection = connection;
    this.#only = only;
    this.#waiting = [];
  }

  closed(): void {
    this.#connection = null;
    this.#waiting = [];
    this.#roomBytes = 0;
  }

  /** @returns whether everything went out. */
  writable(roomBytes: number): boolean {
    this.#roomBytes = roomBytes;
    return this.#flush();
  }

  push(name: UpTopic, message: object | string): void {
    if (!this.#connection || (this.#only && !this.#only.includes(name))) return;
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    if (name === 'state') this.#waiting = this.#waiting.filter((w) => w.name !== 'state');
    if (this.#waiting.length === MAX_WAITING) {
      const repeated = this.#waiting.findIndex((w) => w.name === 'state' || w.name === 'hello');
      this.#waiting.splice(Math.max(0, repeated), 1);
    }
    this.#waiting.push({ name, payload: this.#text.encode(text) });
    this.#flush();
  }

  #flush(): boolean {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (!this.#connection) return false;
      const topic = topicOf(this.#board, next.name);
      if (topic.length + next.payload.byteLength + OVERHEAD_BYTES > this.#roomBytes) return false;
      const roomBytes = this.#connection.publish(topic, next.payload, publishOptions(next.name));
      this.#roomBytes = roomBytes ?? 0;
      if (roomBytes === undefined) return false;
      this.#waiting.shift();
    }
    return true;
  }
}
