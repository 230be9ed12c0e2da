/**
 * The box of a closed loop from its start to its end: the box's own latch, drivers and actor over this home's buses.
 * What it only remembers is gone when it dies.
 */

import { type StorageRates, storageRates } from '@wattward/edge/catalogue/inverters/sunspec-storage';
import type { StorageOrder } from '@wattward/edge/catalogue/storage-order';
import { STANDARD_COMMANDS } from '@wattward/edge/core/command-settings';
import type { Decision } from '@wattward/edge/core/decision';
import type { Settings } from '@wattward/edge/core/settings';
import type { Snapshot } from '@wattward/edge/core/snapshot';
import { Actor } from '@wattward/edge/drive/actor';
import { openBoards } from '@wattward/edge/drive/open-boards';
import type { SharedBoard } from '@wattward/edge/drive/shared-board';
import { ControlTime } from '@wattward/edge/latch/control-time';
import { type Given, Latch } from '@wattward/edge/latch/latch';
import type { ReadingSource } from '@wattward/edge/latch/sources';
import type { SiteSettings } from '@wattward/edge/settings/site-settings';
import type { HomeLine } from './home-line.ts';
import type { HomeReader, Values } from './readings.ts';
import type { ObjectOn } from './wired-objects.ts';

export interface LoopBoxOptions {
  readonly site: SiteSettings;
  readonly core: Settings;
  readonly cycleMs: number;
  readonly nowMs: () => number;
  /** Control time of the state it goes on with. */
  readonly stateAtMs: number;
  readonly line: HomeLine;
  readonly reader: HomeReader;
  readonly objectOn: ObjectOn;
  readonly storage: StoragePort;
  /** 0..1, for the jitter of renewals. */
  readonly random: () => number;
}

/** The storage registers of the home's inverters, by their place in the site settings. */
export interface StoragePort {
  /** The rate that 100 % stands for, watts; null without a battery. */
  fullRateW(inverter: number): number | null;
  write(inverter: number, rates: StorageRates & { readonly revertS: number }): void;
}

const REVERT_S = 90;
const DEADBAND_PCT = 0.5;

export class LoopBox {
  readonly #options: LoopBoxOptions;
  readonly #boards: ReadonlyMap<string, SharedBoard>;
  readonly #meter = new Told();
  readonly #loadMeters: readonly LoadMeter[];
  readonly #inverters: readonly Told[];
  readonly #written = new Map<number, { readonly key: string; readonly atMs: number }>();
  readonly #latch: Latch;
  readonly #actor: Actor;

  constructor(options: LoopBoxOptions) {
    this.#options = options;
    const { site, core, cycleMs, nowMs, line, random, objectOn, stateAtMs } = options;
    const { meters, inverters } = site.devices;
    const clock = { wallMs: nowMs, monoMs: nowMs };
    this.#boards = openBoards({
      ...{ site, core, clock, cycleMs, random },
      bus: line.connectBox(),
      onEvent: () => {},
    });
    this.#loadMeters = loadMeters(site, objectOn);
    this.#inverters = inverters.map(() => new Told());
    const grid = meters.filter(({ role }) => role === 'grid').map(({ id }) => [id, this.#meter] as const);
    const loads = this.#loadMeters.map(({ id, told }) => [id, told] as const);
    const supplies = inverters.map(({ id }, n) => [id, this.#inverters[n] ?? new Told()] as const);
    const sources = {
      meters: new Map([...grid, ...loads].map(([id, source]) => [id, { source }])),
      inverters: new Map(supplies.map(([id, source]) => [id, { source }])),
      boards: this.#boards,
    };
    const control = new ControlTime(clock, stateAtMs);
    this.#latch = new Latch({ site, core, sources, control, cycleMs });
    const order = (n: number) => ({
      order: (wanted: StorageOrder) => this.#orderStorage(n, wanted),
      tick: () => {},
    });
    const driven = {
      boards: this.#boards,
      inverters: new Map(inverters.map(({ id }, n) => [id, { source: order(n) }])),
    };
    // Nothing is waited for: what a decision must survive is on this home's disk at once.
    this.#actor = new Actor(site, driven, async () => {});
  }

  /** Reads all devices and latches what they say. */
  snapshot(given: Given): Snapshot {
    const { reader, nowMs } = this.#options;
    const atMonoMs = nowMs();
    this.#meter.tell(reader.meter(), atMonoMs);
    for (const [n, inverter] of this.#inverters.entries()) inverter.tell(reader.inverter(n), atMonoMs);
    for (const { told, signals } of this.#loadMeters) {
      const values: Record<string, number | null> = {};
      for (const [signal, object] of signals) values[signal] = reader.loadPowerW(object);
      told.tell(values, atMonoMs);
    }
    return this.#latch.snapshot(given, atMonoMs);
  }

  act(decision: Decision, core: Settings): void {
    void this.#actor.act(decision, core, null);
    this.#actor.tick();
  }

  /** What it has heard of a load's relay; null while the board is not there. */
  toldOn(load: number): boolean | null {
    const wiring = this.#options.site.loads[load];
    const board = this.#boards.get(wiring?.board ?? '');
    const presence = board?.presence() ?? 'unknown';
    if (!wiring || presence === 'unknown' || presence === 'offline') return null;
    return board?.channel(wiring.channel)?.reported?.on ?? null;
  }

  /** As the box writes model 124: on change beyond a dead band, and in time before the revert timer. */
  #orderStorage(n: number, order: StorageOrder): void {
    const { storage } = this.#options;
    const atMs = this.#options.nowMs();
    const fullRateW = storage.fullRateW(n);
    if (fullRateW === null) return;
    const rates = storageRates(order, fullRateW);
    const coarse = (pct: number) => Math.round(pct / DEADBAND_PCT);
    const key = `${rates.controlBits} ${rates.gridChargeCode} ${coarse(rates.chargeRatePct)} ${coarse(rates.dischargeRatePct)}`;
    const written = this.#written.get(n);
    if (written?.key === key && atMs - written.atMs < STANDARD_COMMANDS.renewMs) return;
    this.#written.set(n, { key, atMs });
    storage.write(n, { ...rates, revertS: REVERT_S });
  }
}

/** Keeps what was read in the home until the latch looks, as a device of the box does. */
class Told implements ReadingSource {
  #readings: { readonly atMonoMs: number; readonly values: Values } | null = null;

  readings() {
    return this.#readings;
  }

  tell(values: Values | null, atMonoMs: number): void {
    if (values) this.#readings = { atMonoMs, values };
  }
}

/** A meter of the site, and which objects of the home it measures under which names. */
interface LoadMeter {
  readonly id: string;
  readonly told: Told;
  readonly signals: readonly (readonly [signal: string, objectId: string])[];
}

function loadMeters(site: SiteSettings, objectOn: ObjectOn): LoadMeter[] {
  const byMeter = new Map<string, [string, string][]>();
  for (const { power, board, channel } of site.loads) {
    const object = objectOn(board, channel);
    if (!power || !object) continue;
    byMeter.set(power.meter, [...(byMeter.get(power.meter) ?? []), [power.signal, object]]);
  }
  return [...byMeter].map(([id, signals]) => ({ id, signals, told: new Told() }));
}
