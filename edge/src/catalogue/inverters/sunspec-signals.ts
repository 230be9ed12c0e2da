/** What a SunSpec inverter's models say of the house bus: PV and battery on the AC side, and whether the grid is lost. */
import { numbersOf, type Values } from '../../registers/codec.ts';
import { hybridAcPower } from './hybrid-power.ts';
import {
  EVENT_GRID_DISCONNECT_BIT,
  type sunspecInverter,
  type sunspecMppt,
  type sunspecStorage,
} from './sunspec-models.ts';

/** Signals at the house bus beside the device's own points. */
export function sunspecSignals(
  inverter: Values<typeof sunspecInverter> | null,
  storage: Values<typeof sunspecStorage> | null,
  inputs: Values<typeof sunspecMppt> | null,
): Record<string, number | null> {
  const values: Record<string, number | null> = {};
  for (const model of [inverter, storage, inputs]) if (model) numbersOf(model, values);
  const acPowerW = values.acPowerW ?? null;
  const pvDcPowerW = sumOfKnown(values.pv1PowerW, values.pv2PowerW);
  const charge = values.chargePowerW ?? null;
  const discharge = values.dischargePowerW ?? null;
  if (acPowerW === null || !inputs) {
    values.pvPowerW = acPowerW;
  } else if (pvDcPowerW === null || (storage !== null && (charge === null || discharge === null))) {
    values.pvPowerW = null;
    values.batteryPowerW = null;
  } else {
    const dc = { acPowerW, pvDcPowerW, chargeDcPowerW: charge ?? 0, dischargeDcPowerW: discharge ?? 0 };
    const { pvPowerW, batteryPowerW } = hybridAcPower(dc);
    values.pvPowerW = pvPowerW;
    if (storage) values.batteryPowerW = batteryPowerW;
  }
  const eventBits = values.eventBits ?? null;
  values.gridLostCode = eventBits === null ? null : (eventBits >>> EVENT_GRID_DISCONNECT_BIT) & 1;
  return values;
}

function sumOfKnown(...parts: (number | null | undefined)[]): number | null {
  const known = parts.filter((part): part is number => typeof part === 'number');
  return known.length === 0 ? null : known.reduce((sum, part) => sum + part, 0);
}
