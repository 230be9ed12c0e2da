/** What the energy and money ledger carries: totals since installation, the running slot, and the day's start. */
import type { Allocation } from '@wattward/broker/wire/site';
import type { Settings } from './settings.ts';

/** Energy per flow, watt-hours, one for each entry of the allocation. */
export type FlowsWh = { [K in keyof Allocation as K extends `${infer N}W` ? `${N}Wh` : never]: number };

export interface LedgerTotals extends FlowsWh {
  gridImportWh: number;
  gridExportWh: number;
  pvWh: number;
  batteryChargedWh: number;
  batteryDischargedWh: number;
  /** What the real home paid (import minus export). */
  costMoney: number;
  counterfactualCostMoney: number;
  /** The home without the box: what its loads took, and what it drew from and gave to the grid. */
  counterfactualLoadWh: number;
  counterfactualImportWh: number;
  counterfactualExportWh: number;
  /** Revenue of energy sold from the battery, and what that energy had cost to store. */
  soldMoney: number;
  soldCostMoney: number;
  unservedWh: number;
  /** What the home without the box had paid for energy never served here: taken out of its cost. */
  unservedMoney: number;
}

export interface LedgerState {
  /** Running totals since installation. */
  total: LedgerTotals;
  /** Totals as they were when the local day began, and when the running slot began. */
  dayStart: LedgerTotals;
  slotStart: LedgerTotals;
  day: number;
  slotStartMs: number;
  /** Local time minus UTC when the slot began. */
  slotOffsetMs: number;
  slotImportPricePerKwh: number;
  slotExportPricePerKwh: number;
  daySavingsMoney: number;
  /** Energy in the batteries of the counterfactual home; null until the real one is known. */
  counterfactualStoredWh: number | null;
  storedWh: number | null;
  /** Mean price paid to fill the real battery, money per kWh. */
  storedPricePerKwh: number;
  /** What loads with a target still wait for, at the price the counterfactual home paid for it. */
  owedMoney: number;
  savingsMoney: number;
}

export function emptyTotals(): LedgerTotals {
  return {
    solarToLoadWh: 0,
    solarToBatteryWh: 0,
    solarToGridWh: 0,
    batteryToLoadWh: 0,
    batteryToGridWh: 0,
    gridToLoadWh: 0,
    gridToBatteryWh: 0,
    gridImportWh: 0,
    gridExportWh: 0,
    pvWh: 0,
    batteryChargedWh: 0,
    batteryDischargedWh: 0,
    costMoney: 0,
    counterfactualCostMoney: 0,
    counterfactualLoadWh: 0,
    counterfactualImportWh: 0,
    counterfactualExportWh: 0,
    soldMoney: 0,
    soldCostMoney: 0,
    unservedWh: 0,
    unservedMoney: 0,
  };
}

export function initialLedger(settings: Settings): LedgerState {
  return {
    total: emptyTotals(),
    dayStart: emptyTotals(),
    slotStart: emptyTotals(),
    day: 0,
    slotStartMs: 0,
    slotOffsetMs: 0,
    slotImportPricePerKwh: settings.tariff.importPricePerKwh,
    slotExportPricePerKwh: settings.tariff.exportPricePerKwh,
    daySavingsMoney: 0,
    counterfactualStoredWh: null,
    storedWh: null,
    storedPricePerKwh: settings.tariff.exportPricePerKwh,
    owedMoney: 0,
    savingsMoney: 0,
  };
}
