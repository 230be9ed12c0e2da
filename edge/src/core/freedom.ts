/**
 * The freedom of actuators within one cycle.
 *
 * A load begins able to be on and able to be off; a battery with its full limits and no mode chosen. `binding.ts`
 * holds the only ways to take any of it.
 */
import type { BatteryMode } from '@wattward/broker/wire/site';
import type { Reason, RuleName } from './decision.ts';

export interface LoadFreedom {
  /** Desired state as the cycle began. */
  was: boolean;
  canOn: boolean;
  canOff: boolean;
  bound: Reason | null;
  firm: boolean;
  choice: boolean | null;
  choiceReason: Reason | null;
  /** Cap for a charger with current control, amperes. */
  currentCapA: number;
  currentReason: Reason | null;
}

export interface BatteryFreedom {
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
  readonly effect:
    | 'forbid-on'
    | 'forbid-off'
    | 'choose-on'
    | 'choose-off'
    | 'cap-charge'
    | 'cap-discharge'
    | 'cap-grid-charge'
    | 'cap-current'
    | 'choose-mode';
  /** False: an earlier rule had already decided it. */
  readonly took: boolean;
  readonly reason: Reason;
}

export type Trace = TraceEntry[];

export function freeLoad(was: boolean): LoadFreedom {
  return {
    was,
    canOn: true,
    canOff: true,
    bound: null,
    firm: false,
    choice: null,
    choiceReason: null,
    currentCapA: Number.POSITIVE_INFINITY,
    currentReason: null,
  };
}

export function freeBattery(maxChargeW: number, maxDischargeW: number): BatteryFreedom {
  return {
    chargeCapW: maxChargeW,
    chargeReason: null,
    dischargeCapW: maxDischargeW,
    dischargeReason: null,
    gridChargeCapW: maxChargeW,
    gridChargeReason: null,
    mode: null,
    modeChargeW: 0,
    modeDischargeW: 0,
    modeReason: null,
  };
}
