/**
 * The same operations over MQTT: a request on `sim/{siteId}/request/{operation}` with `transaction`, optionally `id`
 * and `body`, is answered on `.../response/{operation}` with the same transaction. The home's time is told on
 * `sim/{siteId}/clock` at every change and every ten seconds.
 */
import { encodeMessage, parseMessage } from '@wattward/broker/wire/message';
import { parseTopic, topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import { connectAs } from '../faces/mqtt-client.ts';
import type { World } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { Refusal, refusalFrom } from './refusal.ts';

const CLOCK_MS = 10_000;

export interface MqttRequestsOptions {
  readonly world: World;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  /** Identity of role `sim` on the broker. */
  readonly identity: string;
  readonly onProblem: (message: string) => void;
}

export class MqttRequests {
  readonly #client: MqttClient;
  readonly #world: World;
  readonly #timer: NodeJS.Timeout;
  readonly #stop: () => void;

  /** @throws CredentialError */
  constructor({ world, brokerUrl, secretsDir, identity, onProblem }: MqttRequestsOptions) {
    this.#world = world;
    const { siteId } = world;
    this.#client = connectAs(brokerUrl, secretsDir, identity);
    this.#client.on('error', (error) => onProblem(`${identity}: ${error.message}`));
    this.#client.on('connect', () => {
      this.#client.subscribe(topic('simRequest', { siteId }), { qos: 1 }, (error) => {
        if (error) onProblem(`${identity} may not subscribe: ${error.message}`);
      });
      this.#tellClock();
    });
    this.#client.on('message', (path, payload, { retain }) => {
      // A request that was kept is old: nobody waits for its answer.
      if (!retain) this.#answer(path, payload.toString('utf8'));
    });
    this.#timer = setInterval(() => this.#tellClock(), CLOCK_MS);
    this.#stop = world.clock.onChange(() => this.#tellClock());
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop();
    await this.#client.endAsync(true);
  }

  #answer(path: string, payload: string): void {
    const verb = parseTopic(path)?.ids.verb;
    const parsed = parseMessage('simRequest', payload);
    // Without a transaction there is nobody to answer.
    if (verb === undefined || !parsed.ok) return;
    const { transaction, id, body } = parsed.message;
    const { siteId } = this.#world;
    let message: Parameters<typeof encodeMessage<'simResponse'>>[1];
    try {
      const data = this.#run(verb, id ?? '', body);
      message = { v: 1, transaction, status: 'ok', data };
    } catch (cause) {
      const { code, message: words, remedy } = refusalFrom(cause);
      message = { v: 1, transaction, status: 'error', error: { code, message: words, remedy } };
    }
    this.#client.publish(topic('simResponse', { siteId, verb }), encodeMessage('simResponse', message), {
      qos: 1,
    });
  }

  #run(verb: string, id: string, body: unknown): unknown {
    const operation = OPERATIONS.find(({ name }) => name === verb);
    if (operation) return operation.run(this.#world, { id, body });
    const known = OPERATIONS.map(({ name }) => name).join(', ');
    throw new Refusal(404, 'no-operation', `There is no operation "${verb}".`, `Choose one of: ${known}.`);
  }

  #tellClock(): void {
    if (!this.#client.connected) return;
    const { siteId, clock } = this.#world;
    const message = {
      v: 1 as const,
      at: new Date(clock.nowMs()).toISOString(),
      speed: clock.speed,
      paused: clock.paused,
    };
    this.#client.publish(topic('simClock', { siteId }), encodeMessage('simClock', message), {
      qos: 1,
      retain: true,
    });
  }
}
