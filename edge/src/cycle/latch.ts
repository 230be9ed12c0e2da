/**
 * One picture of the home from the newest reading of every device.
 *
 * Each quantity has its own filter with its own limits, derived from the installation: nothing above a multiple of
 * the main fuse is a number, a state of charge does not jump, a meter that repeats itself hangs. What a device does
 * not have is `absent`, never zero.
 */
import type { Settings } from '../core/settings.ts';
import { ABSENT, missing, type Signal } from '../core/signal.ts';
import type { SiteTime } from '../core/site-time.ts';
import {
  type BatteryReading,
  type GridReading,
  type LoadReading,
  NO_OPERATOR,
  type PvReading,
  type Snapshot,
} from '../core/snapshot.ts';
import type { Readings, SignalSource } from '../devices/signal-source.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { ControlTime } from './control-time.ts';
import type { Devices } from './devices.ts';
import { type LoadSwitch, readSwitch } from './load-switch.ts';
import { FrozenWatch, SignalFilter, type SignalLimits } from './signal-filter.ts';

export interface LatchOptions {
  readonly site: SiteSettings;
  readonly core: Settings;
  readonly devices: Devices;
  readonly control: ControlTime;
  readonly cycleMs: number;
}

/** An inverter that moves less than this may honestly repeat itself (at night). */
const IDLE_INVERTER_W = 50;

type Limits = Omit<SignalLimits, 'freshMs' | 'confirmSamples'>;

interface WantedSignal {
  readonly source: SignalSource | undefined;
  readonly key: string;
  readonly limits: Limits;
  readonly freshMs: number;
  readonly frozen?: boolean;
}

export class Latch {
  readonly #options: LatchOptions;
  readonly #filters = new Map<string, SignalFilter>();
  readonly #frozen = new Map<string, FrozenWatch>();
  readonly #switches = new Map<string, LoadSwitch>();

  constructor(options: LatchOptions) {
    this.#options = options;
  }

  snapshot(time: SiteTime, nowMonoMs: number): Snapshot {
    return {
      time,
      grid: this.#grid(nowMonoMs),
      pv: this.#pv(nowMonoMs),
      batteries: this.#batteries(nowMonoMs),
      loads: this.#loads(nowMonoMs),
      prices: [],
      operator: NO_OPERATOR,
      orders: [],
    };
  }

  #grid(nowMonoMs: number): GridReading {
    const { site, core, devices } = this.#options;
    const meter = site.devices.meters.find(({ role }) => role === 'grid');
    const source = meter && devices.meters.get(meter.id)?.source;
    const { nominalVoltageV, fuseA, phases } = core.grid;
    const phaseW = nominalVoltageV * fuseA;
    const power = (count: number) => ({
      min: -2.5 * count * phaseW,
      max: 2.5 * count * phaseW,
      maxJump: 1.6 * count * phaseW,
    });
    const one = (key: string, limits: Limits) => this.#meterSignal(source, key, limits, nowMonoMs);
    return {
      powerW: one('powerW', power(phases)),
      frequencyHz: one('frequencyHz', { min: 40, max: 70, maxJump: 5 }),
      phases: Array.from({ length: phases }, (_, i) => ({
        powerW: one(`phase${i + 1}PowerW`, power(1)),
        currentA: one(`phase${i + 1}CurrentA`, { min: 0, max: 10 * fuseA, maxJump: 5 * fuseA }),
        voltageV: one(`phase${i + 1}VoltageV`, { min: 0, max: 1.5 * nominalVoltageV, maxJump: Infinity }),
      })),
      state: this.#gridState(nowMonoMs),
    };
  }

  #gridState(nowMonoMs: number): GridReading['state'] {
    let state: GridReading['state'] = 'unknown';
    for (const { id, gridState } of this.#options.site.devices.inverters) {
      if (!gridState) continue;
      const code = this.#inverterSignal(id, 'gridLostCode', { min: 0, max: 1, maxJump: Infinity }, nowMonoMs);
      if (code.quality !== 'good') continue;
      if (code.value === 1) return 'lost';
      state = 'present';
    }
    return state;
  }

  #pv(nowMonoMs: number): PvReading {
    const { site, devices } = this.#options;
    const limits = { min: -2_000, max: 1_000_000, maxJump: Infinity };
    const parts: Signal[] = [
      ...site.devices.inverters
        .filter(({ pv }) => pv)
        .map(({ id }) => this.#inverterSignal(id, 'pvPowerW', limits, nowMonoMs)),
      ...site.devices.meters
        .filter(({ role }) => role === 'pv')
        .map(({ id }) => this.#meterSignal(devices.meters.get(id)?.source, 'powerW', limits, nowMonoMs)),
    ];
    return { powerW: sumOf(parts), availableW: ABSENT };
  }

  #batteries(nowMonoMs: number): BatteryReading[] {
    const { core, site, devices } = this.#options;
    return core.batteries.map((battery, i) => {
      const inverterId = site.batteries[i]?.inverter ?? '';
      const inverter = devices.inverters.get(inverterId)?.source;
      const maxW = 2 * Math.max(battery.maxChargeW, battery.maxDischargeW) + 500;
      const powerW = this.#inverterSignal(
        inverterId,
        'batteryPowerW',
        { min: -maxW, max: maxW, maxJump: Infinity },
        nowMonoMs,
      );
      const freshMs = site.control.signals.battery.freshS * 1000;
      const socPct = this.#signal(
        { source: inverter, key: 'socPct', limits: { min: 0, max: 100, maxJump: 10 }, freshMs },
        nowMonoMs,
      );
      return { online: powerW.quality !== 'stale' && powerW.quality !== 'absent', powerW, socPct };
    });
  }

  #loads(nowMonoMs: number): LoadReading[] {
    const { core, site, devices } = this.#options;
    return core.loads.map((load, i) => {
      const wiring = site.loads[i];
      const meter = wiring?.power && devices.meters.get(wiring.power.meter);
      const powerW = this.#signal(
        {
          source: meter?.source,
          key: wiring?.power?.signal ?? '',
          limits: { min: -100, max: 4 * load.nominalPowerW + 1000, maxJump: Infinity },
          freshMs: site.control.signals.load.freshS * 1000,
        },
        nowMonoMs,
      );
      const board = devices.boards.get(wiring?.board ?? '');
      const before = this.#switches.get(load.id) ?? null;
      const now = readSwitch({ board, channel: wiring?.channel ?? 0, powerW, load, before }, nowMonoMs);
      this.#switches.set(load.id, now);
      return {
        online: now.online,
        reportedOn: now.reportedOn,
        powerW,
        contact: now.contact,
        override: now.button && {
          on: now.button.on,
          source: 'button',
          untilMs: this.#options.control.at(now.button.untilMonoMs),
        },
      };
    });
  }

  #meterSignal(source: SignalSource | undefined, key: string, limits: Limits, nowMonoMs: number): Signal {
    const { freshS, frozenS } = this.#options.site.control.signals.meter;
    const readings = source?.readings();
    const frozen =
      source && readings ? this.#isFrozen(source.id, readings, pickFrozen(readings), frozenS * 1000) : false;
    return this.#signal({ source, key, limits, freshMs: freshS * 1000, frozen }, nowMonoMs);
  }

  #inverterSignal(id: string, key: string, limits: Limits, nowMonoMs: number): Signal {
    const source = this.#options.devices.inverters.get(id)?.source;
    const { freshS, frozenS } = this.#options.site.control.signals.inverter;
    const readings = source?.readings();
    const working = Math.abs(readings?.values.acPowerW ?? 0) > IDLE_INVERTER_W;
    const frozen =
      source && readings && working
        ? this.#isFrozen(source.id, readings, readings.values, frozenS * 1000)
        : false;
    return this.#signal({ source, key, limits, freshMs: freshS * 1000, frozen }, nowMonoMs);
  }

  #isFrozen(id: string, readings: Readings, values: Readings['values'], limitMs: number): boolean {
    const watch = this.#frozen.get(id) ?? new FrozenWatch(limitMs);
    this.#frozen.set(id, watch);
    return watch.frozen(values, readings.atMonoMs);
  }

  #signal(wanted: WantedSignal, nowMonoMs: number): Signal {
    const { source, key, limits, freshMs, frozen = false } = wanted;
    if (!source) return ABSENT;
    const { site, control, cycleMs } = this.#options;
    const name = `${source.id}.${key}`;
    const filter =
      this.#filters.get(name) ??
      new SignalFilter({
        ...limits,
        freshMs: Math.max(freshMs, 3 * cycleMs),
        confirmSamples: site.control.signals.confirmSamples,
      });
    this.#filters.set(name, filter);
    const readings = source.readings();
    const value = readings?.values[key];
    const sample = readings && value !== undefined ? { value, atMonoMs: readings.atMonoMs } : null;
    return filter.latch(sample, frozen, nowMonoMs, (monoMs) => control.at(monoMs));
  }
}

/** Power, voltage and frequency: what never stands still in a living meter. */
function pickFrozen(readings: Readings): Record<string, number | null> {
  const keys = Object.keys(readings.values).filter((key) => /(W|V|Hz)$/.test(key));
  return Object.fromEntries(keys.map((key) => [key, readings.values[key] ?? null]));
}

/** The sum, or the quality of the first part that is missing. */
function sumOf(parts: readonly Signal[]): Signal {
  let value = 0;
  let atMs = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    if (part.quality !== 'good') return part.quality === 'absent' ? missing('absent', part.atMs) : part;
    value += part.value;
    atMs = Math.min(atMs, part.atMs);
  }
  return parts.length === 0 ? ABSENT : { quality: 'good', value, atMs };
}
