/**
 * A home that lives: it follows its clock in steps of at most a second (or what it was given), people and relays switch its objects, and
 * faces read it at any moment. The only mutable thing around the pure model.
 */
import { socPct as batterySocPct, newBattery } from '../physics/battery.ts';
import { seedOf } from '../physics/chance.ts';
import { type GridQuality, gridQuality } from '../physics/grid.ts';
import { OWN_WINDOW, type StorageWindow } from '../physics/inverter.ts';
import { type OwnMode, ownWindow } from '../physics/own-mode.ts';
import type { Weather } from '../physics/weather.ts';
import { carryOver } from './carry-over.ts';
import { Connection, LIMITER_AT_REST, type LimiterState, type Price } from './connection.ts';
import { HomeModel } from './home-model.ts';
import type { HomeFlows, HomeInput, HomeState } from './home-state.ts';
import type { LoadState } from './load-object.ts';
import { LocalClock, type LocalTime, minuteOf } from './local-time.ts';
import type { Home } from './schema.ts';
import {
  NO_ORDER,
  ordered,
  reverted,
  type StorageOrderState,
  type StorageRegisters,
  windowOf,
} from './storage-order.ts';

/** Measured powers that replace the generated household; null where the file is silent. */
export interface MeasuredSource {
  at(nowMs: number): { readonly loadW: number; readonly pvW: number | null } | null;
}

/** Measured weather that replaces the generated one; null where the file is silent. */
export interface WeatherSource {
  at(nowMs: number): Weather | null;
}

export interface SavedHome {
  readonly version: 1;
  readonly state: HomeState;
  readonly orders: readonly StorageOrderState[];
  readonly limiter?: LimiterState;
  readonly costMoney?: number;
}

export interface RunningOptions {
  readonly measured?: MeasuredSource;
  readonly weather?: WeatherSource;
  readonly saved?: SavedHome;
  /** Longest step of the physics; a second when left out. */
  readonly stepMs?: number;
}

const STEP_MS = 1_000;
/** A gap longer than this (the simulator was off) is passed in minutes. */
const COARSE_AFTER_MS = 10 * 60_000;
const COARSE_STEP_MS = 60_000;
/** And one longer than this is skipped: the home slept. */
const LONGEST_GAP_MS = 14 * 86_400_000;

export class RunningHome {
  #model: HomeModel;
  #state: HomeState;
  #flows: HomeFlows;
  #orders: StorageOrderState[];
  #connection: Connection;
  #ownModes: readonly OwnMode[];
  #limiter: LimiterState;
  #costMoney: number;
  readonly #clock: LocalClock;
  readonly #measured: MeasuredSource | null;
  readonly #weather: WeatherSource | null;
  /** Objects whose relay or enable contact is closed; a load without a relay needs none. */
  readonly #closed = new Map<string, boolean>();
  readonly #stepMs: number;
  #gridSeed: number;

  constructor(home: Home, startMs: number, options: RunningOptions = {}) {
    this.#stepMs = options.stepMs ?? STEP_MS;
    this.#model = new HomeModel(home);
    this.#clock = new LocalClock(home.zone);
    this.#measured = options.measured ?? null;
    this.#weather = options.weather ?? null;
    this.#gridSeed = seedOf(home.seed, 'grid');
    this.#state = options.saved ? options.saved.state : this.#model.first(startMs);
    this.#orders = this.#model.plans.map((_, n) => options.saved?.orders[n] ?? NO_ORDER);
    this.#connection = new Connection(this.#model.grid, home.zone);
    this.#ownModes = ownModes(this.#model);
    this.#limiter = options.saved?.limiter ?? LIMITER_AT_REST;
    this.#costMoney = options.saved?.costMoney ?? 0;
    this.#flows = this.#preview();
  }

  get model(): HomeModel {
    return this.#model;
  }

  get home(): Home {
    return this.#model.home;
  }

  get state(): HomeState {
    return this.#state;
  }

  /** Mean powers of the last step. */
  get flows(): HomeFlows {
    return this.#flows;
  }

  get orders(): readonly StorageOrderState[] {
    return this.#orders;
  }

  /** Brings the home to `siteMs`, at most `maxSteps` steps further; false when it has not arrived yet. */
  advanceTo(siteMs: number, maxSteps = 5_000): boolean {
    if (siteMs - this.#state.nowMs > LONGEST_GAP_MS) this.#state = { ...this.#state, nowMs: siteMs };
    for (let n = 0; n < maxSteps; n += 1) {
      const leftMs = siteMs - this.#state.nowMs;
      if (leftMs <= 0) return true;
      const stepMs = leftMs > COARSE_AFTER_MS ? COARSE_STEP_MS : Math.min(this.#stepMs, leftMs);
      this.#step(stepMs / 1000);
    }
    return this.#state.nowMs >= siteMs;
  }

  /** A relay or enable contact moved. */
  setRelay(objectId: string, closed: boolean): void {
    this.#closed.set(objectId, closed);
  }

  isClosed(objectId: string): boolean {
    return this.#closed.get(objectId) ?? !this.#hasRelay(objectId);
  }

  setGrid(on: boolean): void {
    this.#state = { ...this.#state, gridOn: on };
  }

  changeLoad(objectId: string, change: Partial<LoadState>): void {
    const loads = this.#model.loads.map((load, i) => {
      const state = this.#state.loads[i];
      if (!state) throw new RangeError(`no state for ${load.id}`);
      return load.id === objectId ? { ...state, ...change } : state;
    });
    this.#state = { ...this.#state, loads };
  }

  setSoc(batteryId: string, socPct: number): void {
    const inverters = this.#state.inverters.map((own, n) => {
      const battery = this.#model.plans[n]?.battery;
      if (battery?.id !== batteryId || !own.battery) return own;
      return { ...own, battery: { ...newBattery(battery, socPct), throughputJ: own.battery.throughputJ } };
    });
    this.#state = { ...this.#state, inverters };
  }

  /** Objects with other properties, more of them or fewer; what stays goes on as it was. */
  replaceHome(home: Home): void {
    const next = new HomeModel(home);
    const carried = carryOver(this.#model, next, { state: this.#state, orders: this.#orders });
    this.#model = next;
    this.#state = carried.state;
    this.#orders = [...carried.orders];
    this.#connection = new Connection(next.grid, home.zone);
    this.#ownModes = ownModes(next);
    this.#gridSeed = seedOf(home.seed, 'grid');
    this.#flows = this.#preview();
  }

  /** What energy costs now, and what the home has paid by its tariff since it began (less what it earned). */
  price(): Price {
    return this.#connection.priceAt(this.#clock.at(this.#state.nowMs));
  }

  get costMoney(): number {
    return this.#costMoney;
  }

  /** Another date: everything is as it was, but the sky and the hour of the day; timers keep what they had left. */
  jumpTo(siteMs: number): void {
    const byMs = siteMs - this.#state.nowMs;
    const inverters = this.#state.inverters.map((own) => ({
      ...own,
      pvSampledAtMs: Number.NEGATIVE_INFINITY,
    }));
    this.#state = { ...this.#state, nowMs: siteMs, inverters };
    this.#orders = this.#orders.map((order) => ({
      ...order,
      revertsAtMs: order.revertsAtMs === null ? null : order.revertsAtMs + byMs,
    }));
  }

  /** Whether `saved` is a state of a home of this shape. */
  fits(home: Home, saved: SavedHome): boolean {
    return stateFits(new HomeModel(home), saved);
  }

  /** Puts the home back to what it was when `saved` was taken. */
  restore(home: Home, saved: SavedHome): void {
    this.replaceHome(home);
    this.#state = saved.state;
    this.#orders = this.#model.plans.map((_, n) => saved.orders[n] ?? NO_ORDER);
    this.#limiter = saved.limiter ?? LIMITER_AT_REST;
    this.#costMoney = saved.costMoney ?? 0;
    this.#flows = this.#preview();
  }

  /** A write to the storage registers of inverter `n`. */
  orderStorage(n: number, change: Partial<StorageRegisters>): void {
    const order = this.#orders[n];
    if (order) this.#orders[n] = ordered(order, change, this.#state.nowMs);
  }

  socPct(n: number): number {
    const battery = this.#model.plans[n]?.battery;
    const own = this.#state.inverters[n]?.battery;
    return battery && own ? batterySocPct(battery, own) : 0;
  }

  /** Voltages, currents and frequency at the grid meter. */
  quality(): GridQuality {
    const [l1W, l2W, l3W] = this.#flows.gridPhaseW;
    return gridQuality(this.#model.grid, this.#gridSeed, this.#state.nowMs, { l1W, l2W, l3W });
  }

  loadPowerW(objectId: string): number {
    const i = this.#model.loads.findIndex(({ id }) => id === objectId);
    return this.#flows.loadW[i] ?? 0;
  }

  saved(): SavedHome {
    return {
      version: 1,
      state: this.#state,
      orders: this.#orders,
      limiter: this.#limiter,
      costMoney: this.#costMoney,
    };
  }

  #hasRelay(objectId: string): boolean {
    return this.#model.loads.some((load) => load.id === objectId && load.relay !== undefined);
  }

  #step(dtS: number): void {
    this.adopt(this.#model.step(this.#state, this.begin(dtS)));
  }

  /** What goes into the next step of `dtS`; orders whose time is up lapse. */
  begin(dtS: number): HomeInput {
    this.#orders = this.#orders.map((order) => reverted(order, this.#state.nowMs));
    return this.#input(dtS);
  }

  /** The home after a step, wherever it was computed. */
  adopt({ state, flows }: { readonly state: HomeState; readonly flows: HomeFlows }): void {
    const local = this.#clock.at(this.#state.nowMs);
    this.#state = state;
    this.#flows = flows;
    this.#limiter = this.#connection.limited(this.#limiter, state.nowMs, flows.gridW, flows.dtS);
    const { importPricePerKwh, exportPricePerKwh } = this.#connection.priceAt(local);
    const kwh = (Math.abs(flows.gridW) * flows.dtS) / 3_600_000;
    this.#costMoney += flows.gridW > 0 ? kwh * importPricePerKwh : -kwh * exportPricePerKwh;
  }

  /** Powers before the first step, so that a face never shows a home without any. */
  #preview(): HomeFlows {
    return this.#model.step(this.#state, this.#input(1)).flows;
  }

  #input(dtS: number): HomeInput {
    const { nowMs, gridOn } = this.#state;
    const local = this.#clock.at(nowMs);
    return {
      dtS,
      local,
      gridOn: gridOn && this.#connection.isOn(nowMs, local, this.#limiter),
      closed: this.#model.loads.map(({ id }) => this.isClosed(id)),
      windows: this.#model.plans.map((_, n) => this.#window(n, local)),
      measured: this.#measured?.at(nowMs) ?? null,
      weather: this.#weather?.at(nowMs) ?? null,
    };
  }

  /** What is ordered over the wire; without an order what the inverter's own menu says. */
  #window(n: number, { minuteOfDay, weekday }: LocalTime): StorageWindow {
    const order = this.#orders[n];
    const battery = this.#model.plans[n]?.battery;
    const mode = this.#ownModes[n];
    if (!order || !battery) return OWN_WINDOW;
    const socPct = this.socPct(n);
    if (order.registers.controlBits !== 0 || !mode) {
      return windowOf(order.registers, battery.maxChargeW, socPct);
    }
    const reservePct = Math.max(mode.reservePct, order.registers.reservePct);
    return ownWindow({ ...mode, reservePct }, { minuteOfDay, weekday, socPct });
  }
}

function ownModes(model: HomeModel): OwnMode[] {
  return model.plans.map(({ inverter }) => ({
    workMode: inverter.workMode,
    reservePct: inverter.reservePct,
    chargeWindows: inverter.chargeWindows.map(({ from, to, weekdays, powerW, toSocPct }) => ({
      fromMinute: minuteOf(from),
      toMinute: minuteOf(to),
      weekdays,
      powerW,
      toSocPct,
    })),
  }));
}

/** Whether a saved state belongs to a home of this shape. */
export function stateFits(model: HomeModel, { version, state }: SavedHome): boolean {
  return (
    version === 1 &&
    state?.loads?.length === model.loads.length &&
    state.inverters?.length === model.plans.length &&
    state.inverters.every((own, n) => (own.battery !== null) === (model.plans[n]?.battery != null))
  );
}
