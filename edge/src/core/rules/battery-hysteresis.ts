/**
 * Rule 7, battery hysteresis: a discharge that starts, goes on; one that would not last, does not start.
 *
 * Discharge starts at or above `max(40, reserve + 5)` percent and goes on until the charge falls below
 * `max(35, reserve)`. Charging stops at the ceiling. Two percent below the reserve a maintenance charge begins, from
 * any source, up to the reserve. Not while the grid is lost: then rule 2 sets the floor.
 */
import { capCharge, capDischarge, chooseMode } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { ManagedBattery } from '../managed.ts';
import type { Rule } from '../rule.ts';
import type { BatterySettings } from '../settings.ts';
import type { BatteryState } from '../state.ts';

export const batteryHysteresis: Rule = { name: 'battery-hysteresis', observe, apply };

export function dischargeOnPct(battery: BatterySettings): number {
  return Math.max(battery.dischargeOnPct, battery.reservePct + battery.startAboveReservePct);
}

export function dischargeOffPct(battery: BatterySettings): number {
  return Math.max(battery.dischargeOffPct, battery.reservePct);
}

function observe(cycle: Cycle): void {
  cycle.batteryHeadroomW = 0;
  for (const { state, settings, reading } of cycle.batteries) {
    if (reading.socPct.quality !== 'good') continue;
    updateLatches(state, settings, reading.socPct.value);
    const able =
      state.dischargeOn && !state.maintenance && reading.online && settings.capability !== 'observe';
    if (able && !cycle.outage) {
      const givesW =
        reading.powerW.quality === 'good' ? Math.max(0, reading.powerW.value) : settings.maxDischargeW;
      cycle.batteryHeadroomW += Math.max(0, settings.maxDischargeW - givesW);
    }
  }
}

function updateLatches(state: BatteryState, settings: BatterySettings, socPct: number): void {
  if (socPct >= dischargeOnPct(settings)) state.dischargeOn = true;
  else if (socPct < dischargeOffPct(settings)) state.dischargeOn = false;
  if (socPct >= settings.ceilingPct) state.full = true;
  else if (socPct <= settings.ceilingPct - settings.ceilingMarginPct) state.full = false;
  if (socPct < settings.reservePct - settings.maintenanceBelowReservePct) state.maintenance = true;
  else if (socPct >= settings.reservePct) state.maintenance = false;
}

function apply(cycle: Cycle): void {
  for (const battery of cycle.batteries) {
    const { state, settings } = battery;
    const soc = battery.reading.socPct;
    if (soc.quality !== 'good') continue;
    if (state.full) capCharge(cycle, battery, 0, ceilingReason(soc.value, settings.ceilingPct));
    if (cycle.outage) continue;
    if (!state.dischargeOn) capDischarge(cycle, battery, 0, dischargeReason(settings, soc.value));
    if (state.maintenance && settings.gridChargeAllowed) maintain(cycle, battery, soc.value);
  }
}

/** From any source: when the sun gives more than the maintenance power, the battery may take all of it. */
function maintain(cycle: Cycle, battery: ManagedBattery, socPct: number): void {
  const { settings } = battery;
  const { pvPowerW, gridNowW, batteryPowerW } = cycle;
  const known = pvPowerW !== null && gridNowW !== null && batteryPowerW !== null;
  const sunLeftW = known ? Math.max(0, -gridNowW - batteryPowerW) : 0;
  const chargeW = Math.min(settings.maxChargeW, Math.max(settings.maintenanceW, sunLeftW));
  const params = { socPct, reservePct: settings.reservePct, powerW: settings.maintenanceW };
  const reason: Reason = { rule: 'battery-hysteresis', code: 'battery-maintenance', params };
  chooseMode(cycle, battery, { mode: 'charge-grid', chargeW, dischargeW: 0 }, reason);
}

function dischargeReason(settings: BatterySettings, socPct: number): Reason {
  const onPct = dischargeOnPct(settings);
  const offPct = dischargeOffPct(settings);
  const code = socPct < offPct ? 'battery-low' : 'battery-waits';
  return { rule: 'battery-hysteresis', code, params: { socPct, onPct, offPct } };
}

function ceilingReason(socPct: number, ceilingPct: number): Reason {
  return { rule: 'battery-hysteresis', code: 'battery-full', params: { socPct, ceilingPct } };
}
