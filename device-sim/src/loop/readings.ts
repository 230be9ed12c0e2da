/**
 * What the box can know of a home: raw readings of its devices. Straight from the physics, or by way of the very
 * registers and their decoder, where a fault may sit in between. `null` for a value is "not available"; no readings
 * at all is a device that did not answer.
 */

import { hybridAcPower } from '@wattward/edge/catalogue/inverters/hybrid-power';
import {
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '@wattward/edge/catalogue/inverters/sunspec-models';
import { sunspecSignals } from '@wattward/edge/catalogue/inverters/sunspec-signals';
import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import type { Readings } from '@wattward/edge/latch/sources';
import {
  type Values as Decoded,
  decode,
  numbersOf,
  type RegisterReader,
} from '@wattward/edge/registers/codec';
import type { RegisterTable } from '@wattward/edge/registers/table';
import { gridMeterFace } from '../faces/grid-meter.ts';
import type { ModbusDevice } from '../faces/modbus-pdu.ts';
import { modelAddress, sunspecFace } from '../faces/sunspec-inverter.ts';
import type { RunningHome } from '../home/running-home.ts';

/** By the names of the box's register tables. */
export type Values = Readings['values'];

export interface HomeReader {
  meter(): Values | null;
  inverter(n: number): Values | null;
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
        phase1PowerW: gridPhaseW[0] ?? null,
        phase2PowerW: gridPhaseW[1] ?? null,
        phase3PowerW: gridPhaseW[2] ?? null,
        phase1CurrentA: currentA[0] ?? null,
        phase2CurrentA: currentA[1] ?? null,
        phase3CurrentA: currentA[2] ?? null,
        phase1VoltageV: voltageV[0] ?? null,
        phase2VoltageV: voltageV[1] ?? null,
        phase3VoltageV: voltageV[2] ?? null,
      };
    },
    inverter(n) {
      const flow = home.flows.inverters[n];
      if (!flow) return null;
      const batteryW = flow.batteryDcPowerW;
      const { pvPowerW, batteryPowerW } = hybridAcPower({
        acPowerW: flow.acPowerW,
        pvDcPowerW: flow.pvDcPowerW,
        chargeDcPowerW: Math.max(0, -batteryW),
        dischargeDcPowerW: Math.max(0, batteryW),
      });
      const { voltageV, frequencyHz } = home.quality();
      return {
        pvPowerW,
        batteryPowerW,
        socPct: home.socPct(n),
        gridLostCode: home.flows.gridOn ? 0 : 1,
        frequencyHz,
        phase1VoltageV: voltageV[0] ?? null,
        phase2VoltageV: voltageV[1] ?? null,
        phase3VoltageV: voltageV[2] ?? null,
      };
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
      return image && numbersOf(decode(sdm630, image));
    },
    inverter(n) {
      const face = inverters[n];
      if (!face) return null;
      const model = <T extends RegisterTable>(table: T): Decoded<T> | null => {
        const address = modelAddress(table.sunspec?.modelId);
        const image = read('inverter', face, address, (table.sunspec?.lengthRegisters ?? 0) + 2);
        return image && decode(table, image, address);
      };
      const [ac, storage, inputs] = [model(sunspecInverter), model(sunspecStorage), model(sunspecMppt)];
      return ac && storage && inputs ? sunspecSignals(ac, storage, inputs) : null;
    },
    loadPowerW: (objectId) => home.loadPowerW(objectId),
  };
}

function imageOf(words: readonly number[], address: number): RegisterReader {
  return { get: (at) => words[at - address] };
}
