/**
 * One inverter with a battery as the box drives it: what is wanted, what was last written, whether writing works.
 * No I/O.
 *
 * An order is written at once when it differs enough from the one in force, and again in time before the device forgets
 * it. One write at a time; one that failed is tried again with the newest order, at most twice a second. After some
 * in a row the order counts as given up and is told, and trying goes on: the device may only have been away.
 */
import type { InverterTalk } from '../catalogue/inverter-family.ts';
import type { StorageOrder } from '../catalogue/storage-order.ts';
import type { Conversation } from '../registers/conversation.ts';
import { DeviceFailure, type Failure, failureOf } from '../registers/device-failure.ts';
import type { OrderTerms } from './order-terms.ts';
import type { MonoClock } from './ports.ts';

export interface InverterDriveOptions {
  readonly talk: InverterTalk;
  readonly clock: MonoClock;
  readonly terms: OrderTerms;
  /** Carries a conversation out, now or in time. Never waits, never throws: the conversation catches what fails. */
  readonly carry: (conversation: Conversation<void>) => void;
}

/** No device is asked more often than so, however fast the cycle. */
const RETRY_MS = 500;

interface Written {
  readonly command: unknown;
  readonly reservePct: number | null;
  readonly atMonoMs: number;
}

export class InverterDrive {
  readonly #options: InverterDriveOptions;
  #order: StorageOrder | null = null;
  #reservePct: number | null = null;
  #written: Written | null = null;
  #isWriting = false;
  #failedTries = 0;
  #triedAtMonoMs = Number.NEGATIVE_INFINITY;
  #failure: Failure | null = null;

  constructor(options: InverterDriveOptions) {
    this.#options = options;
  }

  /**
   * What the battery is to do from now on; written when it is due.
   * @param reservePct what the device itself keeps when nobody commands it; null: left alone
   */
  order(order: StorageOrder, reservePct: number | null = null): void {
    this.#order = order;
    this.#reservePct = reservePct;
    this.tick();
  }

  /** Once per cycle: writes what is due. */
  tick(): void {
    const command = this.#order && this.#options.talk.commandFor(this.#order);
    if (command === null || this.#isWriting || !this.#due(command)) return;
    this.#isWriting = true;
    this.#options.carry(this.#write(command));
  }

  /** Why the last order could not be written; null when it could. */
  writeFailure(): Failure | null {
    return this.#failure;
  }

  /** The same once it has failed so often that a person should know. */
  givenUp(): Failure | null {
    return this.#failedTries >= this.#options.terms.tries ? this.#failure : null;
  }

  #due(command: unknown): boolean {
    const { clock, terms, talk } = this.#options;
    const nowMonoMs = clock.monoMs();
    const written = this.#written;
    if (!written) return nowMonoMs - this.#triedAtMonoMs >= RETRY_MS;
    if (nowMonoMs - written.atMonoMs >= terms.renewMs || written.reservePct !== this.#reservePct) return true;
    return talk.differs(command, written.command);
  }

  *#write(command: unknown): Conversation<void> {
    const { clock, talk, terms } = this.#options;
    const reservePct = this.#reservePct;
    const atMonoMs = clock.monoMs();
    this.#triedAtMonoMs = atMonoMs;
    try {
      yield* talk.write(command, { leaseS: terms.leaseS, reservePct });
      this.#written = { command, reservePct, atMonoMs };
      this.#failedTries = 0;
      this.#failure = null;
    } catch (cause) {
      // How far it got is not known: the next try writes all of it.
      this.#written = null;
      this.#failedTries += 1;
      this.#failure = refusalOf(cause);
    } finally {
      this.#isWriting = false;
    }
  }
}

/** An inverter that tells its readings and refuses orders is there, and not yet allowed to obey. */
function refusalOf(cause: unknown): Failure {
  const { why, remedy } = failureOf(cause);
  const isRefusal = cause instanceof DeviceFailure && cause.code === 'exception';
  return {
    why: `the battery cannot be ordered: ${why}`,
    remedy: isRefusal
      ? 'Allow control over Modbus in the settings of the inverter; until then choose capability: observe for its battery.'
      : remedy,
  };
}
