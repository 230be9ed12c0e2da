/**
 * Set-points in control: what the desk holds is folded into the installer's settings before every decision, and the
 * portal hears what became of it. Keys are read when a set-point comes, so that a new key needs no restart.
 */
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseMessage } from '@wattward/broker/wire/message';
import type { Setpoint, SetpointAck } from '@wattward/broker/wire/setpoint';
import type { SiteState } from '@wattward/broker/wire/site';
import { type ActiveSetpoint, effectiveSettings } from '../core/effective-settings.ts';
import type { Settings } from '../core/settings.ts';
import type { Held } from '../setpoint/book.ts';
import { SetpointDesk } from '../setpoint/desk.ts';
import type { VerifyContext } from '../setpoint/verify.ts';
import type { Stamp, Store } from '../store/store.ts';
import { isSignedBy, readVerifyKey } from '../verify-ed25519.ts';

export interface SetpointControlOptions {
  readonly siteId: string;
  readonly core: Settings;
  /** Public keys (SPKI, PEM) whose set-points are obeyed. */
  readonly keyFiles: readonly string[];
  /** Drawn at this start of the box; a set-point must carry it. */
  readonly challenge: string;
  readonly store: Pick<Store, 'loadState' | 'saveState'>;
  readonly answer: (ack: SetpointAck) => Promise<boolean>;
  /** The last sequence number has changed: the description must be told anew. */
  readonly onTaken: () => void;
  readonly onKeyProblem: (file: string, cause: unknown) => void;
}

const STATE_KEY = 'setpoints';
const CHECKPOINT_MS = 300_000;

export class SetpointControl {
  readonly #options: SetpointControlOptions;
  readonly #desk: SetpointDesk;
  #effective: { readonly key: string; readonly core: Settings };
  #checkpointMonoMs = 0;
  #lastSeq = 0;

  private constructor(options: SetpointControlOptions) {
    this.#options = options;
    this.#effective = { key: '', core: options.core };
    this.#desk = new SetpointDesk({
      siteId: options.siteId,
      challenge: options.challenge,
      bounds: () => boundsOf(options.core),
      ports: {
        parse: (text) => {
          const parsed = parseMessage('siteSetpoint', text);
          return parsed.ok ? { ok: true, message: parsed.message as Setpoint } : parsed;
        },
        isSigned: (message) => isSignedBy(this.#keys(), message),
        save: async (json) => (await options.store.saveState(STATE_KEY, json)) === 'durable',
        answer: options.answer,
      },
    });
  }

  /** With what was held before the restart. */
  static async open(options: SetpointControlOptions, now: Stamp): Promise<SetpointControl> {
    const control = new SetpointControl(options);
    control.#desk.restore(await options.store.loadState(STATE_KEY), now);
    control.#lastSeq = control.#desk.lastSeq;
    return control;
  }

  get lastSeq(): number {
    return this.#desk.lastSeq;
  }

  /** What holds now, for the portal. */
  get inForce(): SiteState['setpoints'] {
    return this.#desk.inForce.map(({ id, kind, value, expires }) => ({ id, kind, value, expires }));
  }

  /** A message arrived. */
  async receive(text: string, now: Stamp): Promise<void> {
    await this.#desk.receive(text, now);
    this.#tellSeq();
  }

  /** The portal's broker is there again. */
  flush(): void {
    void this.#desk.flush();
  }

  /** Every cycle: the settings that hold now. The same object while nothing changes. */
  settings(now: Stamp): Settings {
    this.#desk.tick(now);
    if (now.monoMs - this.#checkpointMonoMs >= CHECKPOINT_MS) {
      this.#checkpointMonoMs = now.monoMs;
      if (this.#desk.inForce.length > 0) void this.#desk.checkpoint(now);
    }
    const held = this.#desk.inForce;
    const key = held.map(({ id, seq }) => `${seq} ${id}`).join();
    if (key !== this.#effective.key) {
      this.#effective = { key, core: effectiveSettings(this.#options.core, held.map(active), 0) };
    }
    return this.#effective.core;
  }

  #tellSeq(): void {
    if (this.#desk.lastSeq === this.#lastSeq) return;
    this.#lastSeq = this.#desk.lastSeq;
    this.#options.onTaken();
  }

  #keys(): KeyObject[] {
    return this.#options.keyFiles.flatMap((file) => {
      try {
        return [readVerifyKey(readFileSync(file, 'utf8'))];
      } catch (cause) {
        this.#options.onKeyProblem(file, cause);
        return [];
      }
    });
  }
}

/** The desk has judged the time already; here it simply holds. */
function active(held: Held): ActiveSetpoint {
  const base = {
    id: held.id,
    seq: held.seq,
    fromMs: Number.NEGATIVE_INFINITY,
    untilMs: Number.POSITIVE_INFINITY,
  };
  return 'watts' in held.value
    ? { ...base, kind: 'peak-threshold', watts: held.value.watts }
    : { ...base, kind: 'battery-reserve', pct: held.value.pct };
}

function boundsOf({ bounds, batteries }: Settings): VerifyContext['bounds'] {
  return {
    'peak-threshold': bounds.peakThresholdW,
    ...(batteries.length > 0 ? { 'battery-reserve': bounds.batteryReservePct } : {}),
  };
}
