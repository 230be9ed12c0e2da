/**
 * SMA hybrid inverters (Sunny Tripower Smart Energy, Sunny Boy Storage and kin), unit 3 by default: readings, and the
 * battery's limits that the maker's management obeys while they are rewritten.
 *
 * 32-bit values, high word first. What is missing reads as 0x80000000 (signed), 0xFFFFFFFF (unsigned) or 0xFFFFFD
 * (a choice); DC inputs are missing whenever the array is dark. Limits are watts, unsigned, charge and discharge
 * apart: "charge at least / at most, discharge at least / at most". Not rewritten for a minute they lapse.
 * Source: SMA Modbus profile; evcc templates/definition/meter/sma-hybrid.yaml. Not verified on hardware.
 */
import type { NotAvailableCodes } from './table.ts';
import { defineTable } from './table.ts';

const notAvailable: NotAvailableCodes = { s32: [-0x8000_0000], u32: [0xffff_ffff, 0xff_fffd] };
const source = 'SMA Modbus profile; evcc sma-hybrid.yaml';

export const smaHybrid = defineTable({
  id: 'sma-hybrid',
  model: 'SMA hybrid inverter',
  space: 'input',
  notAvailable,
  source,
  points: {
    healthCode: {
      address: 30_201,
      type: 'u32',
      description: 'Operation.Health: 35 fault, 303 off, 307 ok, 455 warning',
    },
    pv1PowerW: { address: 30_773, type: 's32', description: 'DcMs.Watt[0]' },
    acPowerW: { address: 30_775, type: 's32', description: 'GridMs.TotW, + into the house' },
    phase1VoltageV: { address: 30_783, type: 'u32', scale: 0.01, description: 'GridMs.PhV.phsA' },
    phase2VoltageV: { address: 30_785, type: 'u32', scale: 0.01, description: 'GridMs.PhV.phsB' },
    phase3VoltageV: { address: 30_787, type: 'u32', scale: 0.01, description: 'GridMs.PhV.phsC' },
    frequencyHz: { address: 30_803, type: 'u32', scale: 0.01, description: 'GridMs.Hz' },
    socPct: { address: 30_845, type: 'u32', description: 'Bat.ChaStt' },
    gridConnectionCode: {
      address: 30_881,
      type: 'u32',
      description: 'Operation.PvGriConn: 1779 separated, 1780 public grid, 1781 island',
    },
    pv2PowerW: { address: 30_961, type: 's32', description: 'DcMs.Watt[1]' },
    chargePowerW: { address: 31_393, type: 'u32', description: 'BatChrg.CurBatCha, into the battery' },
    dischargePowerW: { address: 31_395, type: 'u32', description: 'BatDsch.CurBatDsch, out of the battery' },
    chargedWh: { address: 31_397, type: 'u64', description: 'BatChrg.ActBatChrg' },
    dischargedWh: { address: 31_401, type: 'u64', description: 'CmpBMS.GetBatDschWh' },
  },
});

export const SMA_GRID_PUBLIC = 1780;
export const SMA_GRID_SEPARATED = 1779;

export const smaBattery = defineTable({
  id: 'sma-battery',
  model: 'SMA battery management',
  space: 'holding',
  notAvailable,
  source,
  points: {
    modeCode: {
      address: 40_236,
      type: 'u32',
      access: 'rw',
      description: 'CmpBMS.OpMod: 2289 charge, 2290 discharge, 2424 its own presetting',
    },
    chargeMinW: { address: 40_793, type: 'u32', access: 'rw', description: 'CmpBMS.BatChaMinW' },
    chargeMaxW: { address: 40_795, type: 'u32', access: 'rw', description: 'CmpBMS.BatChaMaxW' },
    dischargeMinW: { address: 40_797, type: 'u32', access: 'rw', description: 'CmpBMS.BatDschMinW' },
    dischargeMaxW: { address: 40_799, type: 'u32', access: 'rw', description: 'CmpBMS.BatDschMaxW' },
  },
});

export const SMA_OWN_MODE = 2424;
export const SMA_CHARGE_MODE = 2289;
export const SMA_DISCHARGE_MODE = 2290;
/** Limits that were not rewritten for so long lapse. */
export const SMA_LAPSE_S = 60;
