/**
 * Battery modes as SunSpec model 124 knows them, in both directions.
 *
 * Model 124 bounds the battery's power from two sides, each in percent of WChaMax: OutWRte is the most it may
 * discharge, InWRte the most it may charge. A negative bound turns into a demand: OutWRte = -40 % says "discharge at
 * most -40 %", that is, charge with at least 40 % (so do Fronius and others). Together they are a window
 * [-InWRte, OutWRte] on the battery's power, + discharging; the inverter follows self-consumption inside of it.
 * After RvrtTms without a write the device falls back to its own automatic (StorCtl_Mod 0).
 */
import type { StorageOrder } from '../storage-order.ts';

export const STORAGE_CHARGE_LIMIT_BIT = 1;
export const STORAGE_DISCHARGE_LIMIT_BIT = 2;

/** Default scale of rates and state of charge on the wire: hundredths of a percent. */
export const RATE_SF = -2;

export interface StorageRates {
  readonly controlBits: number;
  readonly chargeRatePct: number;
  readonly dischargeRatePct: number;
  readonly gridChargeCode: number;
}

/** The control values for an order; limits are clamped to what the device can do. */
export function storageRates(order: StorageOrder, chargeMaxW: number): StorageRates {
  const share = (limitW: number) => pctOf(limitW, chargeMaxW);
  const both = STORAGE_CHARGE_LIMIT_BIT | STORAGE_DISCHARGE_LIMIT_BIT;
  const charge = share(order.chargeLimitW);
  const discharge = share(order.dischargeLimitW);
  const rates = (controlBits: number, chargeRatePct: number, dischargeRatePct: number, grid = 0) => ({
    controlBits,
    chargeRatePct,
    dischargeRatePct,
    gridChargeCode: grid,
  });
  switch (order.mode) {
    case 'self-consume':
      return rates(both, charge, discharge);
    case 'hold':
      return rates(both, charge, 0);
    case 'idle':
      return rates(both, 0, 0);
    case 'charge-grid':
      return rates(both, charge, charge === 0 ? 0 : -charge, 1);
    case 'discharge-grid':
      return rates(both, discharge === 0 ? 0 : -discharge, discharge);
    case 'auto':
      return rates(0, 100, 100);
  }
}

/** The window on the battery's power that control values leave, in watts, + discharging. */
export function storageWindow(
  rates: StorageRates,
  chargeMaxW: number,
): { readonly minPowerW: number; readonly maxPowerW: number; readonly gridCharge: boolean } {
  const watts = (pct: number) => (pct * chargeMaxW) / 100;
  const charges = (rates.controlBits & STORAGE_CHARGE_LIMIT_BIT) !== 0;
  const discharges = (rates.controlBits & STORAGE_DISCHARGE_LIMIT_BIT) !== 0;
  return {
    minPowerW: charges ? 0 - watts(rates.chargeRatePct) : -chargeMaxW,
    maxPowerW: discharges ? watts(rates.dischargeRatePct) : chargeMaxW,
    gridCharge: rates.gridChargeCode === 1,
  };
}

/** Percent 0..100 with two decimals, rounded down: a limit is never exceeded by rounding. */
function pctOf(limitW: number, chargeMaxW: number): number {
  if (!(chargeMaxW > 0)) return 0;
  return Math.floor(Math.min(1, Math.max(0, limitW / chargeMaxW)) * 10_000) / 100;
}
