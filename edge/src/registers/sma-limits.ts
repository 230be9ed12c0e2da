/** Battery modes as SMA's limits say them: a window on the charge and one on the discharge, watts, unsigned. */
import { SMA_CHARGE_MODE, SMA_DISCHARGE_MODE, SMA_OWN_MODE } from './sma-hybrid.ts';
import type { StorageOrder } from './sunspec-storage.ts';

export interface SmaLimits {
  readonly modeCode: number;
  readonly chargeMinW: number;
  readonly chargeMaxW: number;
  readonly dischargeMinW: number;
  readonly dischargeMaxW: number;
}

/** The limits for an order, rounded down to whole watts: a limit is never exceeded by rounding. */
export function smaLimits(order: StorageOrder): SmaLimits {
  const charge = Math.floor(Math.max(0, order.chargeLimitW));
  const discharge = Math.floor(Math.max(0, order.dischargeLimitW));
  const limits = (modeCode: number, [chargeMinW, chargeMaxW, dischargeMinW, dischargeMaxW]: Windows) => ({
    modeCode,
    chargeMinW,
    chargeMaxW,
    dischargeMinW,
    dischargeMaxW,
  });
  switch (order.mode) {
    case 'self-consume':
      return limits(SMA_CHARGE_MODE, [0, charge, 0, discharge]);
    case 'hold':
      return limits(SMA_CHARGE_MODE, [0, charge, 0, 0]);
    case 'idle':
      return limits(SMA_CHARGE_MODE, [0, 0, 0, 0]);
    case 'charge-grid':
      return limits(SMA_CHARGE_MODE, [charge, charge, 0, 0]);
    case 'discharge-grid':
      return limits(SMA_DISCHARGE_MODE, [0, 0, discharge, discharge]);
    case 'auto':
      return limits(SMA_OWN_MODE, [0, charge, 0, discharge]);
  }
}

type Windows = readonly [number, number, number, number];
