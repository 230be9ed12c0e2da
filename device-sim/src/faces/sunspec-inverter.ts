/**
 * A hybrid inverter as SunSpec sees it: models 1, 103 (101 with one phase), 160 and 124 one after another from 40000,
 * built from the very tables the box reads with. Storage control (model 124) is live where there is a battery: what is
 * written there moves it, until the revert timer runs out.
 */

import {
  EVENT_GRID_DISCONNECT_BIT,
  sunspecCommon,
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '@wattward/edge/catalogue/inverters/sunspec-models';
import {
  decodePoint,
  encodeInto,
  NOT_AVAILABLE,
  type NotAvailable,
  type Values,
} from '@wattward/edge/registers/codec';
import { type ModelContents, modelContents, sunspecImage } from '@wattward/edge/registers/sunspec-discovery';
import type { RegisterTable } from '@wattward/edge/registers/table';
import type { RunningHome } from '../home/running-home.ts';
import { sum } from '../home/sky.ts';
import type { StorageRegisters } from '../home/storage-order.ts';
import {
  ILLEGAL_ADDRESS,
  ILLEGAL_FUNCTION,
  ILLEGAL_VALUE,
  type ModbusDevice,
  ModbusException,
  readImage,
} from './modbus-pdu.ts';

const BASE = 40_000;
/** Storage comes last: an inverter without a battery ends before it. */
const MODELS = [sunspecCommon, sunspecInverter, sunspecMppt, sunspecStorage] as const;
const STORAGE_ADDRESS = modelAddress(sunspecStorage.sunspec?.modelId);

/** Scale factors as they stand on the wire. */
const STORAGE_SF = {
  chargeMaxSf: 0,
  gradientSf: 0,
  apparentSf: 0,
  reserveSf: -2,
  socSf: -2,
  availableSf: 0,
  batteryVoltageSf: -1,
  rateSf: -2,
} as const;

const WRITABLE = [
  'controlBits',
  'reservePct',
  'dischargeRatePct',
  'chargeRatePct',
  'windowS',
  'revertS',
  'rampS',
  'gridChargeCode',
] as const satisfies readonly (keyof StorageRegisters)[];

/** The face of inverter `n` of the home. */
export function sunspecFace(home: RunningHome, n: number, serial: string): ModbusDevice {
  const live = [
    livePart(sunspecInverter, () => inverterValues(home, n)),
    livePart(sunspecMppt, () => inputValues(home, n)),
  ];
  const models = [
    modelContents(sunspecCommon, {
      manufacturerText: 'Wattward',
      modelText: 'Simulated hybrid',
      versionText: '1.0',
      serialText: serial,
      unitIdCode: 1,
    }),
    modelContents(sunspecInverter, {}, phasesOf(home, n).length === 1 ? SINGLE_PHASE_MODEL : undefined),
    modelContents(sunspecMppt, {}),
  ];
  const plain = { parts: live, fixed: fixedWords(models) };
  const hybrid = {
    parts: [...live, livePart(sunspecStorage, () => storageValues(home, n))],
    fixed: fixedWords([...models, modelContents(sunspecStorage, {})]),
  };
  const hasStorage = () => home.model.plans[n]?.battery != null;
  return {
    read(space, address, count) {
      if (space !== 'holding') throw new ModbusException(ILLEGAL_FUNCTION);
      const { parts, fixed } = hasStorage() ? hybrid : plain;
      const from = address - BASE;
      if (from < 0 || from + count > fixed.length) throw new ModbusException(ILLEGAL_ADDRESS);
      const words = fixed.slice(from, from + count);
      for (const part of parts) {
        if (address + count > part.address && address < part.endAddress) part.write(words, address);
      }
      return words;
    },
    write(address, words) {
      if (!hasStorage()) throw new ModbusException(ILLEGAL_ADDRESS);
      home.orderStorage(n, storageChange(address, words));
    },
  };
}

/** Headers and holes of a map, from its first word on. */
function fixedWords(models: readonly ModelContents[]): readonly number[] {
  const image = sunspecImage(BASE, models);
  return readImage(image, BASE, image.size);
}

/** A model whose values live; its headers and holes stand in the fixed part of the map. */
interface MapPart {
  readonly address: number;
  readonly endAddress: number;
  /** Puts its registers into `words`, which begin at `address`. */
  write(words: number[], address: number): void;
}

function livePart<T extends RegisterTable>(table: T, values: () => Partial<Values<T>>): MapPart {
  const base = modelAddress(table.sunspec?.modelId);
  const endAddress = base + 2 + (table.sunspec?.lengthRegisters ?? 0);
  return {
    address: base,
    endAddress,
    write: (words, address) => encodeInto(words, address, table, values(), base),
  };
}

/** What was written, decoded by the same table. */
function storageChange(address: number, words: readonly number[]): Partial<StorageRegisters> {
  const written = { get: (at: number) => words[at - address] };
  const change: Partial<Record<keyof StorageRegisters, number>> = {};
  let taken = 0;
  for (const key of WRITABLE) {
    const at = STORAGE_ADDRESS + sunspecStorage.points[key].address;
    if (at < address || at >= address + words.length) continue;
    const value = decodePoint(sunspecStorage, key, written, STORAGE_ADDRESS, STORAGE_SF);
    if (typeof value !== 'number') throw new ModbusException(ILLEGAL_VALUE);
    change[key] = value;
    taken += 1;
  }
  if (taken < words.length) throw new ModbusException(ILLEGAL_ADDRESS);
  checkBounds(change);
  return change;
}

function checkBounds(change: Partial<Record<keyof StorageRegisters, number>>): void {
  const within = (value: number | undefined, min: number, max: number) =>
    value === undefined || (value >= min && value <= max);
  const fits =
    within(change.dischargeRatePct, -100, 100) &&
    within(change.chargeRatePct, -100, 100) &&
    within(change.reservePct, 0, 100) &&
    within(change.controlBits, 0, 3) &&
    within(change.gridChargeCode, 0, 1);
  if (!fits) throw new ModbusException(ILLEGAL_VALUE);
}

const SINGLE_PHASE_MODEL = 101;

/** Phases of the home that the inverter calls its first, second and third. */
function phasesOf(home: RunningHome, n: number): readonly (0 | 1 | 2)[] {
  if (home.model.grid.phases === 1) return [0];
  return PHASES[home.model.plans[n]?.inverter.phase ?? 'all'];
}
const PHASES = { all: [0, 1, 2], L1: [0], L2: [1], L3: [2] } as const;

function inverterValues(home: RunningHome, n: number) {
  const flow = home.flows.inverters[n];
  const own = home.state.inverters[n];
  const { voltageV, frequencyHz } = home.quality();
  const acW = flow?.acPowerW ?? 0;
  const gridOn = home.flows.gridOn;
  const awake = gridOn || home.flows.supplied;
  const phases = phasesOf(home, n);
  const each = (i: number, value: (phase: 0 | 1 | 2) => number): number | NotAvailable =>
    phases[i] === undefined ? NOT_AVAILABLE : value(phases[i]);
  const volts = (i: number) => each(i, (phase) => (awake ? voltageV[phase] : 0));
  const ampsOn = (phase: 0 | 1 | 2) => Math.abs(acW) / phases.length / voltageV[phase];
  const amps = (i: number) => each(i, ampsOn);
  const running = flow?.state === 'throttled' ? 5 : 4;
  const stateCode = !awake ? 1 : flow?.state === 'sleeping' ? 8 : running;
  return {
    currentA: sum(phases.map(ampsOn)),
    phase1CurrentA: amps(0),
    phase2CurrentA: amps(1),
    phase3CurrentA: amps(2),
    currentSf: -2,
    phase1VoltageV: volts(0),
    phase2VoltageV: volts(1),
    phase3VoltageV: volts(2),
    voltageSf: -1,
    acPowerW: acW,
    acPowerSf: 0,
    frequencyHz: awake ? frequencyHz : 0,
    frequencySf: -2,
    producedWh: (own?.producedJ ?? 0) / 3600,
    producedSf: 0,
    dcPowerW: (flow?.pvDcPowerW ?? 0) + (flow?.batteryDcPowerW ?? 0),
    dcPowerSf: 0,
    cabinetTemperatureC: home.flows.weather.temperatureC + 12 + Math.abs(acW) / 400,
    temperatureSf: -1,
    stateCode,
    vendorStateCode: stateCode,
    eventBits: gridOn ? 0 : 1 << EVENT_GRID_DISCONNECT_BIT,
  };
}

function storageValues(home: RunningHome, n: number) {
  const battery = home.model.plans[n]?.battery;
  const registers = home.orders[n]?.registers;
  if (!battery || !registers) return { ...STORAGE_SF, chargeMaxW: 0 };
  const socPct = home.socPct(n);
  const powerW = home.flows.inverters[n]?.batteryDcPowerW ?? 0;
  const resting = socPct >= 99.5 ? 5 : socPct <= battery.minSocPct + 0.5 ? 2 : 6;
  return {
    ...STORAGE_SF,
    chargeMaxW: Math.max(battery.maxChargeW, battery.maxDischargeW),
    socPct: Math.max(0, Math.min(100, socPct)),
    batteryVoltageV: 380 + socPct * 0.5,
    chargeStateCode: powerW > 5 ? 3 : powerW < -5 ? 4 : resting,
    ...registers,
  };
}

function inputValues(home: RunningHome, n: number) {
  const flow = home.flows.inverters[n];
  const own = home.state.inverters[n];
  const hasBattery = home.model.plans[n]?.battery != null;
  const pv = (i: number) => {
    const powerW = flow?.pvArrayW[i];
    if (powerW === undefined) return undefined;
    const voltageV = powerW > 1 ? 520 + powerW / 100 : 0;
    return {
      powerW,
      voltageV,
      currentA: voltageV > 0 ? powerW / voltageV : 0,
      energyWh: (own?.pvJ[i] ?? 0) / 3600,
    };
  };
  const [first, second] = [pv(0), pv(1)];
  const batteryW = flow?.batteryDcPowerW ?? 0;
  return {
    dcCurrentSf: -2,
    dcVoltageSf: -1,
    dcPowerSf: 0,
    dcEnergySf: 0,
    inputCount: 4,
    pv1NameText: 'PV 1',
    ...(first && {
      pv1CurrentA: first.currentA,
      pv1VoltageV: first.voltageV,
      pv1PowerW: first.powerW,
      pv1Wh: first.energyWh,
    }),
    pv2NameText: 'PV 2',
    ...(second && {
      pv2CurrentA: second.currentA,
      pv2VoltageV: second.voltageV,
      pv2PowerW: second.powerW,
      pv2Wh: second.energyWh,
    }),
    chargeNameText: 'Battery in',
    dischargeNameText: 'Battery out',
    ...(hasBattery && {
      chargePowerW: Math.max(0, -batteryW),
      chargedWh: (own?.chargedJ ?? 0) / 3600,
      dischargePowerW: Math.max(0, batteryW),
      dischargedWh: (own?.dischargedJ ?? 0) / 3600,
    }),
  };
}

/** Where a model stands in this device's map. */
export function modelAddress(modelId: number | undefined): number {
  let address = BASE + 2;
  for (const { sunspec } of MODELS) {
    if (sunspec?.modelId === modelId) return address;
    address += 2 + (sunspec?.lengthRegisters ?? 0);
  }
  throw new RangeError(`model ${modelId} is not among the inverter's models`);
}
