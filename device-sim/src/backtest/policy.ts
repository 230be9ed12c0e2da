/**
 * Who decides in a backtest. Step by step a policy sees what the devices of the home would show and gives its orders
 * for the next step; the plant then carries them out against the measured load and sun. One that plans or knows the
 * future takes what it may know from the series it is made with. Others join by a line in `policies.ts`.
 */
import type { Orders, Plant } from './plant.ts';
import type { Series } from './series.ts';

/** Powers are means of the step that just ended: grid import +, PV +, battery discharge +, heater + when it draws. */
export interface PolicyView {
  readonly nowMs: number;
  readonly stepMs: number;
  /** Row of the series that `nowMs` lies in. */
  readonly row: number;
  readonly gridW: number;
  readonly pvW: number;
  readonly batteryW: number;
  readonly heaterW: number;
  /** 0 without a battery. */
  readonly socPct: number;
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
}

export interface Policy {
  readonly name: string;
  /** Called once a step, in time order; keeps nothing of `view`. */
  decide(view: PolicyView): Orders;
}

export interface PolicyQuestion {
  readonly plant: Plant;
  readonly series: Series;
  /** IANA zone of the home. */
  readonly zone: string;
  readonly stepMs: number;
  readonly tariff: Tariff;
}

/** Money per kWh, where the series has no price. */
export interface Tariff {
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
}

export type PolicyMaker = (question: PolicyQuestion) => Policy;
