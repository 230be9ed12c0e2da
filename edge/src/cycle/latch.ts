/**
 * One immutable picture of the home from the newest reading of every device. What a device does not have is
 * `absent`, never zero; freshness, plausibility, jumps and frozen meters are judged by `core/signal-latch`.
 */
import type { Settings } from '../core/settings.ts';
import { ABSENT, type Signal } from '../core/signal.ts';
import { frozenTogether } from '../core/signal-latch.ts';
import { type SiteSpecs, signalSpecs } from '../core/signal-specs.ts';
import type { SiteTime } from '../core/site-time.ts';
import {
  type BatteryReading,
  type GridReading,
  NO_OPERATOR,
  type Order,
  type Snapshot,
} from '../core/snapshot.ts';
import type { BoardDriver } from '../devices/board-driver.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { ControlTime } from './control-time.ts';
import type { Devices } from './devices.ts';
import { type LoadSwitch, readSwitch } from './load-switch.ts';
import { SignalLine } from './signal-line.ts';

export interface LatchOptions {
  readonly site: SiteSettings;
  readonly core: Settings;
  readonly devices: Devices;
  readonly control: ControlTime;
  readonly cycleMs: number;
}

interface LoadLine {
  readonly power: SignalLine;
  readonly board: BoardDriver | undefined;
  readonly channel: number;
  switch: LoadSwitch | null;
}

interface PhaseLines {
  readonly powerW: SignalLine;
  readonly currentA: SignalLine;
  readonly voltageV: SignalLine;
}

export class Latch {
  readonly #options: LatchOptions;
  readonly #gridPower: SignalLine;
  readonly #frequency: SignalLine;
  readonly #phases: readonly PhaseLines[];
  readonly #gridLost: readonly SignalLine[];
  readonly #pv: readonly SignalLine[];
  readonly #batteries: readonly { readonly powerW: SignalLine; readonly socPct: SignalLine }[];
  readonly #loads: readonly LoadLine[];

  constructor(options: LatchOptions) {
    this.#options = options;
    const { site, core, devices, cycleMs } = options;
    const specs = signalSpecs(core, cycleMs);
    const grid = site.devices.meters.find(({ role }) => role === 'grid');
    const meter = devices.meters.get(grid?.id ?? '')?.source;
    this.#gridPower = new SignalLine(meter, 'powerW', specs.gridPowerW);
    this.#frequency = new SignalLine(meter, 'frequencyHz', specs.frequencyHz);
    this.#phases = Array.from({ length: core.grid.phases }, (_, i) => ({
      powerW: new SignalLine(meter, `phase${i + 1}PowerW`, specs.phasePowerW),
      currentA: new SignalLine(meter, `phase${i + 1}CurrentA`, specs.phaseCurrentA),
      voltageV: new SignalLine(meter, `phase${i + 1}VoltageV`, specs.voltageV),
    }));
    this.#gridLost = site.devices.inverters
      .filter(({ gridState }) => gridState)
      .map(({ id }) => inverterLine(devices, id, 'gridLostCode', { ...specs.pvPowerW, min: 0, max: 1 }));
    this.#pv = pvLines(site, devices, specs);
    this.#batteries = site.batteries.map(({ inverter }, i) => {
      const spec = specs.batteries[i] ?? { powerW: specs.pvPowerW, socPct: specs.pvPowerW };
      return {
        powerW: inverterLine(devices, inverter, 'batteryPowerW', spec.powerW),
        socPct: inverterLine(devices, inverter, 'socPct', spec.socPct),
      };
    });
    this.#loads = site.loads.map((load, i) => ({
      power: new SignalLine(
        devices.meters.get(load.power?.meter ?? '')?.source,
        load.power?.signal ?? '',
        specs.loads[i]?.powerW ?? specs.pvPowerW,
      ),
      board: devices.boards.get(load.board),
      channel: load.channel,
      switch: null,
    }));
  }

  /** The picture at `nowMonoMs`. */
  snapshot(time: SiteTime, orders: readonly Order[], nowMonoMs: number): Snapshot {
    const { control } = this.#options;
    for (const line of this.#lines()) line.take(control);
    const nowMs = control.at(nowMonoMs);
    return {
      time,
      grid: this.#grid(nowMs),
      pv: { powerW: sumOf(this.#pv.map((line) => line.signal(nowMs))), availableW: ABSENT },
      batteries: this.#batteries.map(({ powerW, socPct }) =>
        batteryOf(powerW.signal(nowMs), socPct.signal(nowMs)),
      ),
      loads: this.#readLoads(nowMonoMs),
      prices: [],
      operator: NO_OPERATOR,
      orders,
    };
  }

  #lines(): SignalLine[] {
    return [
      this.#gridPower,
      this.#frequency,
      ...this.#phases.flatMap(({ powerW, currentA, voltageV }) => [powerW, currentA, voltageV]),
      ...this.#gridLost,
      ...this.#pv,
      ...this.#batteries.flatMap(({ powerW, socPct }) => [powerW, socPct]),
      ...this.#loads.map(({ power }) => power),
    ];
  }

  #grid(nowMs: number): GridReading {
    // Power, voltage and frequency together: what never stands still all at once in a living meter.
    const watched = [
      this.#gridPower,
      this.#frequency,
      ...this.#phases.flatMap(({ powerW, voltageV }) => [powerW, voltageV]),
    ];
    const frozen = frozenTogether(
      watched.map(({ spec }) => spec),
      watched.map(({ memory }) => memory),
      nowMs,
    );
    return {
      powerW: this.#gridPower.signal(nowMs, frozen),
      frequencyHz: this.#frequency.signal(nowMs, frozen),
      phases: this.#phases.map(({ powerW, currentA, voltageV }) => ({
        powerW: powerW.signal(nowMs, frozen),
        currentA: currentA.signal(nowMs, frozen),
        voltageV: voltageV.signal(nowMs, frozen),
      })),
      state: this.#gridState(nowMs),
    };
  }

  #gridState(nowMs: number): GridReading['state'] {
    const codes = this.#gridLost
      .map((line) => line.signal(nowMs))
      .filter(({ quality }) => quality === 'good');
    if (codes.length === 0) return 'unknown';
    return codes.some(({ value }) => value === 1) ? 'lost' : 'present';
  }

  #readLoads(nowMonoMs: number): Snapshot['loads'] {
    const { core, control } = this.#options;
    const nowMs = control.at(nowMonoMs);
    return core.loads.flatMap((load, i) => {
      const line = this.#loads[i];
      if (!line) return [];
      const powerW = line.power.signal(nowMs);
      const { board, channel, switch: before } = line;
      const now = readSwitch({ board, channel, powerW, load, before }, nowMonoMs);
      line.switch = now;
      const override = now.button && {
        on: now.button.on,
        source: 'button' as const,
        untilMs: control.at(now.button.untilMonoMs),
      };
      return [{ online: now.online, reportedOn: now.reportedOn, powerW, contact: now.contact, override }];
    });
  }
}

function inverterLine(devices: Devices, id: string, key: string, spec: SignalLine['spec']): SignalLine {
  return new SignalLine(devices.inverters.get(id)?.source, key, spec);
}

function pvLines(site: SiteSettings, devices: Devices, specs: SiteSpecs): SignalLine[] {
  const { inverters, meters } = site.devices;
  return [
    ...inverters
      .filter(({ pv }) => pv)
      .map(({ id }) => inverterLine(devices, id, 'pvPowerW', specs.pvPowerW)),
    ...meters
      .filter(({ role }) => role === 'pv')
      .map(({ id }) => new SignalLine(devices.meters.get(id)?.source, 'powerW', specs.pvPowerW)),
  ];
}

function batteryOf(powerW: Signal, socPct: Signal): BatteryReading {
  return { online: powerW.quality === 'good' || powerW.quality === 'fault', powerW, socPct };
}

/** The sum, or the first part that is missing; no parts are no device. */
function sumOf(parts: readonly Signal[]): Signal {
  let value = 0;
  let atMs = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    if (part.quality !== 'good') return part;
    value += part.value;
    atMs = Math.min(atMs, part.atMs);
  }
  return parts.length === 0 ? ABSENT : { quality: 'good', value, atMs };
}
