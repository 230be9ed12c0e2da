/**
 * One immutable picture of the home from the newest reading of every device. What a device does not have is
 * `absent`, never zero; freshness, plausibility, jumps and frozen meters are judged by `core/signal-latch`.
 */
import type { Settings } from '../core/settings.ts';
import { ABSENT } from '../core/signal.ts';
import { frozenTogether } from '../core/signal-latch.ts';
import { signalSpecs } from '../core/signal-specs.ts';
import type { SiteTime } from '../core/site-time.ts';
import {
  type GridReading,
  NO_OPERATOR,
  type Order,
  type PriceSlot,
  type Snapshot,
} from '../core/snapshot.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { ControlTime } from './control-time.ts';
import { type LoadSwitch, readSwitch } from './load-switch.ts';
import { SignalLine } from './signal-line.ts';
import type { BoardSight, Sources } from './sources.ts';
import { SupplyLatch } from './supply-latch.ts';

export interface LatchOptions {
  readonly site: SiteSettings;
  readonly core: Settings;
  readonly sources: Sources;
  readonly control: ControlTime;
  readonly cycleMs: number;
}

/** What no device says. */
export interface Given {
  readonly time: SiteTime;
  readonly orders: readonly Order[];
  readonly prices: readonly PriceSlot[];
}

interface LoadLine {
  readonly power: SignalLine;
  readonly board: BoardSight | undefined;
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
  readonly #supply: SupplyLatch;
  readonly #loads: readonly LoadLine[];
  readonly #lines: readonly SignalLine[];
  /** Of the grid meter: what never stands still all at once while it lives. */
  readonly #watched: readonly SignalLine[];

  constructor(options: LatchOptions) {
    this.#options = options;
    const { site, core, sources, cycleMs } = options;
    const specs = signalSpecs(core, cycleMs);
    const grid = site.devices.meters.find(({ role }) => role === 'grid');
    const meter = sources.meters.get(grid?.id ?? '')?.source;
    this.#gridPower = new SignalLine(meter, 'powerW', specs.gridPowerW);
    this.#frequency = new SignalLine(meter, 'frequencyHz', specs.frequencyHz);
    this.#phases = Array.from({ length: core.grid.phases }, (_, i) => ({
      powerW: new SignalLine(meter, `phase${i + 1}PowerW`, specs.phasePowerW),
      currentA: new SignalLine(meter, `phase${i + 1}CurrentA`, specs.phaseCurrentA),
      voltageV: new SignalLine(meter, `phase${i + 1}VoltageV`, specs.voltageV),
    }));
    this.#supply = new SupplyLatch(site, core, sources, cycleMs);
    this.#loads = site.loads.map((load, i) => ({
      power: new SignalLine(
        sources.meters.get(load.power?.meter ?? '')?.source,
        load.power?.signal ?? '',
        specs.loads[i]?.powerW ?? specs.pvPowerW,
      ),
      board: sources.boards.get(load.board),
      channel: load.channel,
      switch: null,
    }));
    const measured = [this.#gridPower, this.#frequency];
    this.#watched = [...measured, ...this.#phases.flatMap(({ powerW, voltageV }) => [powerW, voltageV])];
    this.#lines = [
      ...this.#watched,
      ...this.#phases.map(({ currentA }) => currentA),
      ...this.#loads.map(({ power }) => power),
    ];
  }

  /** The picture at `nowMonoMs`. */
  snapshot({ time, orders, prices }: Given, nowMonoMs: number): Snapshot {
    const { control } = this.#options;
    for (const line of this.#lines) line.take(control);
    this.#supply.take(control);
    const nowMs = control.at(nowMonoMs);
    const { pvPowerW, batteries, gridState } = this.#supply.readings(nowMs);
    return {
      time,
      grid: { ...this.#grid(nowMs), state: gridState },
      pv: { powerW: pvPowerW, availableW: ABSENT },
      batteries,
      loads: this.#readLoads(nowMonoMs),
      prices,
      operator: NO_OPERATOR,
      orders,
    };
  }

  #grid(nowMs: number): Omit<GridReading, 'state'> {
    const frozen = frozenTogether(this.#watched, nowMs);
    return {
      powerW: this.#gridPower.signal(nowMs, frozen),
      frequencyHz: this.#frequency.signal(nowMs, frozen),
      phases: this.#phases.map(({ powerW, currentA, voltageV }) => ({
        powerW: powerW.signal(nowMs, frozen),
        currentA: currentA.signal(nowMs, frozen),
        voltageV: voltageV.signal(nowMs, frozen),
      })),
    };
  }

  #readLoads(nowMonoMs: number): Snapshot['loads'] {
    const { core, control } = this.#options;
    const nowMs = control.at(nowMonoMs);
    return core.loads.flatMap((load, i) => {
      const line = this.#loads[i];
      if (!line) return [];
      const powerW = line.power.signal(nowMs);
      const { board, channel, switch: before } = line;
      const { commands } = core;
      const now = readSwitch({ board, channel, powerW, load, commands, before }, nowMonoMs);
      line.switch = now;
      const override = now.button && {
        on: now.button.on,
        source: 'button' as const,
        untilMs: control.at(now.button.untilMonoMs),
      };
      const { online, reportedOn, switches, contact } = now;
      return [{ online, reportedOn, switches, powerW, contact, override }];
    });
  }
}
