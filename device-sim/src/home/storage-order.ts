/**
 * What a hybrid inverter was last ordered about its battery, with the timer that forgets it: without a new write
 * within the revert time it is on its own again [SunSpec 124 InOutWRte_RvrtTms]. Times are the home's milliseconds.
 */
import { OWN_WINDOW, type StorageWindow } from '../physics/inverter.ts';

export interface StorageRegisters {
  readonly controlBits: number;
  readonly dischargeRatePct: number;
  readonly chargeRatePct: number;
  readonly windowS: number;
  readonly revertS: number;
  readonly rampS: number;
  readonly gridChargeCode: number;
  /** The inverter's own reserve: it discharges no further by itself. */
  readonly reservePct: number;
}

export interface StorageOrderState {
  readonly registers: StorageRegisters;
  /** When it goes back to its own mode; null when nothing is pending. */
  readonly revertsAtMs: number | null;
  readonly reverts: number;
}

export const AUTOMATIC: StorageRegisters = {
  controlBits: 0,
  dischargeRatePct: 100,
  chargeRatePct: 100,
  windowS: 0,
  revertS: 0,
  rampS: 0,
  gridChargeCode: 0,
  reservePct: 5,
};

export const NO_ORDER: StorageOrderState = { registers: AUTOMATIC, revertsAtMs: null, reverts: 0 };

/** A write to any of the registers starts the revert timer anew. */
export function ordered(
  state: StorageOrderState,
  change: Partial<StorageRegisters>,
  nowMs: number,
): StorageOrderState {
  const registers = { ...state.registers, ...change };
  const timed = registers.revertS > 0 && registers.controlBits !== 0;
  return { ...state, registers, revertsAtMs: timed ? nowMs + registers.revertS * 1000 : null };
}

export function reverted(state: StorageOrderState, nowMs: number): StorageOrderState {
  if (state.revertsAtMs === null || nowMs < state.revertsAtMs) return state;
  const { revertS, reservePct } = state.registers;
  return {
    registers: { ...AUTOMATIC, revertS, reservePct },
    revertsAtMs: null,
    reverts: state.reverts + 1,
  };
}

const CHARGE_BIT = 1;
const DISCHARGE_BIT = 2;

/** The window that the registers leave on the battery's power, watts, + discharging. */
export function windowOf(registers: StorageRegisters, maxChargeW: number, socPct: number): StorageWindow {
  const empty = socPct <= registers.reservePct;
  const limited = (bit: number) => (registers.controlBits & bit) !== 0;
  const discharge = limited(DISCHARGE_BIT)
    ? (registers.dischargeRatePct / 100) * maxChargeW
    : OWN_WINDOW.maxPowerW;
  const minPowerW = limited(CHARGE_BIT)
    ? -(registers.chargeRatePct / 100) * maxChargeW
    : OWN_WINDOW.minPowerW;
  const maxPowerW = empty ? Math.min(0, discharge) : discharge;
  return {
    minPowerW: Math.min(minPowerW, maxPowerW),
    maxPowerW,
    gridCharge: registers.gridChargeCode === 1,
  };
}
