/** From raw readings to the snapshot, with the core's own judgement of what is fresh, plausible, frozen. */
import type { Settings } from '@wattward/edge/core/settings';
import { ABSENT, type Signal } from '@wattward/edge/core/signal';
import {
  frozenTogether,
  NO_MEMORY,
  type SignalMemory,
  type SignalSpec,
  signalAt,
  takeReading,
} from '@wattward/edge/core/signal-latch';
import { type SiteSpecs, signalSpecs } from '@wattward/edge/core/signal-specs';
import type { SiteTime } from '@wattward/edge/core/site-time';
import {
  type LoadReading,
  NO_OPERATOR,
  type Order,
  type PriceSlot,
  type Snapshot,
} from '@wattward/edge/core/snapshot';
import type { InverterReadings, MeterReadings } from './readings.ts';

class Line {
  readonly spec: SignalSpec;
  memory: SignalMemory = NO_MEMORY;

  constructor(spec: SignalSpec) {
    this.spec = spec;
  }

  take(value: number | null | undefined, nowMs: number): void {
    if (value !== undefined) this.memory = takeReading(this.spec, this.memory, value, nowMs);
  }

  at(nowMs: number, frozen = false): Signal {
    return signalAt(this.spec, this.memory, nowMs, frozen);
  }
}

export class VirtualLatch {
  readonly #settings: Settings;
  readonly #grid: Line;
  readonly #frequency: Line;
  readonly #phases: readonly { powerW: Line; currentA: Line; voltageV: Line }[];
  readonly #pv: Line;
  readonly #batteries: readonly { powerW: Line; socPct: Line }[];
  readonly #loads: readonly Line[];
  readonly #watched: readonly Line[];
  /** Of the inverter: what never rests, and all that must stand still before it counts as frozen. */
  readonly #living: readonly Line[];
  readonly #inverterWatched: readonly Line[];
  #gridLost: { readonly lost: boolean; readonly atMs: number } | null = null;

  constructor(settings: Settings, cycleMs: number) {
    this.#settings = settings;
    const specs: SiteSpecs = signalSpecs(settings, cycleMs);
    this.#grid = new Line(specs.gridPowerW);
    this.#frequency = new Line(specs.frequencyHz);
    this.#phases = Array.from({ length: settings.grid.phases }, () => ({
      powerW: new Line(specs.phasePowerW),
      currentA: new Line(specs.phaseCurrentA),
      voltageV: new Line(specs.voltageV),
    }));
    this.#pv = new Line(specs.pvPowerW);
    this.#batteries = specs.batteries.map(({ powerW, socPct }) => ({
      powerW: new Line(powerW),
      socPct: new Line(socPct),
    }));
    this.#loads = specs.loads.map(({ powerW }) => new Line(powerW));
    this.#living = [
      new Line(specs.inverterFrequencyHz),
      ...[1, 2, 3].map(() => new Line(specs.inverterVoltageV)),
    ];
    this.#inverterWatched = [...this.#living, this.#pv, ...this.#batteries.map(({ powerW }) => powerW)];
    this.#watched = [
      this.#grid,
      this.#frequency,
      ...this.#phases.flatMap(({ powerW, voltageV }) => [powerW, voltageV]),
    ];
  }

  takeMeter(readings: MeterReadings | null, nowMs: number): void {
    if (!readings) return;
    this.#grid.take(readings.powerW, nowMs);
    this.#frequency.take(readings.frequencyHz, nowMs);
    for (let i = 0; i < this.#phases.length; i += 1) {
      const phase = this.#phases[i];
      phase?.powerW.take(readings.phasePowerW[i], nowMs);
      phase?.currentA.take(readings.phaseCurrentA[i], nowMs);
      phase?.voltageV.take(readings.phaseVoltageV[i], nowMs);
    }
  }

  takeInverter(readings: InverterReadings | null, nowMs: number): void {
    if (!readings) return;
    this.#pv.take(readings.pvPowerW, nowMs);
    this.#batteries[0]?.powerW.take(readings.batteryPowerW, nowMs);
    this.#batteries[0]?.socPct.take(readings.socPct, nowMs);
    this.#gridLost = { lost: readings.gridLost, atMs: nowMs };
    const [frequency, ...voltages] = this.#living;
    frequency?.take(readings.frequencyHz, nowMs);
    for (const [i, voltage] of voltages.entries()) voltage.take(readings.phaseVoltageV[i], nowMs);
  }

  takeLoad(i: number, powerW: number | null, nowMs: number): void {
    this.#loads[i]?.take(powerW, nowMs);
  }

  snapshot(
    nowMs: number,
    time: SiteTime,
    home: {
      readonly loads: readonly Omit<LoadReading, 'powerW'>[];
      readonly prices: readonly PriceSlot[];
      readonly orders: readonly Order[];
    },
  ): Snapshot {
    const frozen = standsStill(this.#watched, nowMs);
    const repeats = this.#inverterRepeats(nowMs);
    return {
      time,
      grid: {
        powerW: this.#grid.at(nowMs, frozen),
        frequencyHz: this.#frequency.at(nowMs, frozen),
        phases: this.#phases.map(({ powerW, currentA, voltageV }) => ({
          powerW: powerW.at(nowMs, frozen),
          currentA: currentA.at(nowMs, frozen),
          voltageV: voltageV.at(nowMs, frozen),
        })),
        state: repeats ? 'unknown' : this.#gridState(nowMs),
      },
      pv: { powerW: this.#settings.hasPv ? this.#pv.at(nowMs, repeats) : ABSENT, availableW: ABSENT },
      batteries: this.#batteries.map(({ powerW, socPct }) => {
        const power = powerW.at(nowMs, repeats);
        return {
          online: power.quality === 'good' || power.quality === 'fault',
          powerW: power,
          socPct: socPct.at(nowMs, repeats),
        };
      }),
      loads: home.loads.map((load, i) => ({ ...load, powerW: this.#loads[i]?.at(nowMs) ?? ABSENT })),
      prices: home.prices,
      operator: NO_OPERATOR,
      orders: home.orders,
    };
  }

  /** As the box judges it: powers may rest, voltage and frequency never do. */
  #inverterRepeats(nowMs: number): boolean {
    const alive = this.#living.some(({ memory }) => memory.lastGoodMs !== 0 && !memory.lastWasFault);
    return alive && standsStill(this.#inverterWatched, nowMs);
  }

  #gridState(nowMs: number): 'present' | 'lost' | 'unknown' {
    const told = this.#gridLost;
    if (!told || nowMs - told.atMs > this.#settings.signals.inverterFreshMs) return 'unknown';
    return told.lost ? 'lost' : 'present';
  }
}

function standsStill(lines: readonly Line[], nowMs: number): boolean {
  return frozenTogether(
    lines.map(({ spec }) => spec),
    lines.map(({ memory }) => memory),
    nowMs,
  );
}
