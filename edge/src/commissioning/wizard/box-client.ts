/** Asks the box over the home broker, with the credential of an installer. No cloud, no internet. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Response } from '@wattward/broker/wire/request';
import type { Protocol } from '../../catalogue/boards.ts';
import { type BusCredential, MqttBus } from '../../link/mqtt-bus.ts';
import type { Job } from '../job-runner.ts';
import type { BoardCase } from '../stages.ts';

const STATUS_TRIES = 5;
/** While the link is down nothing can be asked. */
const OFFLINE_PAUSE_MS = 1_000;

export interface BoxClientOptions {
  readonly url: string;
  readonly siteId: string;
  readonly credential: BusCredential;
  readonly answerTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

/** What went wrong, for the person in front of it. */
export class WizardProblem extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

export interface FoundBoard {
  readonly device: string;
  readonly protocol: Protocol;
  readonly mac: string;
  readonly model: string;
  readonly firmware: string;
  readonly channels: number;
  readonly online: boolean;
  /** Waits for its claim. */
  readonly unclaimed: boolean;
  readonly heardAgoS: number | null;
  readonly lastMoved: { readonly channel: number; readonly agoS: number | null } | null;
  readonly ghosts: readonly string[];
  /** Belongs to no case yet. */
  readonly fresh: boolean;
}

export interface Status {
  readonly site: string;
  readonly windowLeftS: number;
  readonly expectedBoards: number | null;
  readonly found: readonly FoundBoard[];
  readonly boards: readonly BoardCase[];
  readonly job: Job | null;
}

export class BoxClient {
  readonly #options: BoxClientOptions;
  readonly #bus: MqttBus;
  readonly #waiting = new Map<string, (response: Response) => void>();
  #refused = '';

  constructor(options: BoxClientOptions) {
    this.#options = options;
    this.#bus = new MqttBus({
      url: options.url,
      credential: options.credential,
      onNote: ({ code, message }) => {
        if (code === 'bus-refused' || code === 'bus-lost') this.#refused = message;
      },
    });
    const ids = { siteId: options.siteId, verb: 'commission' };
    this.#bus.subscribe('siteInstallerAnswer', ids, ({ message }) =>
      this.#waiting.get(message.transaction)?.(message),
    );
  }

  /** @throws WizardProblem when the broker is not reached or does not know the installer. */
  async connect(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#bus.onLink((up) => {
      if (up) resolve(true);
    });
    const timer = setTimeout(() => resolve(false), this.#options.connectTimeoutMs ?? 10_000);
    this.#bus.start();
    const reached = await promise;
    clearTimeout(timer);
    if (reached) return;
    await this.#bus.end();
    throw new WizardProblem(
      'no-broker',
      this.#refused || `nothing answers at ${this.#options.url}`,
      'Join the home network (no internet is needed); check the address and the credential: npm run broker -- user add NAME --role installer.',
    );
  }

  /** Asked again when the link broke meanwhile: a question changes nothing. */
  async status(): Promise<Status> {
    for (let n = 1; ; n += 1) {
      try {
        return (await this.ask('status')) as Status;
      } catch (cause) {
        if (!(cause instanceof WizardProblem) || cause.code !== 'no-answer' || n >= STATUS_TRIES) throw cause;
      }
    }
  }

  /** @throws WizardProblem with what the box refused, or when it does not answer. */
  async ask(action: string, more: object = {}): Promise<unknown> {
    const transaction = randomBytes(8).toString('hex');
    const { promise, resolve } = Promise.withResolvers<Response | null>();
    this.#waiting.set(transaction, resolve);
    const timer = setTimeout(() => resolve(null), this.#options.answerTimeoutMs ?? 10_000);
    const ids = { siteId: this.#options.siteId, verb: 'commission' };
    const sent = await this.#bus.publish('siteInstaller', ids, { v: 1, transaction, action, ...more });
    const response = sent ? await promise : await delay(OFFLINE_PAUSE_MS, null);
    clearTimeout(timer);
    this.#waiting.delete(transaction);
    if (response?.status === 'ok') return response.data;
    if (response) {
      const { code, message, remedy } = response.error;
      throw new WizardProblem(code, message, remedy);
    }
    throw new WizardProblem(
      'no-answer',
      `the box of ${this.#options.siteId} does not answer`,
      'Check that it runs and that the site id is right.',
    );
  }

  close(): Promise<void> {
    return this.#bus.end();
  }
}
