/**
 * Where the watts flow right now: from sun, battery and grid to loads, battery and grid.
 *
 * `house + managed = grid + pv + battery`; the seven flows sum to each of these terms. Sun serves the loads first,
 * then the battery, then the grid; the battery serves what loads are left; the grid fills the rest. Meters are
 * not read at one instant: when the balance says that the loads give power, the missing watts are booked to the
 * sun (its reading lags behind most), so that the flows still close on grid and battery.
 */
import type { Allocation } from '@wattward/broker/wire/site';
import type { Balance } from './decision.ts';
import type { Snapshot } from './snapshot.ts';

/** The balance of a snapshot; null where a reading it needs is missing. In an outage nothing flows at the grid. */
export function balanceOf(snapshot: Snapshot, outage: boolean): Balance {
  let batterySumW = 0;
  let batteryKnown = true;
  for (const battery of snapshot.batteries) {
    if (battery.powerW.quality === 'good') batterySumW += battery.powerW.value;
    else batteryKnown = false;
  }
  const batteryPowerW = batteryKnown ? batterySumW : null;
  let managedLoadW = 0;
  for (const load of snapshot.loads) {
    if (load.powerW.quality === 'good') managedLoadW += load.powerW.value;
  }
  const gridPowerW = outage ? 0 : snapshot.grid.powerW.value;
  // A home without an array has no PV signal: that is no sun, not an unknown.
  const pvPowerW = snapshot.pv.powerW.quality === 'absent' ? 0 : snapshot.pv.powerW.value;
  const known = gridPowerW !== null && pvPowerW !== null && batteryPowerW !== null;
  return {
    gridPowerW,
    pvPowerW,
    batteryPowerW,
    managedLoadW,
    houseLoadW: known ? gridPowerW + pvPowerW + batteryPowerW - managedLoadW : null,
  };
}

/** The seven flows of a balance; null while it is not known. */
export function allocate(balance: Balance): Allocation | null {
  const { gridPowerW, pvPowerW, batteryPowerW } = balance;
  if (gridPowerW === null || pvPowerW === null || batteryPowerW === null) return null;
  // What an array draws at night is a load.
  let sunW = Math.max(0, pvPowerW);
  let loadW = gridPowerW + sunW + batteryPowerW;
  if (loadW < 0) {
    sunW -= loadW;
    loadW = 0;
  }
  const dischargeW = Math.max(0, batteryPowerW);
  const chargeW = Math.max(0, -batteryPowerW);
  const importW = Math.max(0, gridPowerW);
  const solarToLoadW = Math.min(sunW, loadW);
  const solarToBatteryW = Math.min(sunW - solarToLoadW, chargeW);
  const solarToGridW = sunW - solarToLoadW - solarToBatteryW;
  const batteryToLoadW = Math.min(dischargeW, loadW - solarToLoadW);
  const batteryToGridW = dischargeW - batteryToLoadW;
  const gridToBatteryW = Math.min(importW, chargeW - solarToBatteryW);
  const gridToLoadW = importW - gridToBatteryW;
  return {
    solarToLoadW,
    solarToBatteryW,
    solarToGridW,
    batteryToLoadW,
    batteryToGridW,
    gridToLoadW,
    gridToBatteryW,
  };
}
