/**
 * A series lived through with a plant and a policy: energy by flow, money, peak, cycles. A row is passed in steps of
 * at most a minute, so that a decision never lasts longer than that. The books close in every step, or the run ends.
 */
import { allocate } from '@wattward/edge/core/allocation';
import { localDay, type SiteTime } from '@wattward/edge/core/site-time';
import { siteTimeAt } from '@wattward/edge/core/zone';
import { type Orders, type Plant, type PlantStep, RunningPlant } from './plant.ts';
import type { Policy, PolicyMaker, Tariff } from './policy.ts';
import type { Series } from './series.ts';

export interface Backtest {
  readonly series: Series;
  readonly plant: Plant;
  readonly tariff: Tariff;
  readonly zone: string;
  /** Longest step; a minute when left out. */
  readonly longestStepMs?: number;
}

export type FlowName =
  | 'solarToLoad'
  | 'solarToBattery'
  | 'solarToGrid'
  | 'batteryToLoad'
  | 'batteryToGrid'
  | 'gridToLoad'
  | 'gridToBattery';

export interface Result {
  readonly costMoney: number;
  readonly importWh: number;
  readonly exportWh: number;
  /** The heater's is in it. */
  readonly loadWh: number;
  readonly heaterWh: number;
  /** What the heater was not given by the end of a day. */
  readonly unservedWh: number;
  readonly pvWh: number;
  readonly chargedWh: number;
  readonly dischargedWh: number;
  readonly flowsWh: Readonly<Record<FlowName, number>>;
  /** Highest mean import over a step, and over a whole quarter of an hour. */
  readonly peakImportW: number;
  readonly peakWindowW: number;
  /** What left the cells over their capacity. */
  readonly cycles: number;
  /** More than at the beginning. */
  readonly storedWh: number;
  /** Mean over time, of what the grid asks. */
  readonly meanImportPricePerKwh: number;
  /** Sum of what the books miss: rounding. */
  readonly residualWh: number;
}

const STEP_MS = 60_000;
const WINDOW_MS = 900_000;
const WH_PER_WS = 1 / 3600;
const NO_BATTERY = { capacityWh: Number.POSITIVE_INFINITY, efficiency: 1 };

export function settle(backtest: Backtest, maker: PolicyMaker): Result {
  const { series, plant, tariff, zone } = backtest;
  const stepMs = stepOf(series.stepMs, backtest.longestStepMs ?? STEP_MS);
  return new Run(backtest, maker({ plant, series, zone, stepMs, tariff }), stepMs).result();
}

/** The longest equal part of a row that is no longer than `longestMs`. */
export function stepOf(rowMs: number, longestMs: number): number {
  return rowMs / Math.ceil(rowMs / longestMs);
}

class Run {
  readonly #backtest: Backtest;
  readonly #policy: Policy;
  readonly #stepMs: number;
  readonly #plant: RunningPlant;
  #time: SiteTime | null = null;
  readonly #books = new Books();
  /** Powers of the step that just ended. */
  #last: PlantStep & { readonly pvW: number } = { batteryW: 0, heaterW: 0, gridW: 0, pvW: 0 };

  constructor(backtest: Backtest, policy: Policy, stepMs: number) {
    this.#backtest = backtest;
    this.#policy = policy;
    this.#stepMs = stepMs;
    this.#plant = new RunningPlant(backtest.plant);
  }

  result(): Result {
    const { series, plant } = this.#backtest;
    const beforeWh = this.#plant.storedWh;
    for (let row = 0; row < series.length; row += 1) this.#row(row);
    const { capacityWh, efficiency } = plant.battery ?? NO_BATTERY;
    return this.#books.result({
      fullCycleWh: capacityWh * efficiency,
      storedWh: this.#plant.storedWh - beforeWh,
      unservedWh: this.#plant.unservedWh,
    });
  }

  #row(row: number): void {
    const { series, tariff } = this.#backtest;
    const loadW = series.loadW[row] ?? 0;
    const pvW = series.pvW[row] ?? 0;
    const buy = known(series.importPricePerKwh[row], tariff.importPricePerKwh);
    const sell = known(series.exportPricePerKwh[row], tariff.exportPricePerKwh);
    const fromMs = series.startMs[row] ?? 0;
    const dtS = this.#stepMs / 1000;
    for (let withinMs = 0; withinMs < series.stepMs - 1e-6; withinMs += this.#stepMs) {
      const nowMs = fromMs + withinMs;
      this.#time = siteTimeAt(this.#backtest.zone, nowMs, true, this.#time);
      this.#plant.beginDay(localDay(this.#time));
      const orders = this.#decide(nowMs, row, buy, sell);
      const step = this.#plant.step(orders, loadW, pvW, dtS);
      this.#last = { ...step, pvW };
      this.#books.add({ ...step, pvW, loadW: loadW + step.heaterW }, { nowMs, dtS, buy, sell });
    }
  }

  #decide(nowMs: number, row: number, importPricePerKwh: number, exportPricePerKwh: number): Orders {
    return this.#policy.decide({
      nowMs,
      stepMs: this.#stepMs,
      row,
      ...this.#last,
      socPct: this.#plant.socPct,
      importPricePerKwh,
      exportPricePerKwh,
    });
  }
}

interface Powers extends PlantStep {
  readonly pvW: number;
  readonly loadW: number;
}

interface Slot {
  readonly nowMs: number;
  readonly dtS: number;
  readonly buy: number;
  readonly sell: number;
}

class Books {
  readonly #sumWs = { import: 0, export: 0, load: 0, heater: 0, pv: 0, charged: 0, discharged: 0, missed: 0 };
  readonly #flowsWs: Record<FlowName, number> = {
    solarToLoad: 0,
    solarToBattery: 0,
    solarToGrid: 0,
    batteryToLoad: 0,
    batteryToGrid: 0,
    gridToLoad: 0,
    gridToBattery: 0,
  };
  #costMoney = 0;
  #buyS = 0;
  #seconds = 0;
  #peakW = 0;
  readonly #window = { startMs: Number.NaN, importWs: 0, seconds: 0, peakW: 0 };

  add(powers: Powers, { nowMs, dtS, buy, sell }: Slot): void {
    const sum = this.#sumWs;
    const importW = Math.max(0, powers.gridW);
    const exportW = Math.max(0, -powers.gridW);
    sum.import += importW * dtS;
    sum.export += exportW * dtS;
    sum.load += powers.loadW * dtS;
    sum.heater += powers.heaterW * dtS;
    sum.pv += powers.pvW * dtS;
    sum.charged += Math.max(0, -powers.batteryW) * dtS;
    sum.discharged += Math.max(0, powers.batteryW) * dtS;
    this.#allocate(powers, dtS);
    this.#costMoney += ((importW * buy - exportW * sell) * dtS * WH_PER_WS) / 1000;
    this.#buyS += buy * dtS;
    this.#seconds += dtS;
    this.#peakW = Math.max(this.#peakW, importW);
    this.#demand(importW, nowMs, dtS);
  }

  /** Who supplied whom; what these flows do not explain of any meter is missed. */
  #allocate({ gridW, pvW, batteryW, loadW, heaterW }: Powers, dtS: number): void {
    const houseLoadW = loadW - heaterW;
    const flows = allocate({
      gridPowerW: gridW,
      pvPowerW: pvW,
      batteryPowerW: batteryW,
      managedLoadW: heaterW,
      houseLoadW,
    });
    if (!flows) throw new RangeError(`no flows for ${gridW} W grid, ${pvW} W PV, ${batteryW} W battery`);
    const own = this.#flowsWs;
    own.solarToLoad += flows.solarToLoadW * dtS;
    own.solarToBattery += flows.solarToBatteryW * dtS;
    own.solarToGrid += flows.solarToGridW * dtS;
    own.batteryToLoad += flows.batteryToLoadW * dtS;
    own.batteryToGrid += flows.batteryToGridW * dtS;
    own.gridToLoad += flows.gridToLoadW * dtS;
    own.gridToBattery += flows.gridToBatteryW * dtS;
    const toLoadW = flows.solarToLoadW + flows.batteryToLoadW + flows.gridToLoadW;
    const sunW = flows.solarToLoadW + flows.solarToBatteryW + flows.solarToGridW;
    const missedW =
      Math.abs(toLoadW - loadW) +
      Math.abs(sunW - pvW) +
      Math.abs(flows.gridToLoadW + flows.gridToBatteryW - Math.max(0, gridW)) +
      Math.abs(flows.solarToGridW + flows.batteryToGridW - Math.max(0, -gridW));
    if (missedW > 1e-6 * (1 + loadW + pvW))
      throw new RangeError(`the flows miss ${missedW} W: a bug in the books`);
    this.#sumWs.missed += missedW * dtS;
  }

  #demand(importW: number, nowMs: number, dtS: number): void {
    const window = this.#window;
    const startMs = Math.floor(nowMs / WINDOW_MS) * WINDOW_MS;
    if (startMs !== window.startMs) {
      window.startMs = startMs;
      window.importWs = 0;
      window.seconds = 0;
    }
    window.importWs += importW * dtS;
    window.seconds += dtS;
    // A window that was not measured whole is not judged.
    if (window.seconds * 1000 >= WINDOW_MS - 1e-6) {
      window.peakW = Math.max(window.peakW, window.importWs / window.seconds);
    }
  }

  result(end: {
    readonly fullCycleWh: number;
    readonly storedWh: number;
    readonly unservedWh: number;
  }): Result {
    const sum = this.#sumWs;
    const wh = (energyWs: number) => energyWs * WH_PER_WS;
    const flowsWh = { ...this.#flowsWs };
    for (const name of Object.keys(flowsWh) as FlowName[]) flowsWh[name] = wh(flowsWh[name]);
    return {
      costMoney: this.#costMoney,
      importWh: wh(sum.import),
      exportWh: wh(sum.export),
      loadWh: wh(sum.load),
      heaterWh: wh(sum.heater),
      unservedWh: end.unservedWh,
      pvWh: wh(sum.pv),
      chargedWh: wh(sum.charged),
      dischargedWh: wh(sum.discharged),
      flowsWh,
      peakImportW: this.#peakW,
      peakWindowW: this.#window.peakW,
      cycles: wh(sum.discharged) / end.fullCycleWh,
      storedWh: end.storedWh,
      meanImportPricePerKwh: this.#seconds > 0 ? this.#buyS / this.#seconds : 0,
      residualWh: wh(sum.missed),
    };
  }
}

function known(price: number | undefined, otherwise: number): number {
  return price === undefined || Number.isNaN(price) ? otherwise : price;
}
