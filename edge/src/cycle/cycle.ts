/**
 * One cycle after the other: poll, latch, decide, act, record, publish. It runs at its own pace, never on events,
 * and nothing in it waits for a device, a disk or a network beyond its own small bounds.
 */
import type { Clock } from '../clock.ts';
import { decide } from '../core/decide.ts';
import type { Plan } from '../core/plan.ts';
import type { SiteTime } from '../core/site-time.ts';
import type { PriceSlot } from '../core/snapshot.ts';
import type { State } from '../core/state.ts';
import { siteTimeAt } from '../core/zone.ts';
import type { Devices } from '../devices/open-devices.ts';
import type { Actor } from '../drive/actor.ts';
import type { Effective } from '../intake/setpoint-control.ts';
import type { ControlTime } from '../latch/control-time.ts';
import type { Latch } from '../latch/latch.ts';
import type { DecidedCycle } from '../record/decided-cycle.ts';
import { cycleRecord, type Recorder } from '../record/recorder.ts';
import type { Stamp } from '../record/store.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { Poller } from './poll.ts';

/** What the newest decision was taken on, and what it is. */
export interface Picture extends DecidedCycle {
  readonly wallMs: number;
}

export interface CycleOptions {
  readonly siteId: string;
  readonly site: SiteSettings;
  readonly clock: Clock;
  readonly control: ControlTime;
  readonly devices: Devices;
  readonly poller: Poller;
  readonly latch: Latch;
  readonly actor: Actor;
  readonly recorder: Recorder;
  readonly effective: (now: Stamp) => Pick<Effective, 'core' | 'orders'> & { readonly plan: Plan | null };
  readonly publish: (picture: Picture) => void;
}

/** Nothing tells prices yet. */
const NO_PRICES: readonly PriceSlot[] = [];

export class Cycle {
  readonly #options: CycleOptions;
  #state: State;
  #time: SiteTime | null = null;

  constructor(options: CycleOptions, state: State) {
    this.#options = options;
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  async run(): Promise<void> {
    const { site, siteId, clock, control, devices, latch, actor, recorder } = this.#options;
    await this.#options.poller.poll();
    const nowMonoMs = clock.monoMs();
    const time = siteTimeAt(site.zone, clock.wallMs(), clock.wallTrusted(), this.#time);
    this.#time = time;
    const at: Stamp = { monoMs: nowMonoMs, wallMs: time.trusted ? time.wallMs : null };
    const { core, orders, plan } = this.#options.effective(at);
    const snapshot = latch.snapshot({ time, orders, prices: NO_PRICES }, nowMonoMs);
    const before = this.#state;
    const { state, decision } = decide(before, snapshot, core, plan, control.at(nowMonoMs));
    this.#state = state;
    const cycle = { at, before, snapshot, core, plan, decision };
    const record = cycleRecord({ siteId, site, devices }, cycle, state);
    void actor.act(decision, core, recorder.commit(record));
    actor.tick();
    recorder.record(record);
    this.#options.publish({ ...cycle, wallMs: time.wallMs });
  }
}
