/**
 * A home and its box in virtual time: physics, the real `decide`, the real board machine, no sockets and no waiting.
 * Backtests, what-if questions and fault campaigns run on it. Same arguments, same trace, to the bit.
 *
 * One cycle: the home moves on; devices are read; the box latches, decides and acts; boards hear it. Control time is
 * the home's own clock.
 */
import { STANDARD_COMMANDS } from '@wattward/edge/core/command-settings';
import { decide } from '@wattward/edge/core/decide';
import type { Decision } from '@wattward/edge/core/decision';
import { restoreState } from '@wattward/edge/core/restore-state';
import type { Settings } from '@wattward/edge/core/settings';
import type { SiteTime } from '@wattward/edge/core/site-time';
import type { LoadOverride, Order, PriceSlot, Snapshot } from '@wattward/edge/core/snapshot';
import { initialState, type State } from '@wattward/edge/core/state';
import { siteTimeAt } from '@wattward/edge/core/zone';
import { storageRates } from '@wattward/edge/registers/sunspec-storage';
import type { ConfigMessage } from '@wattward/hardware/relay-board/messages';
import { type MeasuredSource, RunningHome, type WeatherSource } from '../home/running-home.ts';
import { type Home, isLoad } from '../home/schema.ts';
import type { InstalledSite } from './installed-site.ts';
import { directReader, type HomeReader } from './readings.ts';
import { TraceHash } from './trace-hash.ts';
import { type CommandWatch, type LinkFault, PERFECT_LINK, VirtualBoard } from './virtual-board.ts';
import { VirtualLatch } from './virtual-latch.ts';

export interface LoopOptions {
  readonly home: Home;
  readonly site: InstalledSite;
  readonly startMs: number;
  /** A second when left out; the physics steps along with longer cycles. */
  readonly cycleMs?: number;
  readonly measured?: MeasuredSource;
  readonly weather?: WeatherSource;
  readonly link?: LinkFault;
  readonly watch?: CommandWatch;
  /** What is in force from afar in this cycle; nothing when left out. */
  readonly remote?: () => { readonly settings: Settings; readonly orders: readonly Order[] };
  /** A person's wish for the load at an index; none when left out. */
  readonly override?: (load: number) => LoadOverride | null;
  /** How far the wall clock of the box is off, milliseconds. */
  readonly wallOffsetMs?: () => number;
  /** Whether the box may believe its wall clock; always when left out. */
  readonly clockTrusted?: () => boolean;
  /** Every so many cycles the same decision is taken twice and compared; never when left out. */
  readonly replayEvery?: number;
  readonly reader?: (home: RunningHome) => HomeReader;
  /** Slots known at an instant, in time order. */
  readonly prices?: (nowMs: number) => readonly PriceSlot[];
}

export interface CycleRecord {
  readonly nowMs: number;
  /** Null while the box does not run. */
  readonly decision: Decision | null;
}

const NO_ORDERS: readonly Order[] = [];
const REVERT_S = 90;
const DEADBAND_PCT = 0.5;
/** The box saves at once what must survive, everything else so often. */
const SAVE_MS = 300_000;

export class ClosedLoop {
  readonly running: RunningHome;
  readonly settings: Settings;
  readonly board: VirtualBoard;
  readonly trace = new TraceHash();
  /** A decision did not come out the same a second time. */
  replayBroken = false;
  readonly #options: LoopOptions;
  readonly #cycleMs: number;
  readonly #reader: HomeReader;
  /** Load index to object id in the home. */
  readonly #objects: readonly (string | null)[];
  #latch: VirtualLatch;
  #state: State;
  /** What the box would find on its disk. */
  #saved: { readonly state: State; readonly atMs: number };
  #time: SiteTime | null = null;
  #boxRuns = true;
  #order: { key: string; atMs: number } | null = null;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#cycleMs = options.cycleMs ?? 1000;
    this.settings = { ...options.site.settings, cycleMs: this.#cycleMs };
    this.running = new RunningHome(options.home, options.startMs, {
      stepMs: this.#cycleMs,
      ...(options.measured ? { measured: options.measured } : {}),
      ...(options.weather ? { weather: options.weather } : {}),
    });
    this.#reader = (options.reader ?? directReader)(this.running);
    this.#latch = new VirtualLatch(this.settings, this.#cycleMs);
    this.#state = initialState(this.settings);
    this.#saved = { state: this.#state, atMs: options.startMs };
    const wired = new Map(
      options.home.objects
        .filter(isLoad)
        .flatMap((load) => (load.relay ? [[load.relay.channel, load.id] as const] : [])),
    );
    this.#objects = options.site.site.loads.map(({ channel }) => wired.get(channel) ?? null);
    this.board = new VirtualBoard({
      config: boardConfig(options.site),
      nowMs: options.startMs - 3_600_000,
      link: options.link ?? PERFECT_LINK,
      ...(options.watch ? { watch: options.watch } : {}),
      onContact: (channel, on) => {
        const object = wired.get(channel);
        if (object) this.running.setRelay(object, on);
      },
    });
  }

  get nowMs(): number {
    return this.running.state.nowMs;
  }

  get boxRuns(): boolean {
    return this.#boxRuns;
  }

  /** What the box takes for the time; null before its first cycle. */
  get time(): SiteTime | null {
    return this.#time;
  }

  /** The box dies; the rest of the home goes on. */
  stopBox(): void {
    this.#boxRuns = false;
  }

  /** The box starts anew with what it had saved. */
  startBox(): void {
    this.#boxRuns = true;
    this.#state = restoreState(JSON.parse(JSON.stringify(this.#saved.state)), this.settings);
    this.#latch = new VirtualLatch(this.settings, this.#cycleMs);
    this.#order = null;
    this.board.forget();
  }

  cycle(): CycleRecord {
    const nowMs = this.nowMs + this.#cycleMs;
    this.running.advanceTo(nowMs);
    const decision = this.#boxRuns ? this.#decide(nowMs) : null;
    this.board.tick(nowMs, this.#boxRuns);
    this.#note(decision);
    return { nowMs, decision };
  }

  #decide(nowMs: number): Decision {
    this.#read(nowMs);
    const trusted = this.#options.clockTrusted?.() ?? true;
    const wallMs = nowMs + (this.#options.wallOffsetMs?.() ?? 0);
    this.#time = siteTimeAt(this.#options.site.site.zone, wallMs, trusted, this.#time);
    const { settings, orders } = this.#options.remote?.() ?? { settings: this.settings, orders: NO_ORDERS };
    const loads = this.#options.site.site.loads.map(({ channel }, i) => ({
      ...this.board.reported(channel, nowMs),
      contact: 'sound' as const,
      override: this.#options.override?.(i) ?? null,
    }));
    const prices = this.#options.prices?.(nowMs) ?? [];
    const snapshot = this.#latch.snapshot(nowMs, this.#time, { loads, prices, orders });
    const { state, decision } = decide(this.#state, snapshot, settings, null, nowMs);
    this.#replay(snapshot, settings, decision);
    if (decision.mustPersist || nowMs - this.#saved.atMs >= SAVE_MS) this.#saved = { state, atMs: nowMs };
    this.#state = state;
    for (let i = 0; i < decision.loads.length; i += 1) {
      const command = decision.loads[i];
      const load = this.#options.site.site.loads[i];
      if (command && load) this.board.want(load.channel, command.on, command.urgent, command.leaseS);
    }
    this.#orderBattery(decision, nowMs);
    return decision;
  }

  /** Same arguments, same answer: what the journal's replay lives on. */
  #replay(snapshot: Snapshot, settings: Settings, decision: Decision): void {
    const every = this.#options.replayEvery;
    if (every === undefined || decision.cycle % every !== 0) return;
    const again = decide(this.#state, snapshot, settings, null, this.nowMs).decision;
    if (JSON.stringify(again) !== JSON.stringify(decision)) this.replayBroken = true;
  }

  #read(nowMs: number): void {
    this.#latch.takeMeter(this.#reader.meter(), nowMs);
    this.#latch.takeInverter(this.#reader.inverter(0), nowMs);
    for (let i = 0; i < this.#objects.length; i += 1) {
      const object = this.#objects[i];
      if (object) this.#latch.takeLoad(i, this.#reader.loadPowerW(object), nowMs);
    }
  }

  /** As the box writes model 124: on change beyond a dead band, and in time before the revert timer. */
  #orderBattery(decision: Decision, nowMs: number): void {
    const command = decision.batteries[0];
    const battery = this.running.model.plans[0]?.battery;
    if (!command?.commanded || !battery) return;
    const { mode, chargeLimitW, dischargeLimitW } = command;
    const rates = storageRates(
      { mode, chargeLimitW, dischargeLimitW },
      Math.max(battery.maxChargeW, battery.maxDischargeW),
    );
    const coarse = (pct: number) => Math.round(pct / DEADBAND_PCT);
    const key = `${rates.controlBits} ${rates.gridChargeCode} ${coarse(rates.chargeRatePct)} ${coarse(rates.dischargeRatePct)}`;
    if (this.#order?.key === key && nowMs - this.#order.atMs < STANDARD_COMMANDS.renewMs) return;
    this.#order = { key, atMs: nowMs };
    this.running.orderStorage(0, { ...rates, revertS: REVERT_S });
  }

  #note(decision: Decision | null): void {
    const { trace } = this;
    for (const channel of this.board.state.channels) trace.add(channel.on ? 1 : 0);
    trace.add(this.running.flows.gridW);
    if (!decision) return;
    for (const change of decision.outcomes) {
      trace.text(change.actuator);
      trace.text(change.outcome);
      trace.text(change.reason.code);
    }
  }
}

function boardConfig(site: InstalledSite): ConfigMessage {
  const { loads } = site.settings;
  return {
    v: 1,
    board: 'esp12f-5ccf7f000001',
    telemetryS: 15,
    channels: site.site.loads.flatMap(({ channel, safeState, contact }, i) => {
      const load = loads[i];
      if (!load) return [];
      return [
        {
          channel,
          safeState,
          contact,
          minOnS: load.minOnMs / 1000,
          minOffS: load.minOffMs / 1000,
          interlock: load.interlock,
          maxLeaseS: 120,
          maxSwitchesPerHour: load.maxSwitchesPerHour,
          maxSwitchesPerDay: load.maxSwitchesPerDay,
        },
      ];
    }),
  };
}
