/** What a home remembers between steps, what goes into a step, and what flowed in it. Plain data, watts and joules. */
import type { BatteryLimits, BatteryState } from '../physics/battery.ts';
import type { InverterFlow, StorageWindow } from '../physics/inverter.ts';
import type { LoadStep } from '../physics/load.ts';
import type { Weather } from '../physics/weather.ts';
import type { LoadState } from './load-object.ts';
import type { LocalTime } from './local-time.ts';
import type { ObjectOf } from './schema.ts';

export interface InverterState {
  /** Empty where no battery hangs on the inverter. */
  readonly battery: BatteryState | null;
  /** The load as its own meter shows it. */
  readonly seenLoadW: number;
  readonly pvAvailableW: readonly number[];
  readonly pvSampledAtMs: number;
  readonly producedJ: number;
  readonly pvJ: readonly number[];
  readonly chargedJ: number;
  readonly dischargedJ: number;
}

export interface HomeTotals {
  readonly sunJ: number;
  readonly gridInJ: number;
  readonly gridOutJ: number;
  readonly heatJ: number;
  readonly usedJ: number;
}

export interface HomeState {
  readonly nowMs: number;
  readonly gridOn: boolean;
  readonly loads: readonly LoadState[];
  readonly inverters: readonly InverterState[];
  readonly totals: HomeTotals;
}

export interface HomeInput {
  readonly dtS: number;
  /** The connection has voltage: nobody cut it, no outage and no limiter. */
  readonly gridOn: boolean;
  readonly local: LocalTime;
  /** Per load: its relay, enable contact or plug is closed. */
  readonly closed: readonly boolean[];
  /** Per inverter: what it was ordered; its own mode when nothing holds. */
  readonly windows: readonly StorageWindow[];
  readonly measured: { readonly loadW: number; readonly pvW: number | null } | null;
  /** As it was measured; left out or null, the sky is generated. */
  readonly weather?: Weather | null;
  readonly offers?: Offers;
}

/** What objects that are computed elsewhere answered for this step; every other object is computed here. */
export interface Offers {
  /** By load: its step with a supplied house, and with a dark one. */
  readonly loads: ReadonlyMap<string, LoadOffer>;
  /** By array: DC watts it could give. */
  readonly availableW: ReadonlyMap<string, number>;
  readonly limits: ReadonlyMap<string, BatteryLimits>;
}

export interface LoadOffer {
  readonly lit: LoadStep<LoadState>;
  readonly dark: LoadStep<LoadState>;
}

export interface HomeFlows {
  readonly dtS: number;
  readonly supplied: boolean;
  readonly gridOn: boolean;
  /** Import +, by phase. */
  readonly gridPhaseW: readonly [number, number, number];
  readonly gridW: number;
  readonly loadW: readonly number[];
  readonly inverters: readonly (InverterFlow & { readonly pvArrayW: readonly number[] })[];
  readonly weather: Weather;
  readonly residualJ: number;
  readonly movedJ: number;
}

/** An inverter and what hangs on it. */
export interface InverterPlan {
  readonly inverter: ObjectOf<'inverter'>;
  readonly arrays: readonly ObjectOf<'pv'>[];
  readonly battery: ObjectOf<'battery'> | null;
}

/** Parts of a step that is being computed. */
export interface Sky {
  readonly weather: Weather;
  /** Per inverter and array. */
  readonly available: readonly (readonly number[])[];
  readonly fresh: boolean;
}

export interface LoadResult {
  readonly states: readonly LoadState[];
  readonly powerW: readonly number[];
  readonly drawnJ: number;
  readonly storedJ: number;
  readonly heatJ: number;
  readonly usedJ: number;
}

export type FedInverter = InverterFlow & { readonly seenLoadW: number };

export interface Done {
  readonly loads: LoadResult;
  readonly fed: readonly FedInverter[];
  readonly supplied: boolean;
  readonly sky: Sky;
}
