/** A small home for the core's tests: settings through the real schema, snapshots from a few numbers. */

import { decide, type Outcome } from '../../src/core/decide.ts';
import type { LoadCommand } from '../../src/core/decision.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Settings } from '../../src/core/settings.ts';
import { ABSENT, good, missing, type Signal } from '../../src/core/signal.ts';
import type { SiteTime } from '../../src/core/site-time.ts';
import {
  type LoadReading,
  NO_OPERATOR,
  type Order,
  type PriceSlot,
  type Snapshot,
} from '../../src/core/snapshot.ts';
import { initialState, type State } from '../../src/core/state.ts';
import { siteTimeAt } from '../../src/core/zone.ts';
import { coreSettings } from '../../src/settings/core-settings.ts';
import { checkSiteSettings } from '../../src/settings/parse-site-settings.ts';
import type { SiteSettingsInput } from '../../src/settings/site-settings.ts';

/** 2026-01-15 20:00 in Berlin. */
export const START_MS = Date.UTC(2026, 0, 15, 19, 0, 0);

type LoadInput = Partial<NonNullable<SiteSettingsInput['loads']>[number]> & { id: string };
type BatteryInput = Partial<NonNullable<SiteSettingsInput['batteries']>[number]>;

export interface HomeInput {
  readonly loads?: readonly LoadInput[];
  readonly batteries?: readonly BatteryInput[];
  readonly grid?: Partial<SiteSettingsInput['grid']>;
  readonly control?: SiteSettingsInput['control'];
  readonly tariff?: SiteSettingsInput['tariff'];
  readonly bounds?: SiteSettingsInput['bounds'];
}

/** Settings of a home with the given loads and batteries; everything else at its default. */
export function home(input: HomeInput = {}): Settings {
  const checked = checkSiteSettings({
    name: 'Test home',
    zone: 'Europe/Berlin',
    tariff: { importPricePerKwh: 0.3, exportPricePerKwh: 0.08, ...input.tariff },
    grid: { fuseA: 63, ...input.grid },
    devices: {
      meters: [
        {
          id: 'grid-meter',
          name: 'Grid',
          role: 'grid',
          profile: 'sdm630',
          connection: { kind: 'mqtt', meterId: 'm' },
        },
      ],
      inverters: [
        { id: 'inv', name: 'Inverter', profile: 'sunspec', connection: { kind: 'modbus-tcp', host: 'x' } },
      ],
      boards: [{ id: 'board', name: 'Board', channels: 16 }],
    },
    batteries: (input.batteries ?? []).map((battery, i) => ({
      id: `battery-${i + 1}`,
      name: `Battery ${i + 1}`,
      inverter: 'inv',
      capacityWh: 10_000,
      maxChargeW: 5000,
      maxDischargeW: 5000,
      ...battery,
    })),
    loads: (input.loads ?? []).map((load, i) => ({
      name: load.id,
      board: 'board',
      channel: i + 1,
      nominalPowerW: 2000,
      priority: i + 1,
      ...load,
    })),
    ...(input.bounds ? { bounds: input.bounds } : {}),
    control: input.control ?? {},
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 1));
  return coreSettings('home-1', checked.settings);
}

export type Reading = number | 'stale' | 'fault' | 'absent';

export interface World {
  /** Watts drawn from the grid by everything; managed loads that are on come on top when `responsive`. */
  gridW?: Reading;
  pvW?: Reading;
  pvAvailableW?: Reading;
  socPct?: Reading | readonly Reading[];
  batteryW?: Reading | readonly Reading[];
  phaseA?: readonly Reading[];
  /** Where the meter does not say currents; its share of the grid power when not given. */
  phaseW?: readonly Reading[];
  voltageV?: Reading;
  gridState?: Snapshot['grid']['state'];
  /** Loads add their nominal power to the grid power while they are on. */
  responsive?: boolean;
  loads?: Readonly<Record<string, Partial<LoadReading> & { drawsW?: number }>> | undefined;
  prices?: readonly PriceSlot[];
  orders?: readonly Order[];
  operator?: Snapshot['operator'];
  clockTrusted?: boolean;
}

/** A home run cycle by cycle: the world answers to what was decided. */
export class Run {
  settings: Settings;
  state: State;
  nowMs = START_MS;
  plan: Plan | null = null;
  last: Outcome | null = null;
  private time: SiteTime | null = null;

  constructor(settings: Settings, state: State = initialState(settings)) {
    this.settings = settings;
    this.state = state;
  }

  /** One cycle, `stepMs` after the one before. */
  step(world: World, stepMs = 1000): Outcome {
    this.nowMs += stepMs;
    const outcome = decide(this.state, this.snapshot(world), this.settings, this.plan, this.nowMs);
    this.state = outcome.state;
    this.last = outcome;
    return outcome;
  }

  /** As many cycles as fit into `seconds`. */
  run(seconds: number, world: World, stepMs = 1000): Outcome {
    let outcome = this.step(world, stepMs);
    for (let ms = stepMs; ms < seconds * 1000; ms += stepMs) outcome = this.step(world, stepMs);
    return outcome;
  }

  /** Runs until `done`; throws when it does not come within `seconds`. Returns the seconds it took. */
  until(done: (outcome: Outcome) => boolean, world: World, seconds = 3600): number {
    for (let i = 1; i <= seconds; i++) {
      if (done(this.step(world))) return i;
    }
    throw new Error(`not within ${seconds} s`);
  }

  load(id: string): LoadCommand {
    const command = this.last?.decision.loads.find((load) => load.id === id);
    if (!command) throw new Error(`no load ${id}`);
    return command;
  }

  snapshot(world: World): Snapshot {
    const { settings, nowMs } = this;
    this.time = siteTimeAt('Europe/Berlin', nowMs, world.clockTrusted ?? true, this.time);
    const onW = world.responsive === false ? 0 : this.managedW(world);
    const base = world.gridW ?? 0;
    const gridW = typeof base === 'number' ? base + onW : base;
    const phases = settings.grid.phases;
    return {
      time: this.time,
      grid: {
        powerW: signal(gridW, nowMs),
        frequencyHz: good(50, nowMs),
        state: world.gridState ?? 'present',
        phases: Array.from({ length: phases }, (_, p) => ({
          powerW: phasePower(world, p, typeof gridW === 'number' ? gridW / phases : gridW, nowMs),
          currentA: signal(world.phaseA?.[p] ?? 'absent', nowMs),
          voltageV: signal(world.voltageV ?? 230, nowMs),
        })),
      },
      pv: {
        powerW: signal(world.pvW ?? 0, nowMs),
        availableW: signal(world.pvAvailableW ?? 'absent', nowMs),
      },
      batteries: settings.batteries.map((_, i) => ({
        online: true,
        powerW: signal(pick(world.batteryW, i) ?? 0, nowMs),
        socPct: signal(pick(world.socPct, i) ?? 50, nowMs),
      })),
      loads: settings.loads.map((load, i) => this.loadReading(load.id, i, world)),
      prices: world.prices ?? [],
      operator: world.operator ?? NO_OPERATOR,
      orders: world.orders ?? [],
    };
  }

  private managedW(world: World): number {
    return this.settings.loads.reduce((sum, load, i) => sum + this.drawnW(load.id, i, world), 0);
  }

  private drawnW(id: string, i: number, world: World): number {
    if (!this.state.loads[i]?.on) return 0;
    return world.loads?.[id]?.drawsW ?? this.settings.loads[i]?.nominalPowerW ?? 0;
  }

  private loadReading(id: string, i: number, world: World): LoadReading {
    const { drawsW: _, ...given } = world.loads?.[id] ?? {};
    return {
      online: true,
      reportedOn: this.state.loads[i]?.on ?? false,
      switches: null,
      powerW: good(this.drawnW(id, i, world), this.nowMs),
      contact: 'sound',
      override: null,
      ...given,
    };
  }
}

export function signal(value: Reading, atMs: number): Signal {
  return typeof value === 'number' ? good(value, atMs) : missing(value, value === 'absent' ? 0 : atMs);
}

function phasePower(world: World, p: number, shareW: Reading, nowMs: number): Signal {
  if (world.phaseW) return signal(world.phaseW[p] ?? 'absent', nowMs);
  return world.phaseA ? ABSENT : signal(shareW, nowMs);
}

function pick(value: Reading | readonly Reading[] | undefined, i: number): Reading | undefined {
  return typeof value === 'object' ? value[i] : value;
}
