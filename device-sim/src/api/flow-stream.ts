/** The flows as server-sent events: one a second of real time, the newest only, a bounded number of listeners. */
import type { FastifyReply } from 'fastify';
import type { RunningHome } from '../home/running-home.ts';
import { flowsOf } from './flows.ts';
import { Refusal } from './refusal.ts';

const PERIOD_MS = 1_000;
const MOST_LISTENERS = 32;

export class FlowStream {
  readonly #running: RunningHome;
  readonly #replies = new Set<FastifyReply['raw']>();
  readonly #timer: NodeJS.Timeout;
  #id = 0;

  constructor(running: RunningHome) {
    this.#running = running;
    this.#timer = setInterval(() => this.#tell(), PERIOD_MS);
    this.#timer.unref();
  }

  /** @throws Refusal when too many listen already */
  add(reply: FastifyReply): void {
    if (this.#replies.size >= MOST_LISTENERS) {
      throw new Refusal(
        503,
        'too-many',
        `${MOST_LISTENERS} listen already.`,
        'Close one, or read /api/v1/flows.',
      );
    }
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    });
    this.#replies.add(reply.raw);
    reply.raw.on('close', () => this.#replies.delete(reply.raw));
    this.#send(reply.raw);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const raw of this.#replies) raw.end();
  }

  #tell(): void {
    this.#id += 1;
    for (const raw of this.#replies) this.#send(raw);
  }

  /** One that does not read gets nothing more until it has: newer flows replace older ones. */
  #send(raw: FastifyReply['raw']): void {
    if (raw.writableNeedDrain) return;
    raw.write(`id: ${this.#id}\ndata: ${JSON.stringify(flowsOf(this.#running))}\n\n`);
  }
}
