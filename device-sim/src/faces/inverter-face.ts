/** The Modbus face of an inverter, by the protocol its make speaks. */
import { smaBattery, smaHybrid } from '@wattward/edge/catalogue/inverters/sma-hybrid';
import {
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '@wattward/edge/catalogue/inverters/sunspec-models';
import type { RunningHome } from '../home/running-home.ts';
import type { ModbusDevice } from './modbus-pdu.ts';
import type { Placed } from './register-faults.ts';
import { smaHybridFace } from './sma-inverter.ts';
import { modelAddress, sunspecFace } from './sunspec-inverter.ts';

/** The face of inverter `n` of the home, and the tables it was built from. */
export function inverterFace(
  home: RunningHome,
  n: number,
  serial: string,
): { readonly face: ModbusDevice; readonly tables: readonly Placed[] } {
  if (home.model.plans[n]?.inverter.protocol === 'sma-hybrid') {
    const tables = [smaHybrid, smaBattery].map((table) => ({ table, base: 0 }));
    return { face: smaHybridFace(home, n), tables };
  }
  const tables = [sunspecInverter, sunspecStorage, sunspecMppt].map((table) => ({
    table,
    base: modelAddress(table.sunspec?.modelId),
  }));
  return { face: sunspecFace(home, n, serial), tables };
}
