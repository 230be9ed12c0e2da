/**
 * Set-points in a campaign: a portal approves some every hour, the box's own set-point control verifies, writes down,
 * begins, ends and folds them into the settings; disk, link and the keys' owners are the campaign's.
 */
import { verify } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { LIMIT_KINDS, type PlanPolicy, SETPOINT_KINDS, type Setpoint } from '@wattward/broker/wire/setpoint';
import type { Settings } from '@wattward/edge/core/settings';
import type { Order } from '@wattward/edge/core/snapshot';
import { allowanceOf } from '@wattward/edge/intake/setpoint-allowance';
import { SetpointControl } from '@wattward/edge/intake/setpoint-control';
import type { BookNow } from '@wattward/edge/setpoint/book';
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
  /** The installer's. */
  readonly planPolicy: PlanPolicy;
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

export class RemoteRig {
  readonly oracle: RemoteOracle;
  readonly #options: RemoteRigOptions;
  readonly #random: Random;
  readonly #operator: Random;
  readonly #hasOperator: boolean;
  readonly #cloud: VirtualCloud;
  #control: SetpointControl | null = null;
  #saved: string | null = null;
  #savedAtMs = 0;
  #saves = 0;
  #boots = 0;
  #bootAtMs = 0;
  #isTimeTold = false;
  #downSinceMs: number | null = null;
  #wasOffline = false;
  /** What the portal has last read of the box. */
  #challenge = '';
  #unanswered: { readonly envelope: Envelope; readonly sentAtMs: number }[] = [];
  #under: Post[] = [];
  #nowMs = 0;
  #offsetMs = 0;
  /** Nobody proposes anything any more. */
  #isQuiet = false;
  #effective: Effective;

  constructor(options: RemoteRigOptions) {
    this.#options = options;
    this.#random = new Random(options.seed ^ 0x6a09e667);
    this.#operator = new Random(options.seed ^ 0x3c6ef372);
    this.#hasOperator = this.#operator.chance(0.5);
    this.#cloud = new VirtualCloud(this.#random, this.#operator);
    this.oracle = new RemoteOracle(options.check);
    this.#effective = { settings: options.settings, orders: [] };
  }

  get effective(): Effective {
    return this.#effective;
  }

  /** One cycle of portal and box. Resolves when the box has done what it was given. */
  cycle(nowMs: number, boxRuns: boolean, clockTrusted: boolean): Promise<void> | null {
    this.#nowMs = nowMs;
    this.#portal(nowMs);
    if (!boxRuns) {
      this.#control = null;
      this.#downSinceMs ??= nowMs;
      return null;
    }
    const wallMs = clockTrusted ? this.#wallMs(nowMs) : null;
    const control = this.#control;
    if (!control) return this.#start(nowMs, wallMs);
    this.#tellTime(nowMs, wallMs);
    const due = this.#under.filter(({ atMs }) => atMs <= nowMs);
    if (due.length > 0) this.#under = this.#under.filter(({ atMs }) => atMs > nowMs);
    const now = { monoMs: nowMs - this.#bootAtMs, wallMs };
    const before = this.#saves;
    const isBack = this.#wasOffline && !this.#isOffline();
    this.#wasOffline = this.#isOffline();
    if (isBack) control.flush();
    control.effective(now);
    // The desk does its work after the call: let it, whenever it may have some.
    if (due.length > 0 || this.#saves !== before || this.oracle.isBusy || isBack)
      return this.#work(control, due, now);
    this.#look(control, now);
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
    this.oracle.reached(envelope, this.#control?.inForce ?? [], nowMs);
  }

  addTo(trace: TraceHash): void {
    trace.add(this.#saves);
    trace.add(this.#boots);
    trace.text(this.#saved ?? '');
  }

  async #work(control: SetpointControl, due: readonly Post[], now: BookNow): Promise<void> {
    const box = { challenge: `boot-${this.#boots}`, wallMs: now.wallMs };
    await turns();
    for (const { envelope } of due) {
      const may = this.oracle.mayTake(envelope, box);
      const before = this.#saves;
      await control.receive(envelope.text, envelope.door, now);
      if (may && this.#saves !== before && now.wallMs !== null)
        this.oracle.taken(envelope, this.#nowMs, now.wallMs);
    }
    await turns();
    control.effective(now);
    await turns();
    this.#look(control, now);
  }

  #look(control: SetpointControl, now: BookNow): void {
    const { core, orders } = control.effective(now);
    this.oracle.look({ nowMs: this.#nowMs, inForce: control.inForce, onDisk: this.#saved ?? '' });
    if (core === this.#effective.settings && orders === this.#effective.orders) return;
    this.#effective = { settings: core, orders };
    this.oracle.followed(core, this.#options.settings, this.#nowMs);
  }

  async #start(nowMs: number, wallMs: number | null): Promise<void> {
    const { settings, planPolicy } = this.#options;
    this.#boots += 1;
    this.#bootAtMs = nowMs;
    this.#isTimeTold = false;
    if (this.#downSinceMs !== null) this.oracle.restarted(nowMs - this.#savedAtMs, nowMs, wallMs === nowMs);
    this.#downSinceMs = null;
    const now = { monoMs: 0, wallMs };
    const control = await SetpointControl.open(
      {
        siteId: SITE_ID,
        core: settings,
        planPolicy,
        allowance: allowanceOf(settings, planPolicy),
        keys: KEYS,
        isSigned: (message) => this.#isSigned(message),
        challenge: `boot-${this.#boots}`,
        store: {
          loadState: () => Promise.resolve(this.#saved),
          saveState: (_, json) => Promise.resolve(this.#save(json) ? 'durable' : 'memory'),
        },
        answer: ({ id }, door) => Promise.resolve(this.#answer(id, door)),
        onTaken: () => {},
      },
      now,
    );
    this.#control = control;
    this.#tellTime(nowMs, wallMs);
    await this.#work(control, [], now);
  }

  #tellTime(nowMs: number, wallMs: number | null): void {
    if (wallMs === null || this.#isTimeTold) return;
    this.#isTimeTold = true;
    this.oracle.timeTold(nowMs, wallMs);
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
    if (!this.#isOffline() && this.#control) this.#challenge = `boot-${this.#boots}`;
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
