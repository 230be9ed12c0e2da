/**
 * One seed of the campaign: a home drawn from it, faults drawn from it, days of faults with the oracle watching after
 * every cycle (safety), then everything is healed and must be well again in time (liveness).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readHome } from '../../home/home-file.ts';
import type { RunningHome } from '../../home/running-home.ts';
import type { Home } from '../../home/schema.ts';
import type { ClosedLoop, CycleRecord } from '../closed-loop.ts';
import { type HomeReader, type InverterReadings, registerReader } from '../readings.ts';
import { type InstalledSite, installedSite } from '../site-file.ts';
import { drawPlan, FAULT_CLASSES, type FaultClass, FaultWeather } from './faults.ts';
import type { Oracle, Violation } from './oracle.ts';
import { Random } from './random.ts';
import { noteInverter, type Told, Witness } from './witness.ts';

export interface SeedResult {
  readonly seed: number;
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

const HOMES = path.resolve(import.meta.dirname, '../../../homes');
const INVERTER_EVERY_MS = 3_000;
const FROZEN_KNOWN_MS = 62_000;
/** How long the healed home has until all must be well, and until every relay must stand as ordered. */
const HEALED_MS = 180_000;
const SETTLED_MS = 1_500_000;
const LIVENESS_MS = 1_560_000;

export function runSeed(options: SeedOptions): SeedResult {
  const beganMs = performance.now();
  const world = new World(options);
  const { loop, oracle } = world;
  const safetyCycles = Math.round(options.days * 86_400);
  let cycles = 0;
  const ends = () => options.eager === true && oracle.violations.length > 0;
  for (; cycles < safetyCycles && !ends(); cycles += 1) world.cycle();
  if (!ends()) {
    const healedAtMs = world.heal();
    for (; loop.nowMs - healedAtMs < LIVENESS_MS && !ends(); cycles += 1)
      world.liveness(world.cycle(), healedAtMs);
  }
  if (loop.replayBroken) oracle.fail('I12', loop.nowMs, 'a decision did not come out the same twice');
  else oracle.pass('I12');
  return {
    seed: options.seed,
    hash: loop.trace.digest(),
    violations: oracle.violations,
    faults: Object.fromEntries(world.weather.counts),
    checks: Object.fromEntries(oracle.checked),
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
  readonly #site: InstalledSite;
  #frozenSinceMs: number | null = null;

  constructor({ seed, only }: SeedOptions) {
    this.#random = new Random(seed);
    const startMs = Date.UTC(2026, 0, 1) + this.#random.whole(0, 360) * 86_400_000;
    const home = drawHome(this.#random);
    this.#site = drawSite(this.#random);
    this.weather = new FaultWeather(drawPlan(seed, only ?? FAULT_CLASSES), seed, startMs);
    this.witness = new Witness({
      home,
      site: this.#site,
      startMs,
      reader: (running, told) => this.#reader(running, told),
      link: { copies: () => this.#copies() },
      clockTrusted: () => !this.weather.spell('clock-untrusted', this.loop.nowMs).holds,
      replayEvery: 997,
    });
    this.loop = this.witness.loop;
    this.oracle = this.witness.oracle;
  }

  cycle(): CycleRecord {
    this.#people();
    this.#process();
    return this.witness.cycle();
  }

  heal(): number {
    this.weather.heal();
    if (!this.loop.boxRuns) this.loop.startBox();
    this.loop.running.setGrid(true);
    for (const id of ['oven', 'space-heater']) this.loop.running.changeLoad(id, { on: false });
    return this.loop.nowMs;
  }

  liveness({ nowMs, decision }: CycleRecord, healedAtMs: number): void {
    const sinceMs = nowMs - healedAtMs;
    if (sinceMs === HEALED_MS) {
      const well = decision !== null && decision.homeMode !== 'degraded' && decision.homeMode !== 'outage';
      if (well) this.oracle.pass('L1');
      else this.oracle.fail('L1', nowMs, `still ${decision?.homeMode} three minutes after all faults ended`);
    }
    if (sinceMs !== SETTLED_MS || !decision) return;
    for (const [i, load] of decision.loads.entries()) {
      const channel = this.#site.wiring[i]?.channel ?? 0;
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
    const lost = this.weather.spell('grid-outage', nowMs).holds;
    if (running.state.gridOn === lost) running.setGrid(!lost);
  }

  #process(): void {
    const { loop } = this;
    const { nowMs } = loop;
    if (this.weather.spell('board-reboot', nowMs).began) loop.board.reboot(nowMs);
    const killed = this.weather.spell('box-kill', nowMs).holds;
    if (killed && loop.boxRuns) loop.stopBox();
    else if (!killed && !loop.boxRuns) loop.startBox();
  }

  #reader(running: RunningHome, told: Told): HomeReader {
    let frozen: readonly number[] | null = null;
    let inverter: { readonly atMs: number; readonly readings: InverterReadings | null } | null = null;
    const { weather } = this;
    const through = registerReader(running, (device, words) => {
      if (device === 'inverter') return weather.strikes('inverter-timeout') ? 'timeout' : words;
      const nowMs = running.state.nowMs;
      const still = weather.spell('meter-frozen', nowMs).holds;
      this.#frozenSinceMs = still ? (this.#frozenSinceMs ?? nowMs) : null;
      told.meterLive = !still;
      frozen = still ? (frozen ?? words) : null;
      if (weather.spell('meter-timeout', nowMs).holds || weather.strikes('meter-timeout')) return 'timeout';
      if (weather.strikes('meter-exception')) return 'exception';
      told.meterWhole = this.#frozenSinceMs === null || nowMs - this.#frozenSinceMs < FROZEN_KNOWN_MS;
      if (frozen) return frozen;
      if (weather.strikes('meter-not-available')) return broken(told, words, 0x7fc0);
      // 52 kW and more, which a 25 A connection never carries: less, for a second, cannot be told from a real load.
      if (weather.strikes('meter-spike')) return broken(told, words, 0x474b + weather.draw().whole(0, 0x3b4));
      return words;
    });
    return {
      meter: () => {
        told.meterWhole = false;
        return through.meter();
      },
      inverter: (n) => {
        const nowMs = running.state.nowMs;
        if (inverter && nowMs - inverter.atMs < INVERTER_EVERY_MS) return null;
        if (weather.spell('inverter-timeout', nowMs).holds) return null;
        const still = weather.spell('inverter-frozen', nowMs).holds;
        const readings = still && inverter ? inverter.readings : through.inverter(n);
        inverter = { atMs: nowMs, readings };
        told.inverterLive = !still;
        if (!still) noteInverter(told, readings, running);
        else if (readings) told.socAtMs = told.gridAtMs = nowMs;
        return readings;
      },
      loadPowerW: (objectId) => through.loadPowerW(objectId),
    };
  }

  #copies(): readonly number[] {
    const { weather } = this;
    const nowMs = this.loop?.nowMs ?? 0;
    if (weather.spell('link-loss', nowMs).holds || weather.strikes('link-loss')) return [];
    const delayMs = weather.strikes('link-delay') ? weather.draw().between(0, 60_000) : 0;
    return weather.strikes('link-repeat')
      ? [delayMs, delayMs + weather.draw().between(0, 120_000)]
      : [delayMs];
  }
}

/** Total and phase powers replaced by a float whose high word is `high`. */
function broken(told: Told, words: readonly number[], high: number): readonly number[] {
  told.meterWhole = false;
  const out = [...words];
  for (const address of [0x0c, 0x0e, 0x10, 0x34]) out[address] = high;
  return out;
}

function drawHome(random: Random): Home {
  const home = readHome(path.join(HOMES, 'default.yaml'));
  const initialSocPct = random.chance(0.3) ? random.between(5, 14) : random.between(8, 98);
  const objects = home.objects.map((object) => {
    if (object.kind === 'battery') return { ...object, initialSocPct };
    return object.kind === 'pv' ? { ...object, peakW: object.peakW * random.between(0.3, 1.4) } : object;
  });
  return { ...home, seed: random.whole(1, 0xffff_ffff), objects };
}

/** The installer's choices vary too: fuse, threshold, priorities, an interlock. */
function drawSite(random: Random): InstalledSite {
  const site = installedSite(
    `home-${random.whole(1, 99)}`,
    readFileSync(path.join(HOMES, 'default.site.yaml'), 'utf8'),
    {},
  );
  const interlock = random.chance(0.3) ? 1 : 0;
  const order = site.settings.loads
    .map((_, i) => ({ i, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank);
  const loads = site.settings.loads.map((load, i) => ({
    ...load,
    priority: order.findIndex((entry) => entry.i === i) + 1,
    interlock: load.kind === 'interruptible' ? interlock : 0,
  }));
  const essential = random.chance(0.5) ? random.whole(0, loads.length - 1) : -1;
  const byPriority = order.map(({ i }) => i);
  const settings = {
    ...site.settings,
    grid: { ...site.settings.grid, fuseA: random.pick([16, 20, 25]) },
    peak: { ...site.settings.peak, thresholdW: random.pick([5000, 7000, 9000]) },
    loads: loads.map((load, i) => (i === essential ? { ...load, essential: true } : load)),
    byPriority,
  };
  return { ...site, settings };
}
