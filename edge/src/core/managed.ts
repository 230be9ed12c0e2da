/**
 * The actuators of one cycle: each with its settings, its next state, what is read of it, and its freedom.
 *
 * A load begins able to be on and able to be off; a battery with its full limits and no mode chosen. `binding.ts`
 * holds the only ways to take any of it.
 */
import type { Effect } from '@wattward/broker/wire/explanation';
import type { BatteryMode } from '@wattward/broker/wire/site';
import type { Reason, RuleName } from './decision.ts';
import type { BatterySettings, LoadSettings } from './settings.ts';
import type { BatteryReading, LoadReading } from './snapshot.ts';
import type { BatteryState, LoadState } from './state.ts';

export interface ManagedLoad {
  readonly settings: LoadSettings;
  /** Draft of the next state. */
  readonly state: LoadState;
  readonly reading: LoadReading;
  /** Desired state of the cycle before, and as this one began: a board may have opened its relay since. */
  readonly before: boolean;
  was: boolean;
  canOn: boolean;
  canOff: boolean;
  bound: Reason | null;
  firm: boolean;
  choice: boolean | null;
  choiceReason: Reason | null;
  /** Cap for a charger with current control, amperes. */
  currentCapA: number;
}

export interface ManagedBattery {
  readonly settings: BatterySettings;
  /** Draft of the next state. */
  readonly state: BatteryState;
  reading: BatteryReading;
  chargeCapW: number;
  chargeReason: Reason | null;
  dischargeCapW: number;
  dischargeReason: Reason | null;
  gridChargeCapW: number;
  gridChargeReason: Reason | null;
  mode: BatteryMode | null;
  modeChargeW: number;
  modeDischargeW: number;
  modeReason: Reason | null;
}

/** One attempt of a rule on an actuator, kept only when somebody asks why. */
export interface TraceEntry {
  readonly rule: RuleName;
  readonly actuator: string;
  readonly effect: Effect;
  /** False: an earlier rule had already decided it. */
  readonly took: boolean;
  readonly reason: Reason;
}

export type Trace = TraceEntry[];

export function manageLoad(settings: LoadSettings, state: LoadState, reading: LoadReading): ManagedLoad {
  return {
    settings,
    state,
    reading,
    before: state.on,
    was: state.on,
    canOn: true,
    canOff: true,
    bound: null,
    firm: false,
    choice: null,
    choiceReason: null,
    currentCapA: Number.POSITIVE_INFINITY,
  };
}

export function manageBattery(
  settings: BatterySettings,
  state: BatteryState,
  reading: BatteryReading,
): ManagedBattery {
  return {
    settings,
    state,
    reading,
    chargeCapW: settings.maxChargeW,
    chargeReason: null,
    dischargeCapW: settings.maxDischargeW,
    dischargeReason: null,
    gridChargeCapW: settings.maxChargeW,
    gridChargeReason: null,
    mode: null,
    modeChargeW: 0,
    modeDischargeW: 0,
    modeReason: null,
  };
}
