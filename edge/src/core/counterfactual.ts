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
import type { ManagedLoad } from './managed.ts';
import type { LoadSettings, LoadTarget } from './settings.ts';

const HOUR_MS = 3_600_000;

/** Books what the counterfactual home used and paid in the time of this cycle. */
export function bookCounterfactual(cycle: Cycle, balance: Balance, hours: number): void {
  if (balance.houseLoadW === null || balance.pvPowerW === null) return;
  const { total } = cycle.state.ledger;
  let loadW = balance.houseLoadW;
  for (const load of cycle.loads) loadW += wantedW(cycle, load, hours);
  const needW = loadW - balance.pvPowerW;
  const gridW = needW - counterfactualBatteryW(cycle, needW, hours);
  const price = gridW >= 0 ? cycle.importPricePerKwh : cycle.exportPricePerKwh;
  total.counterfactualLoadWh += loadW * hours;
  if (gridW >= 0) total.counterfactualImportWh += gridW * hours;
  else total.counterfactualExportWh -= gridW * hours;
  total.counterfactualCostMoney += (gridW * hours * price) / 1000;
}

/** What a load would draw: when first wanted if it has a target, else as it does. */
function wantedW(cycle: Cycle, load: ManagedLoad, hours: number): number {
  const { settings, state } = load;
  const power = load.reading.powerW;
  if (settings.target === null || !cycle.clockTrusted) return power.quality === 'good' ? power.value : 0;
  if (state.wantedWh >= targetWh(settings, settings.target)) return 0;
  state.wantedWh += settings.nominalPowerW * hours;
  state.wantedMoney += (settings.nominalPowerW * hours * cycle.importPricePerKwh) / 1000;
  return settings.nominalPowerW;
}

function targetWh(settings: LoadSettings, target: LoadTarget): number {
  return 'runMs' in target ? (target.runMs / HOUR_MS) * settings.nominalPowerW : target.energyWh;
}

/** Power of the counterfactual batteries (discharge +) for a home that needs `needW`; their energy moves with it. */
function counterfactualBatteryW(cycle: Cycle, needW: number, hours: number): number {
  const { ledger } = cycle.state;
  const storedWh = ledger.counterfactualStoredWh;
  if (storedWh === null) return 0;
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
  for (const { state, settings } of cycle.loads) {
    if (state.shed === null || settings.target !== null) continue;
    cycle.state.ledger.total.unservedWh += state.shed.powerW * hours;
  }
}

/**
 * What targets have not been given yet, at the mean price it has in the counterfactual. A load that still waits has
 * saved nothing so far: its energy will be bought, or never served.
 */
export function owedMoney(cycle: Cycle): number {
  let money = 0;
  for (const load of cycle.loads) {
    const { target } = load.settings;
    const { wantedWh, wantedMoney } = load.state;
    if (target === null || wantedWh === 0) continue;
    money += (wantedMoney * Math.max(0, wantedWh - givenWh(load, target))) / wantedWh;
  }
  return money;
}

/** Closes a load's day: what its target was not given was never served, and is no saving. */
export function closeTargetDay(cycle: Cycle, load: ManagedLoad, target: LoadTarget): void {
  const { total } = cycle.state.ledger;
  const { state } = load;
  const unservedWh = state.wantedWh - givenWh(load, target);
  if (unservedWh > 0) {
    total.unservedWh += unservedWh;
    const unservedMoney = (state.wantedMoney * unservedWh) / state.wantedWh;
    total.unservedMoney += unservedMoney;
    total.counterfactualCostMoney -= unservedMoney;
  }
  state.wantedWh = 0;
  state.wantedMoney = 0;
}

/** Energy a target has really been given in its running day. */
function givenWh({ settings, state }: ManagedLoad, target: LoadTarget): number {
  return 'runMs' in target ? (state.servedMs / HOUR_MS) * settings.nominalPowerW : state.servedWh;
}
