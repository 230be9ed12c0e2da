/**
 * One seed of the campaign: a home drawn from it, faults drawn from it, days of faults with the oracle watching after
 * every cycle (safety), then everything is healed and must be well again in time (liveness).
 */
import type { LoadOverride } from '@wattward/edge/core/snapshot';
import type { ModbusQuestion, SignalValues } from '@wattward/edge/registers/conversation';
import { DeviceFailure } from '@wattward/edge/registers/device-failure';
import type { RunningHome } from '../../home/running-home.ts';
import type { ClosedLoop, CycleRecord } from '../closed-loop.ts';
import type { InstalledSite } from '../installed-site.ts';
import { type HomeReader, registerReader } from '../readings.ts';
import { drawHome, drawStartMs } from './drawn-home.ts';
import { FaultWeather } from './fault-weather.ts';
import { drawPlan, FAULT_CLASSES, type FaultClass } from './faults.ts';
import { HistoryRig } from './history/history-rig.ts';
import { MeterLine } from './meter-line.ts';
import type { Oracle, Violation } from './oracle.ts';
import { Random } from './random.ts';
import { RemoteRig } from './remote/remote-rig.ts';
import type { Envelope } from './remote/virtual-cloud.ts';
import { noteInverter, type Told, Witness } from './witness.ts';

export interface SeedResult {
  readonly seed: number;
  readonly days: number;
  readonly hash: string;
  readonly violations: readonly Violation[];
  readonly faults: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
  readonly cycles: number;
  readonly tookMs: number;
}

export interface SeedOptions {
  readonly seed: number;
  readonly days: number;
  readonly only?: readonly FaultClass[];
  /** Ends with the first violation. */
  readonly eager?: boolean;
}

const INVERTER_EVERY_MS = 3_000;
const INVERTER_FROZEN_KNOWN_MS = 306_000;
/** How long the healed home has until all must be well, and until every relay must stand as ordered. */
const WISH_MS = 5_000;
const REMOTE_MS = 60_000;
const POWER_BACK_MS = 5_000;
const HEALED_MS = 120_000;
const SETTLED_MS = 1_500_000;
const LIVENESS_MS = 1_560_000;

export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const beganMs = performance.now();
  const world = new World(options);
  const { loop, oracle } = world;
  const safetyCycles = Math.round(options.days * 86_400);
  let cycles = 0;
  const ends = () => options.eager === true && oracle.violations.length > 0;
  let healedAtMs: number | null = null;
  for (; !ends(); cycles += 1) {
    if (cycles === safetyCycles) healedAtMs = world.heal();
    if (healedAtMs !== null && loop.nowMs - healedAtMs >= LIVENESS_MS) break;
    // Most cycles have nothing to wait for, and waiting costs.
    const waits = world.before();
    if (waits) await waits;
    const record = world.cycle();
    const keeps = world.keep(record);
    if (keeps) await keeps;
    if (healedAtMs !== null) world.liveness(record, healedAtMs);
  }
  if (loop.replayBroken) oracle.fail('I12', loop.nowMs, 'a decision did not come out the same twice');
  else oracle.pass('I12');
  return {
    seed: options.seed,
    days: options.days,
    hash: world.digest(),
    violations: oracle.violations,
    faults: world.weather.counts,
    checks: oracle.checked,
    cycles,
    tookMs: performance.now() - beganMs,
  };
}

class World {
  readonly witness: Witness;
  readonly loop: ClosedLoop;
  readonly oracle: Oracle;
  readonly weather: FaultWeather;
  readonly #random: Random;
  readonly #meterLine: MeterLine;
  readonly #site: InstalledSite;
  readonly #history: HistoryRig;
  readonly #remote: RemoteRig;
  #inverterFrozenSinceMs: number | null = null;
  /** The box has read it whole: before, it orders nothing. */
  #inverterKnown = false;
  /** Without power until then. */
  #darkUntilMs = 0;
  /** The inverter answers nobody in that time. */
  #hang = { fromMs: 0, untilMs: 0 };
  #wish = { load: 0, on: false };
  #healedOrder: Envelope | null = null;

  constructor({ seed, only }: SeedOptions) {
    this.#random = new Random(seed);
    // Of the box itself: what a seed draws for the home must not depend on how often the box asks for chance.
    const jitter = new Random(~seed);
    const startMs = drawStartMs(this.#random);
    const { home, site } = drawHome(this.#random);
    this.#site = site;
    this.weather = new FaultWeather(drawPlan(seed, only ?? FAULT_CLASSES), seed, startMs);
    this.witness = new Witness({
      home,
      site,
      startMs,
      reader: (running, told) => this.#reader(running, told),
      line: (device, question, ask) =>
        device === 'meter' ? this.#meterLine.carry(this.loop.nowMs, ask) : this.#inverterLine(question, ask),
      link: { copies: () => this.#copies() },
      clockTrusted: () => this.#clockTrusted(),
      wallOffsetMs: () => this.#remote.wallOffsetMs,
      remote: () => this.#remote.effective,
      override: (load) => this.#wishFor(load),
      random: () => jitter.next(),
      replayEvery: 997,
    });
    this.loop = this.witness.loop;
    this.#meterLine = new MeterLine(this.weather, this.witness.told, site.settings.grid);
    this.oracle = this.witness.oracle;
    const { check } = this.oracle;
    this.#history = new HistoryRig({ weather: this.weather, seed, startMs, site: site.site, check });
    this.#remote = new RemoteRig({
      ...{ weather: this.weather, seed, check },
      settings: this.loop.settings,
      planPolicy: site.site.planPolicy,
    });
  }

  /** People, faults and the portal, before the box's cycle. */
  before(): Promise<void> | null {
    this.#people();
    this.#process();
    return this.#remote.cycle(this.loop.nowMs, this.loop.boxRuns, this.#clockTrusted());
  }

  cycle(): CycleRecord {
    this.oracle.follow(this.#remote.oracle);
    return this.witness.cycle();
  }

  /** The box records its cycle and carries on what waits. Null when there is nothing to wait for. */
  keep({ nowMs, decided }: CycleRecord): Promise<void> | null {
    const kept = this.#history.cycle({ nowMs, decided, clockTrusted: this.#clockTrusted() });
    if (!kept) return null;
    return kept.then((lightsOut) => {
      if (lightsOut) this.#darkUntilMs = nowMs + POWER_BACK_MS;
    });
  }

  /** Of everything that happened: the home, what reached the history, what was followed from afar. */
  digest(): string {
    const { trace } = this.loop;
    this.#history.addTo(trace);
    this.#remote.addTo(trace);
    return trace.digest();
  }

  #clockTrusted(): boolean {
    return !this.weather.spell('clock-untrusted', this.loop.nowMs).holds;
  }

  heal(): number {
    this.weather.heal();
    this.#darkUntilMs = 0;
    this.#hang = { fromMs: 0, untilMs: 0 };
    if (!this.loop.boxRuns) this.loop.startBox(this.#history.lastState);
    this.loop.running.setGrid(true);
    for (const id of ['oven', 'space-heater']) this.loop.running.changeLoad(id, { on: false });
    return this.loop.nowMs;
  }

  liveness({ nowMs, decision }: CycleRecord, healedAtMs: number): void {
    const sinceMs = nowMs - healedAtMs;
    if (sinceMs === REMOTE_MS) this.#healedOrder = this.#remote.approveWhenHealed(nowMs);
    if (sinceMs === HEALED_MS) {
      if (this.#healedOrder) this.#remote.reached(this.#healedOrder, nowMs);
      const well = decision !== null && decision.homeMode !== 'degraded' && decision.homeMode !== 'outage';
      if (well) this.oracle.pass('L1');
      else this.oracle.fail('L1', nowMs, `still ${decision?.homeMode} two minutes after all faults ended`);
    }
    if (sinceMs !== SETTLED_MS || !decision) return;
    this.#history.settled();
    for (const [i, load] of decision.loads.entries()) {
      const channel = this.#site.site.loads[i]?.channel ?? 0;
      const contact = this.loop.board.state.channels.find((c) => c.channel === channel);
      const byHand = contact?.lease?.by === 'button';
      // What was ordered a moment ago, or must still wait its minimum time, may differ.
      const settled = load.sinceMs !== null && nowMs - load.sinceMs > 660_000;
      if (!settled || byHand || contact?.on === load.on) this.oracle.pass('L2');
      else this.oracle.fail('L2', nowMs, `${load.id} is ordered ${load.on ? 'on' : 'off'} and does not obey`);
    }
  }

  /** People switch strong appliances and press buttons. */
  #people(): void {
    const { running, nowMs } = this.loop;
    const surge = this.weather.spell('surge', nowMs).holds;
    running.changeLoad('oven', { on: surge });
    running.changeLoad('space-heater', { on: surge });
    // A stuck button presses again and again.
    if (this.weather.spell('button', nowMs).holds) {
      this.witness.pressButton(this.#random.whole(1, 4));
    }
    if (this.weather.spell('wish', nowMs).began) {
      this.#wish = {
        load: this.#random.whole(0, this.#site.site.loads.length - 1),
        on: this.#random.chance(0.8),
      };
    }
    const outage = this.weather.spell('grid-outage', nowMs);
    if (running.state.gridOn === outage.holds) running.setGrid(!outage.holds);
    if (!outage.began || !this.weather.strikes('inverter-hangs')) return;
    const draw = this.weather.draw('inverter-hangs');
    this.#hang = {
      fromMs: nowMs + draw.between(5_000, 300_000),
      untilMs: nowMs + draw.spread(600_000, 36_000_000),
    };
  }

  #wishFor(load: number): LoadOverride | null {
    const { nowMs } = this.loop;
    if (load !== this.#wish.load || !this.weather.spell('wish', nowMs).holds) return null;
    return { on: this.#wish.on, source: 'portal', untilMs: nowMs + WISH_MS };
  }

  #process(): void {
    const { loop } = this;
    const { nowMs } = loop;
    if (this.weather.spell('board-reboot', nowMs).began) loop.board.reboot(nowMs);
    const killed = this.weather.spell('box-kill', nowMs).holds || nowMs < this.#darkUntilMs;
    if (killed && loop.boxRuns) loop.stopBox();
    else if (!killed && !loop.boxRuns) {
      loop.startBox(this.#history.lastState);
      // What stood still before it began it has not seen.
      this.#meterLine.forget();
      this.#inverterFrozenSinceMs = null;
      this.#inverterKnown = false;
    }
  }

  /** An inverter that is silent hears no order either. */
  #inverterLine(question: ModbusQuestion, ask: () => readonly number[]): readonly number[] {
    const lost = question.ask === 'read' && this.weather.strikes('inverter-timeout');
    if (!lost && !this.#inverterSilent()) return ask();
    if (question.ask === 'write') this.witness.told.orderLostAtMs = this.loop.nowMs;
    throw new DeviceFailure('timeout', 'no answer');
  }

  #inverterSilent(): boolean {
    const { nowMs } = this.loop;
    const hangs = nowMs >= this.#hang.fromMs && nowMs < this.#hang.untilMs;
    return hangs || this.weather.spell('inverter-timeout', nowMs).holds;
  }

  #reader(running: RunningHome, told: Told): HomeReader {
    let inverter: { readonly atMs: number; readonly readings: SignalValues | null } | null = null;
    const { weather } = this;
    return {
      ...registerReader(running),
      meter: (read) => {
        told.meterWhole = false;
        return read();
      },
      inverter: (_, read) => {
        const nowMs = running.state.nowMs;
        if (!this.#inverterKnown) told.orderLostAtMs = nowMs;
        if (inverter && nowMs - inverter.atMs < INVERTER_EVERY_MS) return null;
        if (this.#inverterSilent()) {
          // Pictures that it did not get tell the box nothing: what stands still is looked at anew.
          this.#inverterFrozenSinceMs = null;
          return null;
        }
        const still = weather.spell('inverter-frozen', nowMs).holds;
        // It answers, with what it told when it froze.
        const now = read();
        this.#inverterKnown = now !== null;
        const readings = still && inverter ? inverter.readings : now;
        inverter = { atMs: nowMs, readings };
        told.inverterLive = !still;
        if (!still) noteInverter(told, readings, running);
        // A picture that never changes is believed for five minutes, no longer.
        this.#inverterFrozenSinceMs = still ? (this.#inverterFrozenSinceMs ?? nowMs) : null;
        const known = nowMs - (this.#inverterFrozenSinceMs ?? nowMs) > INVERTER_FROZEN_KNOWN_MS;
        if (still && readings && !known) told.socAtMs = told.gridAtMs = nowMs;
        if (known) told.gridLost = null;
        return readings;
      },
    };
  }

  #copies(): readonly number[] {
    const { weather } = this;
    const nowMs = this.loop?.nowMs ?? 0;
    if (weather.spell('link-loss', nowMs).holds || weather.strikes('link-loss')) return [];
    const delayMs = weather.strikes('link-delay') ? weather.draw('link-delay').between(0, 60_000) : 0;
    return weather.strikes('link-repeat')
      ? [delayMs, delayMs + weather.draw('link-repeat').between(0, 120_000)]
      : [delayMs];
  }
}
