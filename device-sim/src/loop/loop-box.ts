/**
 * The box of a closed loop from its start to its end: the box's own latch, drivers and actor over this home's buses.
 * What it only remembers is gone when it dies.
 */

import { inverterFamily } from '@wattward/edge/catalogue/inverters';
import { meterFamily } from '@wattward/edge/catalogue/meters';
import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import type { Decision } from '@wattward/edge/core/decision';
import type { Settings } from '@wattward/edge/core/settings';
import type { Snapshot } from '@wattward/edge/core/snapshot';
import { Actor } from '@wattward/edge/drive/actor';
import { InverterDrive } from '@wattward/edge/drive/inverter-drive';
import { openBoards } from '@wattward/edge/drive/open-boards';
import { orderTerms } from '@wattward/edge/drive/order-terms';
import type { SharedBoard } from '@wattward/edge/drive/shared-board';
import { ControlTime } from '@wattward/edge/latch/control-time';
import { type Given, Latch } from '@wattward/edge/latch/latch';
import type { ReadingSource, Sources } from '@wattward/edge/latch/sources';
import {
  carryOut,
  type ModbusQuestion,
  readNumbers,
  type SignalValues,
} from '@wattward/edge/registers/conversation';
import { DeviceFailure } from '@wattward/edge/registers/device-failure';
import type { SiteSettings } from '@wattward/edge/settings/site-settings';
import type { HomeLine } from './home-line.ts';
import type { HomeWire } from './home-wire.ts';
import type { HomeReader, Read } from './readings.ts';
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
  readonly wire: HomeWire;
  /** 0..1, for the jitter of renewals. */
  readonly random: () => number;
}

export class LoopBox {
  /** What it reads from. */
  readonly sources: Sources;
  readonly #options: LoopBoxOptions;
  readonly #boards: ReadonlyMap<string, SharedBoard>;
  readonly #meter = new Told();
  readonly #loadMeters: readonly LoadMeter[];
  readonly #readMeter: Read;
  readonly #inverters: readonly OpenInverter[];
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
    this.#readMeter = meterRead(options);
    this.#inverters = inverters.map((_, n) => openInverter(options, n));
    const grid = meters.filter(({ role }) => role === 'grid').map(({ id }) => [id, this.#meter] as const);
    const loads = this.#loadMeters.map(({ id, told }) => [id, told] as const);
    const sources = {
      meters: new Map([...grid, ...loads].map(([id, source]) => [id, { source }])),
      inverters: new Map(this.#inverters.map(({ id, told }) => [id, { source: told }])),
      boards: this.#boards,
    };
    this.sources = sources;
    const control = new ControlTime(clock, stateAtMs);
    this.#latch = new Latch({ site, core, sources, control, cycleMs });
    const driven = {
      boards: this.#boards,
      inverters: new Map(this.#inverters.map(({ id, drive }) => [id, { source: drive }])),
    };
    // Nothing is waited for: what a decision must survive is on this home's disk at once.
    this.#actor = new Actor(site, driven, async () => {});
  }

  /** Reads all devices and latches what they say. */
  snapshot(given: Given): Snapshot {
    const { reader, nowMs } = this.#options;
    const atMonoMs = nowMs();
    this.#meter.tell(reader.meter(this.#readMeter), atMonoMs);
    for (const [n, { told, read }] of this.#inverters.entries())
      told.tell(reader.inverter(n, read), atMonoMs);
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
}

/** An inverter of the site: how it is read, what it told last, and how it is ordered. */
interface OpenInverter {
  readonly id: string;
  readonly read: Read;
  readonly told: Told;
  readonly drive: InverterDrive;
}

/** @throws RangeError for one of a family that the box does not know */
function openInverter({ site, core, nowMs, wire }: LoopBoxOptions, n: number): OpenInverter {
  const { id = '', profile = '' } = site.devices.inverters[n] ?? {};
  const family = inverterFamily(profile);
  if (!family) throw new RangeError(`inverter ${id}: the box knows no profile ${profile}`);
  const talk = family.open(id);
  const ask = (question: ModbusQuestion) => wire.askInverter(n, question);
  const drive = new InverterDrive({
    talk,
    clock: { monoMs: nowMs },
    terms: orderTerms(site, core, id, family.lease),
    carry: (conversation) => carryOut(conversation, ask),
  });
  return { id, drive, told: new Told(), read: () => heard(() => carryOut(talk.read(), ask)) };
}

function meterRead({ site, wire }: LoopBoxOptions): Read {
  const grid = site.devices.meters.find(({ role }) => role === 'grid');
  const table = meterFamily(grid?.profile ?? '')?.table ?? sdm630;
  return () => heard(() => carryOut(readNumbers(table), wire.askMeter));
}

/** A device that does not answer is nothing that ends the box. */
function heard(read: () => SignalValues): SignalValues | null {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DeviceFailure) return null;
    throw cause;
  }
}

/** Keeps what was read in the home until the latch looks, as a device of the box does. */
class Told implements ReadingSource {
  #readings: { readonly atMonoMs: number; readonly values: SignalValues } | null = null;

  readings() {
    return this.#readings;
  }

  tell(values: SignalValues | null, atMonoMs: number): void {
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
