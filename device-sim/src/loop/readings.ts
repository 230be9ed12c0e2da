/**
 * What the box can know of a home: raw readings of its devices. Straight from the physics, or by way of the very
 * registers and their decoder, where a fault may sit in between. `null` for a value is "not available"; no readings
 * at all is a device that did not answer.
 */
import { decode, NOT_AVAILABLE, type RegisterReader, type Values } from '@wattward/edge/registers/codec';
import { hybridAcPower } from '@wattward/edge/registers/hybrid-power';
import { sdm630 } from '@wattward/edge/registers/sdm630';
import {
  EVENT_GRID_DISCONNECT_BIT,
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '@wattward/edge/registers/sunspec-inverter';
import type { RegisterTable } from '@wattward/edge/registers/table';
import { gridMeterFace } from '../faces/grid-meter.ts';
import type { ModbusDevice } from '../faces/modbus-pdu.ts';
import { modelAddress, sunspecFace } from '../faces/sunspec-inverter.ts';
import type { RunningHome } from '../home/running-home.ts';

export interface MeterReadings {
  readonly powerW: number | null;
  readonly frequencyHz: number | null;
  readonly phasePowerW: readonly (number | null)[];
  readonly phaseCurrentA: readonly (number | null)[];
  readonly phaseVoltageV: readonly (number | null)[];
}

export interface InverterReadings {
  readonly pvPowerW: number | null;
  readonly batteryPowerW: number | null;
  readonly socPct: number | null;
  readonly gridLost: boolean;
  readonly frequencyHz: number | null;
  readonly phaseVoltageV: readonly (number | null)[];
}

export interface HomeReader {
  meter(): MeterReadings | null;
  inverter(n: number): InverterReadings | null;
  loadPowerW(objectId: string): number | null;
}

/** Without registers: for backtests, where speed counts and nothing fails. */
export function directReader(home: RunningHome): HomeReader {
  return {
    meter() {
      const { voltageV, currentA, frequencyHz } = home.quality();
      const { gridW, gridPhaseW } = home.flows;
      return {
        powerW: gridW,
        frequencyHz,
        phasePowerW: gridPhaseW,
        phaseCurrentA: currentA,
        phaseVoltageV: voltageV,
      };
    },
    inverter(n) {
      const flow = home.flows.inverters[n];
      if (!flow) return null;
      const batteryW = flow.batteryDcPowerW;
      const ac = hybridAcPower({
        acPowerW: flow.acPowerW,
        pvDcPowerW: flow.pvDcPowerW,
        chargeDcPowerW: Math.max(0, -batteryW),
        dischargeDcPowerW: Math.max(0, batteryW),
      });
      const { voltageV, frequencyHz } = home.quality();
      const gridLost = !home.flows.gridOn;
      return { ...ac, socPct: home.socPct(n), gridLost, frequencyHz, phaseVoltageV: voltageV };
    },
    loadPowerW: (objectId) => home.loadPowerW(objectId),
  };
}

/** Through the faces' registers and the box's decoder, word by word. `fault` may change or withhold an answer. */
export type WordFault = (
  device: 'meter' | 'inverter',
  words: readonly number[],
) => readonly number[] | 'timeout' | 'exception';

export function registerReader(home: RunningHome, fault: WordFault): HomeReader {
  const meter = gridMeterFace(home);
  const inverters = home.model.plans.map((_, n) => sunspecFace(home, n, 'SIM'));
  const read = (device: 'meter' | 'inverter', face: ModbusDevice, address: number, count: number) => {
    const answer = fault(device, face.read(device === 'meter' ? 'input' : 'holding', address, count));
    return typeof answer === 'string' ? null : imageOf(answer, address);
  };
  return {
    meter() {
      const image = read('meter', meter, 0, 0x4c);
      return image ? meterReadings(decode(sdm630, image)) : null;
    },
    inverter(n) {
      const face = inverters[n];
      if (!face) return null;
      const model = <T extends RegisterTable>(table: T): Values<T> | null => {
        const address = modelAddress(table.sunspec?.modelId);
        const image = read('inverter', face, address, (table.sunspec?.lengthRegisters ?? 0) + 2);
        return image && decode(table, image, address);
      };
      const [ac, storage, inputs] = [model(sunspecInverter), model(sunspecStorage), model(sunspecMppt)];
      return ac && storage && inputs ? inverterReadings(ac, storage, inputs) : null;
    },
    loadPowerW: (objectId) => home.loadPowerW(objectId),
  };
}

function imageOf(words: readonly number[], address: number): RegisterReader {
  return { get: (at) => words[at - address] };
}

function known(value: number | typeof NOT_AVAILABLE): number | null {
  return value === NOT_AVAILABLE ? null : value;
}

function meterReadings(values: Values<typeof sdm630>): MeterReadings {
  return {
    powerW: known(values.powerW),
    frequencyHz: known(values.frequencyHz),
    phasePowerW: [known(values.phase1PowerW), known(values.phase2PowerW), known(values.phase3PowerW)],
    phaseCurrentA: [known(values.phase1CurrentA), known(values.phase2CurrentA), known(values.phase3CurrentA)],
    phaseVoltageV: [known(values.phase1VoltageV), known(values.phase2VoltageV), known(values.phase3VoltageV)],
  };
}

function inverterReadings(
  ac: Values<typeof sunspecInverter>,
  storage: Values<typeof sunspecStorage>,
  inputs: Values<typeof sunspecMppt>,
): InverterReadings {
  const acPowerW = known(ac.acPowerW);
  const charge = known(inputs.chargePowerW);
  const discharge = known(inputs.dischargePowerW);
  const pv1 = known(inputs.pv1PowerW);
  const pv2 = known(inputs.pv2PowerW);
  const eventBits = known(ac.eventBits) ?? 0;
  const base = {
    socPct: known(storage.socPct),
    gridLost: ((eventBits >>> EVENT_GRID_DISCONNECT_BIT) & 1) === 1,
    frequencyHz: known(ac.frequencyHz),
    phaseVoltageV: [known(ac.phase1VoltageV), known(ac.phase2VoltageV), known(ac.phase3VoltageV)],
  };
  if (acPowerW === null || charge === null || discharge === null || (pv1 === null && pv2 === null)) {
    return { ...base, pvPowerW: null, batteryPowerW: null };
  }
  const dc = {
    acPowerW,
    pvDcPowerW: (pv1 ?? 0) + (pv2 ?? 0),
    chargeDcPowerW: charge,
    dischargeDcPowerW: discharge,
  };
  return { ...base, ...hybridAcPower(dc) };
}
