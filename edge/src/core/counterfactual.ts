/**
 * The same home without the box: the measure that savings are taken against.
 *
 * House load and sun are as measured. A load with a daily target runs at its nominal power from the beginning of its
 * day until it is served; every other load runs as it really did. The battery does plain self-consumption between
 * reserve and ceiling. Nothing is shed: what a shed load was not given is counted as unserved, and what a target was
 * not given by its deadline is taken back out of the counterfactual at the mean price it had there.
 */
import type { Cycle } from './cycle.ts';
import type { Balance } from './decision.ts';
import type { LoadSettings } from './settings.ts';
import type { LoadState } from './state.ts';

/** Money the counterfactual home paid in the time of this cycle. */
export function counterfactualCost(cycle: Cycle, balance: Balance, hours: number): number {
  if (balance.houseLoadW === null || balance.pvPowerW === null) return 0;
  let loadW = balance.houseLoadW;
  for (let i = 0; i < cycle.state.loads.length; i++) loadW += wantedW(cycle, i, hours);
  const needW = loadW - balance.pvPowerW;
  const gridW = needW - counterfactualBatteryW(cycle, needW, hours);
  const price = gridW >= 0 ? cycle.importPricePerKwh : cycle.exportPricePerKwh;
  return (gridW * hours * price) / 1000;
}

/** What load `i` would draw: when first wanted if it has a target, else as it does. */
function wantedW(cycle: Cycle, i: number, hours: number): number {
  const settings = cycle.settings.loads[i];
  const state = cycle.state.loads[i];
  const power = cycle.snapshot.loads[i]?.powerW;
  if (!settings || !state) return 0;
  if (!settings.target || !cycle.clockTrusted) return power?.quality === 'good' ? power.value : 0;
  if (state.wantedWh >= targetWh(settings)) return 0;
  state.wantedWh += settings.nominalPowerW * hours;
  state.wantedMoney += (settings.nominalPowerW * hours * cycle.importPricePerKwh) / 1000;
  return settings.nominalPowerW;
}

export function targetWh(settings: LoadSettings): number {
  const { target } = settings;
  if (!target) return 0;
  return target.energyWh ?? ((target.runMs ?? 0) / 3_600_000) * settings.nominalPowerW;
}

/** Power of the counterfactual batteries (discharge +) for a home that needs `needW`; their energy moves with it. */
function counterfactualBatteryW(cycle: Cycle, needW: number, hours: number): number {
  const { ledger } = cycle.state;
  const storedWh = ledger.counterfactualStoredWh;
  if (storedWh === null || hours <= 0) return 0;
  let floorWh = 0;
  let ceilingWh = 0;
  let chargeW = 0;
  let dischargeW = 0;
  let efficiencySum = 0;
  for (const battery of cycle.settings.batteries) {
    floorWh += (battery.capacityWh * battery.reservePct) / 100;
    ceilingWh += (battery.capacityWh * battery.ceilingPct) / 100;
    chargeW += battery.maxChargeW;
    dischargeW += battery.maxDischargeW;
    efficiencySum += battery.roundTripEfficiency;
  }
  const count = cycle.settings.batteries.length;
  if (count === 0) return 0;
  const oneWay = Math.sqrt(efficiencySum / count);
  if (needW > 0) {
    const availableW = (Math.max(0, storedWh - floorWh) / hours) * oneWay;
    const givenW = Math.min(needW, dischargeW, availableW);
    ledger.counterfactualStoredWh = storedWh - (givenW * hours) / oneWay;
    return givenW;
  }
  const roomW = Math.max(0, ceilingWh - storedWh) / hours / oneWay;
  const takenW = Math.min(-needW, chargeW, roomW);
  ledger.counterfactualStoredWh = storedWh + takenW * hours * oneWay;
  return -takenW;
}

/** What shed loads without a target are not given counts as unserved as it happens. */
export function observeUnserved(cycle: Cycle, hours: number): void {
  for (let i = 0; i < cycle.state.loads.length; i++) {
    const state = cycle.state.loads[i];
    if (!state?.shed || cycle.settings.loads[i]?.target) continue;
    cycle.state.ledger.total.unservedWh += state.shed.powerW * hours;
  }
}

/** Closes a load's day: what its target was not given was never served, and is no saving. */
export function closeTargetDay(cycle: Cycle, settings: LoadSettings, state: LoadState): void {
  const { total } = cycle.state.ledger;
  const servedWh = settings.target?.runMs == null ? state.servedWh : servedByTime(settings, state);
  const unservedWh = Math.max(0, Math.min(targetWh(settings), state.wantedWh) - servedWh);
  if (unservedWh > 0 && state.wantedWh > 0) {
    total.unservedWh += unservedWh;
    total.counterfactualCostMoney -= (state.wantedMoney * unservedWh) / state.wantedWh;
  }
  state.wantedWh = 0;
  state.wantedMoney = 0;
}

function servedByTime(settings: LoadSettings, state: LoadState): number {
  return (state.servedMs / 3_600_000) * settings.nominalPowerW;
}
