/**
 * The energy and money ledger: what flowed, what it cost, and what it would have cost without the box.
 *
 * Every cycle the seven flows are integrated over the time since the last one, at the price of the slot (15 minutes,
 * UTC, so that days of 23 or 25 hours need no care). Energy in Wh, money in the site's currency.
 * - Energy in the battery has a mean price: what was paid for grid energy, what sun would have earned if exported.
 * - The counterfactual home has the same readings, no shedding, no shifting (a load with a daily target runs when
 *   its day begins), and a battery in plain self-consumption (`counterfactual.ts`).
 * - `savings = cost(counterfactual) - cost(real) + (real stored - counterfactual stored) x mean price`. Energy not
 *   served yet is left out of the counterfactual, energy never served is taken out of it and shown apart.
 */
import type { Allocation } from '@wattward/broker/wire/site';
import { bookCounterfactual, observeUnserved, owedMoney } from './counterfactual.ts';
import type { Cycle } from './cycle.ts';
import type { Balance, LedgerSlot, Today } from './decision.ts';
import type { LedgerState, LedgerTotals } from './ledger-state.ts';
import { localDay } from './site-time.ts';

const HOUR_MS = 3_600_000;
export const SLOT_MS = 900_000;

/** Books one cycle. Returns the slot that ended with it, if one did. */
export function book(cycle: Cycle, balance: Balance, allocation: Allocation | null): LedgerSlot | null {
  const { ledger } = cycle.state;
  const closed = turnSlot(cycle, ledger);
  if (allocation && cycle.dtMs > 0) {
    const hours = cycle.dtMs / HOUR_MS;
    bookFlows(ledger.total, allocation, hours);
    bookMoney(cycle, ledger, allocation, hours);
    observeUnserved(cycle, hours);
    bookCounterfactual(cycle, balance, hours);
  }
  observeStored(cycle, ledger);
  ledger.owedMoney = owedMoney(cycle);
  ledger.savingsMoney = savingsOf(ledger);
  return closed;
}

/** Totals since the local day began. */
export function todayOf(ledger: LedgerState): Today {
  const { total, dayStart } = ledger;
  return {
    gridImportWh: total.gridImportWh - dayStart.gridImportWh,
    gridExportWh: total.gridExportWh - dayStart.gridExportWh,
    pvWh: total.pvWh - dayStart.pvWh,
    batteryChargedWh: total.batteryChargedWh - dayStart.batteryChargedWh,
    batteryDischargedWh: total.batteryDischargedWh - dayStart.batteryDischargedWh,
    costMoney: total.costMoney - dayStart.costMoney,
    savingsMoney: ledger.savingsMoney - ledger.daySavingsMoney,
  };
}

/** Revenue of energy sold from the battery less what that energy had cost to store, since installation. */
export function profitMoney(total: LedgerTotals): number {
  return total.soldMoney - total.soldCostMoney;
}

function turnSlot(cycle: Cycle, ledger: LedgerState): LedgerSlot | null {
  const { time } = cycle.snapshot;
  if (!time.trusted) return null;
  const day = localDay(time);
  if (day !== ledger.day) {
    ledger.day = day;
    ledger.dayStart = { ...ledger.total };
    ledger.daySavingsMoney = ledger.savingsMoney;
  }
  const startMs = Math.floor(time.wallMs / SLOT_MS) * SLOT_MS;
  if (startMs === ledger.slotStartMs) return null;
  const closed = ledger.slotStartMs === 0 ? null : slotOf(ledger);
  ledger.slotStartMs = startMs;
  ledger.slotOffsetMs = time.offsetMs;
  ledger.slotStart = { ...ledger.total };
  ledger.slotImportPricePerKwh = cycle.importPricePerKwh;
  ledger.slotExportPricePerKwh = cycle.exportPricePerKwh;
  return closed;
}

function slotOf(ledger: LedgerState): LedgerSlot {
  const used: Record<string, number> = {};
  for (const key of Object.keys(ledger.total) as (keyof LedgerTotals)[]) {
    used[key] = ledger.total[key] - ledger.slotStart[key];
  }
  return {
    startMs: ledger.slotStartMs,
    endMs: ledger.slotStartMs + SLOT_MS,
    offsetMs: ledger.slotOffsetMs,
    importPricePerKwh: ledger.slotImportPricePerKwh,
    exportPricePerKwh: ledger.slotExportPricePerKwh,
    storedWh: ledger.storedWh,
    counterfactualStoredWh: ledger.counterfactualStoredWh,
    storedPricePerKwh: ledger.storedPricePerKwh,
    owedMoney: ledger.owedMoney,
    used: used as unknown as LedgerTotals,
  };
}

function bookFlows(total: LedgerTotals, flows: Allocation, hours: number): void {
  total.solarToLoadWh += flows.solarToLoadW * hours;
  total.solarToBatteryWh += flows.solarToBatteryW * hours;
  total.solarToGridWh += flows.solarToGridW * hours;
  total.batteryToLoadWh += flows.batteryToLoadW * hours;
  total.batteryToGridWh += flows.batteryToGridW * hours;
  total.gridToLoadWh += flows.gridToLoadW * hours;
  total.gridToBatteryWh += flows.gridToBatteryW * hours;
  total.gridImportWh += (flows.gridToLoadW + flows.gridToBatteryW) * hours;
  total.gridExportWh += (flows.solarToGridW + flows.batteryToGridW) * hours;
  total.pvWh += (flows.solarToLoadW + flows.solarToBatteryW + flows.solarToGridW) * hours;
  total.batteryChargedWh += (flows.solarToBatteryW + flows.gridToBatteryW) * hours;
  total.batteryDischargedWh += (flows.batteryToLoadW + flows.batteryToGridW) * hours;
}

function bookMoney(cycle: Cycle, ledger: LedgerState, flows: Allocation, hours: number): void {
  const { total } = ledger;
  const { importPricePerKwh, exportPricePerKwh } = cycle;
  const kwh = hours / 1000;
  const importedKwh = (flows.gridToLoadW + flows.gridToBatteryW) * kwh;
  const exportedKwh = (flows.solarToGridW + flows.batteryToGridW) * kwh;
  total.costMoney += importedKwh * importPricePerKwh - exportedKwh * exportPricePerKwh;
  const soldKwh = flows.batteryToGridW * kwh;
  total.soldMoney += soldKwh * exportPricePerKwh;
  total.soldCostMoney += soldKwh * ledger.storedPricePerKwh;
  const fromGridKwh = flows.gridToBatteryW * kwh;
  const fromSunKwh = flows.solarToBatteryW * kwh;
  const filledKwh = fromGridKwh + fromSunKwh;
  if (filledKwh <= 0) return;
  const storedKwh = ledger.storedWh === null ? 0 : ledger.storedWh / 1000;
  const paid = fromGridKwh * importPricePerKwh + fromSunKwh * exportPricePerKwh;
  ledger.storedPricePerKwh = (storedKwh * ledger.storedPricePerKwh + paid) / (storedKwh + filledKwh);
}

/** Energy in the real batteries; the counterfactual ones begin with the same. */
function observeStored(cycle: Cycle, ledger: LedgerState): void {
  let storedWh = 0;
  for (const { reading, settings } of cycle.batteries) {
    if (reading.socPct.quality !== 'good') return;
    storedWh += (reading.socPct.value / 100) * settings.capacityWh;
  }
  ledger.storedWh = storedWh;
  ledger.counterfactualStoredWh ??= storedWh;
}

function savingsOf(ledger: LedgerState): number {
  const { total, owedMoney, storedWh, counterfactualStoredWh, storedPricePerKwh } = ledger;
  const known = storedWh !== null && counterfactualStoredWh !== null;
  const moreKwh = known ? (storedWh - counterfactualStoredWh) / 1000 : 0;
  return total.counterfactualCostMoney - owedMoney - total.costMoney + moreKwh * storedPricePerKwh;
}
