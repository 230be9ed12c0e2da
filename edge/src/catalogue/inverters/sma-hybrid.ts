/**
 * SMA hybrid inverters (Sunny Tripower Smart Energy, Sunny Boy Storage and kin), unit 3 by default: readings, and the
 * battery's limits that the maker's management obeys while they are rewritten.
 *
 * 32-bit values, high word first. What is missing reads as 0x80000000 (signed), 0xFFFFFFFF (unsigned) or 0xFFFFFD
 * (a choice); DC inputs are missing whenever the array is dark. Limits are watts, unsigned, charge and discharge
 * apart: "charge at least / at most, discharge at least / at most". Not rewritten for a minute they lapse.
 * Source: SMA Modbus profile; evcc templates/definition/meter/sma-hybrid.yaml. Not verified on hardware.
 */
import { encodePoint } from '../../registers/codec.ts';
import { type Conversation, readNumbers, type SignalValues } from '../../registers/conversation.ts';
import { defineTable, type NotAvailableCodes } from '../../registers/table.ts';
import type { InverterFamily, InverterTalk } from '../inverter-family.ts';
import type { StorageOrder } from '../storage-order.ts';
import { hybridAcPower } from './hybrid-power.ts';

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

export const smaHybridFamily: InverterFamily = {
  id: 'sma-hybrid',
  maker: 'SMA',
  models: ['Sunny Tripower Smart Energy', 'Sunny Boy Storage'],
  source,
  lease: { shortestS: SMA_LAPSE_S, longestS: SMA_LAPSE_S },
  open: () => new SmaHybridTalk(),
};

/** A limit that follows the sun is not rewritten for less. */
const DEADBAND_W = 25;

/**
 * The limits go first and in one write, the mode last: a box that dies in between leaves a device that falls back by
 * itself within its minute. It has no reserve of its own to set.
 */
class SmaHybridTalk implements InverterTalk<SmaLimits> {
  #seen = false;

  *read(): Conversation<SignalValues> {
    const signals = signalsOf(yield* readNumbers(smaHybrid));
    this.#seen = true;
    return signals;
  }

  commandFor(order: StorageOrder): SmaLimits | null {
    return this.#seen ? smaLimits(order) : null;
  }

  differs(a: SmaLimits, b: SmaLimits): boolean {
    const apart = (x: number, y: number) => Math.abs(x - y) >= DEADBAND_W || (x === 0) !== (y === 0);
    return (
      a.modeCode !== b.modeCode ||
      apart(a.chargeMinW, b.chargeMinW) ||
      apart(a.chargeMaxW, b.chargeMaxW) ||
      apart(a.dischargeMinW, b.dischargeMinW) ||
      apart(a.dischargeMaxW, b.dischargeMaxW)
    );
  }

  *write(limits: SmaLimits): Conversation<void> {
    const words = (key: keyof SmaLimits) => encodePoint(smaBattery, key, limits[key]);
    const { chargeMinW, modeCode } = smaBattery.points;
    yield {
      ask: 'write',
      address: chargeMinW.address,
      words: [
        ...words('chargeMinW'),
        ...words('chargeMaxW'),
        ...words('dischargeMinW'),
        ...words('dischargeMaxW'),
      ],
    };
    yield { ask: 'write', address: modeCode.address, words: words('modeCode') };
  }
}

/** Signals at the house bus beside the device's own points. */
function signalsOf(own: SignalValues): SignalValues {
  const { acPowerW = null, chargePowerW = null, dischargePowerW = null, gridConnectionCode = null } = own;
  const gridLostCode = gridConnectionCode === null ? null : Number(gridConnectionCode !== SMA_GRID_PUBLIC);
  const values = { ...own, gridLostCode };
  if (acPowerW === null || chargePowerW === null || dischargePowerW === null) {
    return { ...values, pvPowerW: null, batteryPowerW: null };
  }
  // The maker tells nothing of a dark array; an inverter that answers otherwise has none that gives.
  const pvDcPowerW = (own.pv1PowerW ?? 0) + (own.pv2PowerW ?? 0);
  const dc = { acPowerW, pvDcPowerW, chargeDcPowerW: chargePowerW, dischargeDcPowerW: dischargePowerW };
  return { ...values, ...hybridAcPower(dc) };
}

/** Battery modes as SMA's limits say them: a window on the charge and one on the discharge, watts, unsigned. */
export interface SmaLimits {
  readonly modeCode: number;
  readonly chargeMinW: number;
  readonly chargeMaxW: number;
  readonly dischargeMinW: number;
  readonly dischargeMaxW: number;
}

/** The limits for an order, rounded down to whole watts: a limit is never exceeded by rounding. */
export function smaLimits(order: StorageOrder): SmaLimits {
  const charge = Math.floor(Math.max(0, order.chargeLimitW));
  const discharge = Math.floor(Math.max(0, order.dischargeLimitW));
  const limits = (modeCode: number, [chargeMinW, chargeMaxW, dischargeMinW, dischargeMaxW]: Windows) => ({
    modeCode,
    chargeMinW,
    chargeMaxW,
    dischargeMinW,
    dischargeMaxW,
  });
  switch (order.mode) {
    case 'self-consume':
      return limits(SMA_CHARGE_MODE, [0, charge, 0, discharge]);
    case 'hold':
      return limits(SMA_CHARGE_MODE, [0, charge, 0, 0]);
    case 'idle':
      return limits(SMA_CHARGE_MODE, [0, 0, 0, 0]);
    case 'charge-grid':
      return limits(SMA_CHARGE_MODE, [charge, charge, 0, 0]);
    case 'discharge-grid':
      return limits(SMA_DISCHARGE_MODE, [0, 0, discharge, discharge]);
    case 'auto':
      return limits(SMA_OWN_MODE, [0, charge, 0, discharge]);
  }
}

type Windows = readonly [number, number, number, number];
