/**
 * Set-points in a campaign: a portal approves some every hour, the real desk of the box verifies, writes down, begins
 * and ends them, and what holds is folded into the decision as in the box.
 */
import { verify } from 'node:crypto';
import type { Allowance, AllowedNumber } from '@wattward/broker/wire/allowance';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { parseMessage } from '@wattward/broker/wire/message';
import { LIMIT_KINDS, SETPOINT_KINDS, type Setpoint } from '@wattward/broker/wire/setpoint';
import { effectiveSettings } from '@wattward/edge/core/effective-settings';
import type { NumberBound, Settings } from '@wattward/edge/core/settings';
import type { Order } from '@wattward/edge/core/snapshot';
import { SetpointDesk } from '@wattward/edge/setpoint/desk';
import { foldedOf, ordersOf } from '@wattward/edge/setpoint/setpoint-effect';
import type { KeyScope } from '@wattward/edge/setpoint/verify';
import type { TraceHash } from '../../trace-hash.ts';
import type { FaultWeather } from '../fault-weather.ts';
import type { Check } from '../known.ts';
import { Random } from '../random.ts';
import { RemoteOracle } from './remote-oracle.ts';
import { type Envelope, type Sender, SITE_ID, VirtualCloud } from './virtual-cloud.ts';

export interface RemoteRigOptions {
  readonly weather: FaultWeather;
  readonly seed: number;
  readonly settings: Settings;
  readonly check: Check;
}

/** What the decision is to follow now. */
export interface Effective {
  readonly settings: Settings;
  readonly orders: readonly Order[];
}

interface Post {
  readonly envelope: Envelope;
  readonly atMs: number;
}

const PER_HOUR = 1.5;
const ORDERS_PER_HOUR = 0.5;
const TRIES_PER_HOUR = 3;
/** The portal may send everything, the operator limits. */
const KEYS: readonly KeyScope[] = [
  { id: 'portal', kinds: SETPOINT_KINDS },
  { id: 'operator', kinds: LIMIT_KINDS },
];
const AGAIN_MS = 60_000;
const CHECKPOINT_MS = 300_000;

export class RemoteRig {
  readonly oracle: RemoteOracle;
  readonly #options: RemoteRigOptions;
  readonly #random: Random;
  readonly #operator: Random;
  readonly #hasOperator: boolean;
  readonly #cloud: VirtualCloud;
  readonly #allowance: Allowance;
  #desk: SetpointDesk | null = null;
  #saved: string | null = null;
  #savedAtMs = 0;
  #saves = 0;
  #boots = 0;
  #bootAtMs = 0;
  #isTimeTold = false;
  #downSinceMs: number | null = null;
  #checkpointMs = 0;
  /** What the portal has last read of the box. */
  #challenge = '';
  #unanswered: { readonly envelope: Envelope; readonly sentAtMs: number }[] = [];
  #under: Post[] = [];
  #nowMs = 0;
  #offsetMs = 0;
  /** Nobody proposes anything any more. */
  #isQuiet = false;
  #effective: Effective & { readonly key: string };

  constructor(options: RemoteRigOptions) {
    this.#options = options;
    this.#random = new Random(options.seed ^ 0x6a09e667);
    this.#operator = new Random(options.seed ^ 0x3c6ef372);
    this.#hasOperator = this.#operator.chance(0.5);
    this.#cloud = new VirtualCloud(this.#random, this.#operator);
    this.#allowance = allowanceOf(options.settings);
    this.oracle = new RemoteOracle(options.check);
    this.#effective = { key: '', settings: options.settings, orders: [] };
  }

  get effective(): Effective {
    return this.#effective;
  }

  /** One cycle of portal and desk. Resolves when the desk has done what it was given. */
  cycle(nowMs: number, boxRuns: boolean, clockTrusted: boolean): Promise<void> | null {
    this.#nowMs = nowMs;
    this.#portal(nowMs);
    if (!boxRuns) {
      this.#desk = null;
      this.#downSinceMs ??= nowMs;
      return null;
    }
    const wallMs = clockTrusted ? this.#wallMs(nowMs) : null;
    const desk = this.#desk ?? this.#start(nowMs, wallMs);
    if (wallMs !== null && !this.#isTimeTold) {
      this.#isTimeTold = true;
      this.oracle.timeTold(nowMs, wallMs);
    }
    const due = this.#under.filter(({ atMs }) => atMs <= nowMs);
    if (due.length > 0) this.#under = this.#under.filter(({ atMs }) => atMs > nowMs);
    const now = { monoMs: nowMs - this.#bootAtMs, wallMs };
    const before = this.#saves;
    desk.tick(now);
    if (nowMs - this.#checkpointMs >= CHECKPOINT_MS) {
      this.#checkpointMs = nowMs;
      if (desk.inForce.length > 0) void desk.checkpoint(now);
    }
    // The desk does its work after the call: let it, whenever it may have some.
    if (due.length > 0 || this.#saves !== before || this.oracle.isBusy) return this.#work(desk, due, now);
    this.#look(desk, nowMs);
    return null;
  }

  /** All is well again: a set-point approved now is followed. */
  approveWhenHealed(nowMs: number): Envelope {
    this.#isQuiet = true;
    const envelope = this.#cloud.approve(this.#challenge, nowMs, 'peak-threshold');
    this.#send(envelope, nowMs);
    return envelope;
  }

  reached(envelope: Envelope, nowMs: number): void {
    this.oracle.reached(envelope, this.#desk?.inForce ?? [], nowMs);
  }

  addTo(trace: TraceHash): void {
    trace.add(this.#saves);
    trace.add(this.#boots);
    trace.text(this.#saved ?? '');
  }

  async #work(
    desk: SetpointDesk,
    due: readonly Post[],
    now: { monoMs: number; wallMs: number | null },
  ): Promise<void> {
    const box = { challenge: `boot-${this.#boots}`, wallMs: now.wallMs };
    await turns();
    for (const { envelope } of due) {
      const may = this.oracle.mayTake(envelope, box);
      const before = this.#saves;
      await desk.receive(envelope.text, envelope.door, now);
      if (may && this.#saves !== before && now.wallMs !== null)
        this.oracle.taken(envelope, this.#nowMs, now.wallMs);
    }
    await turns();
    desk.tick(now);
    await turns();
    this.#look(desk, this.#nowMs);
  }

  #look(desk: SetpointDesk, nowMs: number): void {
    const { inForce } = desk;
    this.oracle.look({ nowMs, inForce, onDisk: this.#saved ?? '' });
    const key = inForce.map(({ id, order }) => `${order} ${id}`).join();
    if (key === this.#effective.key) return;
    const { settings } = this.#options;
    this.#effective = {
      key,
      settings: effectiveSettings(settings, inForce.flatMap(foldedOf), 0),
      orders: ordersOf(inForce),
    };
    this.oracle.followed(this.#effective.settings, settings, nowMs);
  }

  #start(nowMs: number, wallMs: number | null): SetpointDesk {
    this.#boots += 1;
    this.#bootAtMs = nowMs;
    this.#isTimeTold = false;
    const desk = new SetpointDesk({
      siteId: SITE_ID,
      challenge: `boot-${this.#boots}`,
      keys: KEYS,
      allowance: () => this.#allowance,
      ports: {
        parse: (text) => {
          const parsed = parseMessage('siteSetpoint', text);
          return parsed.ok ? { ok: true, message: parsed.message as Setpoint } : parsed;
        },
        isSigned: (message) => this.#isSigned(message),
        save: (json) => Promise.resolve(this.#save(json)),
        answer: ({ id }, door) => Promise.resolve(this.#answer(id, door)),
      },
    });
    if (this.#downSinceMs !== null) this.oracle.restarted(nowMs - this.#savedAtMs, nowMs, wallMs === nowMs);
    this.#downSinceMs = null;
    desk.restore(this.#saved, { monoMs: 0, wallMs });
    this.#desk = desk;
    return desk;
  }

  #save(json: string): boolean {
    if (this.#options.weather.strikes('state-disk-fails')) return false;
    this.#saves += 1;
    this.#saved = json;
    this.#savedAtMs = this.#nowMs;
    return true;
  }

  #isSigned({ signature, ...unsigned }: Setpoint): boolean {
    const key = this.#cloud.publicKeys[unsigned.key];
    const bytes = Buffer.from(canonicalJson(unsigned));
    return key !== undefined && verify(null, bytes, key, Buffer.from(signature, 'base64url'));
  }

  #answer(id: string, door: Sender): boolean {
    if (this.#isOffline()) return false;
    this.#unanswered = this.#unanswered.filter(
      ({ envelope }) => envelope.id !== id || envelope.door !== door,
    );
    return true;
  }

  #portal(nowMs: number): void {
    const { weather } = this.#options;
    if (!this.#isOffline() && this.#desk) this.#challenge = `boot-${this.#boots}`;
    if (!this.#isQuiet && this.#random.chance(PER_HOUR / 3600)) this.#send(this.#draw(nowMs), nowMs);
    if (weather.strikes('cloud-forged')) {
      this.#under.push({ envelope: this.#cloud.forge(this.#challenge, nowMs), atMs: nowMs });
    }
    if (this.#hasOperator && !this.#isQuiet) this.#operate(nowMs);
    if (weather.strikes('cloud-replay') && this.#cloud.sent.length > 0) {
      this.#under.push({ envelope: weather.draw('cloud-replay').pick(this.#cloud.sent), atMs: nowMs });
    }
    for (const { envelope, sentAtMs } of this.#unanswered) {
      if (nowMs - sentAtMs >= AGAIN_MS) {
        this.#forget(envelope);
        // For an earlier start of the box it is void; a person would approve it anew.
        if (nowMs < envelope.expiresMs && envelope.challenge === this.#challenge) this.#send(envelope, nowMs);
      }
    }
  }

  /** The operator's limits, and now and then its try at what is the portal's. */
  #operate(nowMs: number): void {
    if (this.#operator.chance(ORDERS_PER_HOUR / 3600)) {
      this.#send(this.#cloud.order(this.#challenge, nowMs), nowMs);
    }
    if (this.#operator.chance(ORDERS_PER_HOUR / 3600)) {
      this.#under.push({ envelope: this.#cloud.meddle(this.#challenge, nowMs), atMs: nowMs });
    }
    if (this.#operator.chance(TRIES_PER_HOUR / 3600)) {
      this.#under.push({ envelope: this.#cloud.forgeKeys(this.#challenge, nowMs), atMs: nowMs });
    }
  }

  #draw(nowMs: number): Envelope {
    const latest = this.#cloud.sent
      .filter(({ genuine, key, kind }) => genuine && key === 'portal' && kind !== 'revoke')
      .at(-1);
    if (latest && this.#random.chance(0.15)) return this.#cloud.revoke(this.#challenge, latest, nowMs);
    return this.#cloud.approve(this.#challenge, nowMs);
  }

  #send(envelope: Envelope, nowMs: number): void {
    const { weather } = this.#options;
    this.#unanswered.push({ envelope, sentAtMs: nowMs });
    if (this.#isOffline()) return;
    this.#under.push({ envelope, atMs: nowMs });
    if (!weather.strikes('cloud-repeat')) return;
    this.#under.push({ envelope, atMs: nowMs + weather.draw('cloud-repeat').whole(0, 600_000) });
  }

  #forget(envelope: Envelope): void {
    this.#unanswered = this.#unanswered.filter((one) => one.envelope !== envelope);
  }

  #isOffline(): boolean {
    return this.#options.weather.spell('cloud-offline', this.#nowMs).holds;
  }

  /** The wall clock may be set wrong by hours, and be set right again. */
  get wallOffsetMs(): number {
    return this.#options.weather.spell('clock-step', this.#nowMs).holds ? this.#offsetMs : 0;
  }

  #wallMs(nowMs: number): number {
    const { weather } = this.#options;
    const step = weather.spell('clock-step', nowMs);
    if (step.began) this.#offsetMs = weather.draw('clock-step').whole(-7_200_000, 7_200_000);
    return nowMs + (step.holds ? this.#offsetMs : 0);
  }
}

/** Lets everything that waits for a promise go on; there is nothing else to wait for. */
async function turns(): Promise<void> {
  for (let i = 0; i < 12; i += 1) await null;
}

/** The installer's bounds, as the box offers them to the portal. */
function allowanceOf({ bounds, batteries, loads }: Settings): Allowance {
  const allowed = ({ min, max }: NumberBound, unit: string): AllowedNumber => ({
    min,
    max,
    default: min,
    unit,
  });
  const maxW = Math.max(...batteries.map((b) => Math.max(b.maxChargeW, b.maxDischargeW)));
  return {
    numbers: {
      'peak-threshold': allowed(bounds.peakThresholdW, 'W'),
      'import-limit': allowed(bounds.importLimitW, 'W'),
      'battery-reserve': allowed(bounds.batteryReservePct, '%'),
      'battery-mode.limitW': allowed({ min: 0, max: maxW }, 'W'),
    },
    choices: {
      'battery-mode.battery': batteries.map(({ id }) => id),
      'battery-mode.mode': ['self-consume', 'hold', 'idle', 'discharge-grid', 'charge-grid'],
      'load.load': loads.map(({ id }) => id),
    },
  };
}
