/** One object of a home on the message bus: it answers every tick, and is out of the home when it does not. */
import { encodeMessage, parseMessage } from '@wattward/broker/wire/message';
import { topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import { connectAs } from '../faces/mqtt-client.ts';
import type { LoneObject } from './lone-object.ts';

export interface ObjectProcessOptions {
  readonly object: LoneObject;
  readonly siteId: string;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  /** Identity of role `sim`. */
  readonly identity: string;
  readonly onProblem: (message: string) => void;
}

export class ObjectProcess {
  readonly #client: MqttClient;
  readonly #options: ObjectProcessOptions;
  /** The tick it has offered for and not yet settled. */
  #offered: number | null = null;

  /** @throws CredentialError */
  constructor(options: ObjectProcessOptions) {
    this.#options = options;
    const { brokerUrl, secretsDir, identity, siteId, onProblem } = options;
    this.#client = connectAs(brokerUrl, secretsDir, identity);
    this.#client.on('error', (error) => onProblem(`${options.object.id}: ${error.message}`));
    this.#client.on('connect', () => {
      this.#client.subscribe(topic('simTick', { siteId }), { qos: 1 }, (error) => {
        if (error) onProblem(`${identity} may not subscribe: ${error.message}`);
      });
    });
    this.#client.on('message', (_, payload) => this.#hear(payload.toString('utf8')));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #hear(payload: string): void {
    const parsed = parseMessage('simTick', payload);
    if (!parsed.ok) return;
    const tick = parsed.message;
    const { object } = this.#options;
    if (tick.phase === 'offer') {
      const { n, nowMs, dtS, open } = tick;
      this.#offered = n;
      this.#answer(n, 'offer', object.offer({ nowMs, dtS, closed: !open.includes(object.id) }));
      return;
    }
    if (tick.n !== this.#offered || !tick.of.includes(object.id)) return;
    this.#offered = null;
    const step = object.settle({ supplied: tick.supplied, batteryW: tick.batteryW[object.id] ?? 0 });
    if (step) this.#answer(tick.n, 'settle', step);
  }

  #answer(n: number, phase: 'offer' | 'settle', data: unknown): void {
    const { object, siteId } = this.#options;
    const message = { v: 1 as const, n, phase, kind: object.kind, data };
    const path = topic('simAnswer', { siteId, verb: object.id });
    this.#client.publish(path, encodeMessage('simAnswer', message), { qos: 1 });
  }
}
