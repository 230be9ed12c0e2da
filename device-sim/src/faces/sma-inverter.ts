/**
 * A hybrid inverter as SMA's Modbus profile shows it, built from the very tables the box reads with. Limits of the
 * battery are live until they have not been rewritten for a minute; DC inputs of a dark array have no value.
 */

import {
  SMA_CHARGE_MODE,
  SMA_DISCHARGE_MODE,
  SMA_GRID_PUBLIC,
  SMA_GRID_SEPARATED,
  SMA_LAPSE_S,
  SMA_OWN_MODE,
  type SmaLimits,
  smaBattery,
  smaHybrid,
} from '@wattward/edge/catalogue/inverters/sma-hybrid';
import { decode, encode } from '@wattward/edge/registers/codec';
import { pointLength } from '@wattward/edge/registers/table';
import type { RunningHome } from '../home/running-home.ts';
import {
  ILLEGAL_ADDRESS,
  ILLEGAL_VALUE,
  type ModbusDevice,
  ModbusException,
  readImage,
} from './modbus-pdu.ts';

const MODES: readonly number[] = [SMA_OWN_MODE, SMA_CHARGE_MODE, SMA_DISCHARGE_MODE];
const HIGHEST_LIMIT_W = 100_000;
const KEYS = Object.keys(smaBattery.points) as (keyof SmaLimits)[];

export function smaHybridFace(home: RunningHome, n: number): ModbusDevice {
  let limits: SmaLimits = ownLimits(home, n);
  const current = (): SmaLimits =>
    home.orders[n]?.registers.controlBits === 0 ? { ...limits, modeCode: SMA_OWN_MODE } : limits;
  return {
    read(space, address, count) {
      if (space === smaBattery.space) return readImage(encode(smaBattery, current()), address, count);
      // The maker answers registers between its values with its code for "no value".
      const image = encode(smaHybrid, readings(home, n));
      const first = Math.min(...image.keys());
      const last = Math.max(...image.keys());
      if (address < first || address + count - 1 > last) throw new ModbusException(ILLEGAL_ADDRESS);
      return Array.from({ length: count }, (_, i) => image.get(address + i) ?? 0xffff);
    },
    write(address, words) {
      limits = written(current(), address, words);
      obey(home, n, limits);
    },
  };
}

/** The limits after a write; every value must be written whole. */
function written(limits: SmaLimits, address: number, words: readonly number[]): SmaLimits {
  const image = encode(smaBattery, limits);
  for (const [i, word] of words.entries()) image.set(address + i, word);
  let covered = 0;
  for (const key of KEYS) {
    const point = smaBattery.points[key];
    const length = pointLength(point);
    if (point.address >= address && point.address + length <= address + words.length) covered += length;
  }
  if (covered !== words.length) throw new ModbusException(ILLEGAL_ADDRESS);
  const next = decode(smaBattery, image);
  const result: Partial<Record<keyof SmaLimits, number>> = {};
  for (const key of KEYS) {
    const value = next[key];
    const fits =
      typeof value === 'number' && (key === 'modeCode' ? MODES.includes(value) : value <= HIGHEST_LIMIT_W);
    if (!fits) throw new ModbusException(ILLEGAL_VALUE);
    result[key] = value;
  }
  return { ...limits, ...result };
}

function obey(home: RunningHome, n: number, limits: SmaLimits): void {
  const { modeCode, chargeMinW, chargeMaxW, dischargeMinW, dischargeMaxW } = limits;
  const fullW = home.model.plans[n]?.battery?.maxChargeW ?? 0;
  if (fullW <= 0) return;
  const pct = (powerW: number) => (100 * powerW) / fullW;
  home.orderStorage(n, {
    controlBits: modeCode === SMA_OWN_MODE ? 0 : 3,
    // "At least" in one direction leaves nothing of the other.
    chargeRatePct: dischargeMinW > 0 ? -pct(dischargeMinW) : pct(chargeMaxW),
    dischargeRatePct: chargeMinW > 0 ? -pct(chargeMinW) : pct(dischargeMaxW),
    gridChargeCode: chargeMinW > 0 ? 1 : 0,
    revertS: SMA_LAPSE_S,
  });
}

function ownLimits(home: RunningHome, n: number): SmaLimits {
  const battery = home.model.plans[n]?.battery;
  return {
    modeCode: SMA_OWN_MODE,
    chargeMinW: 0,
    chargeMaxW: battery?.maxChargeW ?? 0,
    dischargeMinW: 0,
    dischargeMaxW: battery?.maxDischargeW ?? 0,
  };
}

function readings(home: RunningHome, n: number) {
  const flow = home.flows.inverters[n];
  const own = home.state.inverters[n];
  const { voltageV, frequencyHz } = home.quality();
  const batteryW = flow?.batteryDcPowerW ?? 0;
  const [pv1W = 0, pv2W = 0] = flow?.pvArrayW ?? [];
  const awake = home.flows.gridOn || home.flows.supplied;
  const hasBattery = home.model.plans[n]?.battery != null;
  return {
    healthCode: awake ? 307 : 303,
    ...(pv1W > 1 ? { pv1PowerW: pv1W } : {}),
    acPowerW: flow?.acPowerW ?? 0,
    ...(awake
      ? {
          phase1VoltageV: voltageV[0],
          phase2VoltageV: voltageV[1],
          phase3VoltageV: voltageV[2],
          frequencyHz,
        }
      : {}),
    gridConnectionCode: home.flows.gridOn ? SMA_GRID_PUBLIC : SMA_GRID_SEPARATED,
    ...(pv2W > 1 ? { pv2PowerW: pv2W } : {}),
    ...(hasBattery
      ? {
          socPct: Math.max(0, Math.min(100, home.socPct(n))),
          chargePowerW: Math.max(0, -batteryW),
          dischargePowerW: Math.max(0, batteryW),
          chargedWh: (own?.chargedJ ?? 0) / 3600,
          dischargedWh: (own?.dischargedJ ?? 0) / 3600,
        }
      : {}),
  };
}
