/**
 * Set-points in control: what the desk holds is folded into the installer's settings before every decision, and the
 * sender hears what became of it. Disk, link and signatures are ports.
 */
import type { Allowance } from '@wattward/broker/wire/allowance';
import { parseMessage } from '@wattward/broker/wire/message';
import type { PlanPolicy, Setpoint, SetpointAck } from '@wattward/broker/wire/setpoint';
import { effectiveSettings } from '../core/effective-settings.ts';
import type { Settings } from '../core/settings.ts';
import type { Order } from '../core/snapshot.ts';
import type { BookNow, Held } from '../setpoint/book.ts';
import { SetpointDesk } from '../setpoint/desk.ts';
import { foldedOf, ordersOf, policyOf } from '../setpoint/setpoint-effect.ts';
import type { Door, KeyScope } from '../setpoint/verify.ts';

/** Where the desk writes down what it holds. */
export interface SetpointStore {
  loadState(key: string): Promise<string | null>;
  /** `durable` when no power cut can undo it any more. */
  saveState(key: string, json: string): Promise<'durable' | 'memory'>;
}

export interface SetpointControlOptions {
  readonly siteId: string;
  readonly core: Settings;
  /** The installer's. */
  readonly planPolicy: PlanPolicy;
  readonly allowance: Allowance;
  /** Whose set-points are obeyed, and in what. */
  readonly keys: readonly KeyScope[];
  /** Whether the key that the message names has signed it. */
  readonly isSigned: (message: Setpoint) => boolean;
  /** Drawn at this start of the box; a set-point must carry it. */
  readonly challenge: string;
  readonly store: SetpointStore;
  readonly answer: (ack: SetpointAck, door: Door) => Promise<boolean>;
  /** A last sequence number has changed: the description must be told anew. */
  readonly onTaken: () => void;
}

/** What holds at this moment: settings with the set-points folded in, orders for rule 8, who decides over plans. */
export interface Effective {
  readonly core: Settings;
  readonly orders: readonly Order[];
  readonly planPolicy: PlanPolicy;
}

const STATE_KEY = 'setpoints';
const CHECKPOINT_MS = 300_000;

export class SetpointControl {
  readonly #options: SetpointControlOptions;
  readonly #desk: SetpointDesk;
  #effective: Effective & { readonly key: string };
  #checkpointMonoMs = 0;
  #toldSeqs: Readonly<Record<string, number>> = {};

  private constructor(options: SetpointControlOptions) {
    this.#options = options;
    this.#effective = { key: '', core: options.core, orders: [], planPolicy: options.planPolicy };
    this.#desk = new SetpointDesk({
      siteId: options.siteId,
      challenge: options.challenge,
      keys: options.keys,
      allowance: () => options.allowance,
      ports: {
        parse: (text) => {
          const parsed = parseMessage('siteSetpoint', text);
          return parsed.ok ? { ok: true, message: parsed.message as Setpoint } : parsed;
        },
        isSigned: options.isSigned,
        save: async (json) => (await options.store.saveState(STATE_KEY, json)) === 'durable',
        answer: options.answer,
      },
    });
  }

  /** With what was held before the restart. */
  static async open(options: SetpointControlOptions, now: BookNow): Promise<SetpointControl> {
    const control = new SetpointControl(options);
    control.#desk.restore(await options.store.loadState(STATE_KEY), now);
    control.#toldSeqs = control.#desk.lastSeqs;
    return control;
  }

  /** By key that this box obeys: the last sequence number taken. */
  get lastSeqs(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#options.keys.map(({ id }) => [id, this.#desk.lastSeqs[id] ?? 0]));
  }

  /** What holds now. */
  get inForce(): readonly Held[] {
    return this.#desk.inForce;
  }

  /** A message arrived. */
  async receive(text: string, door: Door, now: BookNow): Promise<void> {
    await this.#desk.receive(text, door, now);
    this.#tellSeqs();
  }

  /** The portal's broker is there again. */
  flush(): void {
    void this.#desk.flush();
  }

  /** Every cycle: what holds now. The same object while nothing changes. */
  effective(now: BookNow): Effective {
    this.#desk.tick(now);
    if (now.monoMs - this.#checkpointMonoMs >= CHECKPOINT_MS) {
      this.#checkpointMonoMs = now.monoMs;
      if (this.#desk.inForce.length > 0) void this.#desk.checkpoint(now);
    }
    const held = this.#desk.inForce;
    const key = held.map(({ id, order }) => `${order} ${id}`).join();
    if (key !== this.#effective.key) {
      const { core, planPolicy } = this.#options;
      this.#effective = {
        key,
        core: effectiveSettings(core, held.flatMap(foldedOf), 0),
        orders: ordersOf(held),
        planPolicy: policyOf(held) ?? planPolicy,
      };
    }
    return this.#effective;
  }

  #tellSeqs(): void {
    if (this.#desk.lastSeqs === this.#toldSeqs) return;
    this.#toldSeqs = this.#desk.lastSeqs;
    this.#options.onTaken();
  }
}
