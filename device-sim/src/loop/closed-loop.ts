/**
 * A home and its box in virtual time: physics and board machines on one side, the box's own latch, decision and
 * drivers on the other, no sockets and no waiting. Backtests, what-if questions and fault campaigns run on it. Same
 * arguments, same trace, to the bit.
 *
 * One cycle: the home moves on; devices are read; the box latches, decides and acts; boards hear it. Control time is
 * the home's own clock.
 */
import { decide } from '@wattward/edge/core/decide';
import type { Decision } from '@wattward/edge/core/decision';
import { restoreState } from '@wattward/edge/core/restore-state';
import type { Settings } from '@wattward/edge/core/settings';
import type { SiteTime } from '@wattward/edge/core/site-time';
import type { LoadOverride, Order, PriceSlot, Snapshot } from '@wattward/edge/core/snapshot';
import { initialState, type State } from '@wattward/edge/core/state';
import { siteTimeAt } from '@wattward/edge/core/zone';
import type { Sources } from '@wattward/edge/latch/sources';
import { type MeasuredSource, RunningHome, type WeatherSource } from '../home/running-home.ts';
import type { Home } from '../home/schema.ts';
import { BoardTwin, type CommandWatch } from './board-twin.ts';
import { HomeLine, type LinkFault, PERFECT_LINK } from './home-line.ts';
import { FLAWLESS, HomeWire, type LineFault } from './home-wire.ts';
import type { InstalledSite } from './installed-site.ts';
import { LoopBox } from './loop-box.ts';
import { directReader, type HomeReader } from './readings.ts';
import { TraceHash } from './trace-hash.ts';
import { type ObjectOn, wiredObjects } from './wired-objects.ts';

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
  /** What the line to meter and inverters does; nothing when left out. */
  readonly line?: LineFault;
  /** Slots known at an instant, in time order. */
  readonly prices?: (nowMs: number) => readonly PriceSlot[];
  /** 0..1, for the jitter of the box's renewals; always the middle when left out. */
  readonly random?: () => number;
}

export interface CycleRecord {
  readonly nowMs: number;
  /** Null while the box does not run. */
  readonly decision: Decision | null;
  /** What went into the decision, and came out of it; null while the box does not run. */
  readonly decided: DecidedInLoop | null;
}

export interface DecidedInLoop {
  readonly before: State;
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  readonly state: State;
  readonly decision: Decision;
  readonly sources: Sources;
}

const NO_ORDERS: readonly Order[] = [];
/** The box saves at once what must survive, everything else so often. */
const SAVE_MS = 300_000;

/** Boards have had power for so long when the loop begins: none is in its hold after a boot. */
const POWERED_BEFORE_MS = 3_600_000;

export class ClosedLoop {
  readonly running: RunningHome;
  readonly settings: Settings;
  readonly twins: readonly BoardTwin[];
  readonly trace = new TraceHash();
  /** A decision did not come out the same a second time. */
  replayBroken = false;
  readonly #options: LoopOptions;
  readonly #cycleMs: number;
  readonly #reader: HomeReader;
  readonly #wire: HomeWire;
  readonly #line: HomeLine;
  readonly #objectOn: ObjectOn;
  #box: LoopBox;
  #state: State;
  /** What the box would find on its disk. */
  #saved: { readonly state: State; readonly atMs: number };
  #time: SiteTime | null = null;
  #boxRuns = true;

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
    this.#wire = new HomeWire(this.running, options.line ?? FLAWLESS);
    this.#objectOn = wiredObjects(options.home, options.site.site);
    this.#line = new HomeLine(options.link ?? PERFECT_LINK, () => this.nowMs);
    this.#state = initialState(this.settings);
    this.#saved = { state: this.#state, atMs: options.startMs };
    this.twins = this.#plugBoards();
    this.#box = this.#openBox();
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

  /** The board of most homes. @throws RangeError in a home without boards */
  get board(): BoardTwin {
    const [first] = this.twins;
    if (!first) throw new RangeError('this home has no board');
    return first;
  }

  /** What the box has heard of a load's relay; null while its board is not there. */
  toldOn(load: number): boolean | null {
    return this.#boxRuns ? this.#box.toldOn(load) : null;
  }

  /** The box dies; the rest of the home goes on. */
  stopBox(): void {
    this.#boxRuns = false;
    this.#line.disconnectBox();
  }

  /** The box starts anew with what it finds on its disk: what it had saved, when left out. */
  startBox(found: unknown = JSON.parse(JSON.stringify(this.#saved.state))): void {
    this.#boxRuns = true;
    this.#state = restoreState(found, this.settings);
    this.#box = this.#openBox();
  }

  cycle(): CycleRecord {
    const nowMs = this.nowMs + this.#cycleMs;
    this.running.advanceTo(nowMs);
    this.#line.deliver(nowMs);
    for (const twin of this.twins) twin.tick(nowMs);
    this.#line.deliver(nowMs);
    const decided = this.#boxRuns ? this.#decide(nowMs) : null;
    const decision = decided?.decision ?? null;
    this.#line.deliver(nowMs);
    this.#note(decision);
    return { nowMs, decision, decided };
  }

  #decide(nowMs: number): DecidedInLoop {
    const trusted = this.#options.clockTrusted?.() ?? true;
    const wallMs = nowMs + (this.#options.wallOffsetMs?.() ?? 0);
    this.#time = siteTimeAt(this.#options.site.site.zone, wallMs, trusted, this.#time);
    const { settings, orders } = this.#options.remote?.() ?? { settings: this.settings, orders: NO_ORDERS };
    const given = { time: this.#time, orders, prices: this.#options.prices?.(nowMs) ?? [] };
    const snapshot = this.#withWishes(this.#box.snapshot(given));
    const before = this.#state;
    const { state, decision } = decide(before, snapshot, settings, null, nowMs);
    this.#replay(snapshot, settings, decision);
    if (decision.mustPersist || nowMs - this.#saved.atMs >= SAVE_MS) this.#saved = { state, atMs: nowMs };
    this.#state = state;
    this.#box.act(decision, settings);
    return { before, snapshot, settings, state, decision, sources: this.#box.sources };
  }

  /** A person's wish by another way than the button, which the board itself tells. */
  #withWishes(snapshot: Snapshot): Snapshot {
    const { override } = this.#options;
    if (!override) return snapshot;
    const loads = snapshot.loads.map((load, i) => ({ ...load, override: load.override ?? override(i) }));
    return { ...snapshot, loads };
  }

  /** Same arguments, same answer: what the journal's replay lives on. */
  #replay(snapshot: Snapshot, settings: Settings, decision: Decision): void {
    const every = this.#options.replayEvery;
    if (every === undefined || decision.cycle % every !== 0) return;
    const again = decide(this.#state, snapshot, settings, null, this.nowMs).decision;
    if (JSON.stringify(again) !== JSON.stringify(decision)) this.replayBroken = true;
  }

  #openBox(): LoopBox {
    return new LoopBox({
      site: this.#options.site.site,
      core: this.settings,
      cycleMs: this.#cycleMs,
      nowMs: () => this.nowMs,
      stateAtMs: this.#state.atMs,
      line: this.#line,
      reader: this.#reader,
      objectOn: this.#objectOn,
      wire: this.#wire,
      random: this.#options.random ?? (() => 0.5),
    });
  }

  #plugBoards(): BoardTwin[] {
    const { site, startMs, watch } = this.#options;
    return site.site.devices.boards.map(
      ({ id, device }) =>
        new BoardTwin({
          board: device ?? id,
          line: this.#line,
          nowMs: startMs - POWERED_BEFORE_MS,
          watch: watch ?? null,
          onContact: (channel, on) => {
            const object = this.#objectOn(id, channel);
            if (object) this.running.setRelay(object, on);
          },
        }),
    );
  }

  #note(decision: Decision | null): void {
    const { trace } = this;
    for (const twin of this.twins) {
      for (const channel of twin.state.channels) trace.add(channel.on ? 1 : 0);
    }
    trace.add(this.running.flows.gridW);
    if (!decision) return;
    for (const change of decision.outcomes) {
      trace.text(change.actuator);
      trace.text(change.outcome);
      trace.text(change.reason.code);
    }
  }
}
