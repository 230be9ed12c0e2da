/** The meter at the grid connection, by any register table of the box's catalogue. */

import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import { encodeInto, type Values } from '@wattward/edge/registers/codec';
import { pointLength, type RegisterTable } from '@wattward/edge/registers/table';
import { MeterEye, type MeterView } from '../home/meter-view.ts';
import type { RunningHome } from '../home/running-home.ts';
import { ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, type ModbusDevice, ModbusException } from './modbus-pdu.ts';

/** A meter's registers reach further than what a controller reads; reserved ones hold zero. */
const RESERVED_BEYOND = 20;

/** Points that the home does not know have no value. */
export function gridMeterFace(home: RunningHome, table: RegisterTable = sdm630): ModbusDevice {
  const eye = new MeterEye(home);
  const points = Object.values(table.points);
  const first = Math.max(0, Math.min(...points.map(({ address }) => address)) - RESERVED_BEYOND);
  const end = Math.max(...points.map((point) => point.address + pointLength(point))) + RESERVED_BEYOND;
  return {
    read(space, address, count) {
      if (space !== table.space) throw new ModbusException(ILLEGAL_FUNCTION);
      if (address < first || address + count > end) throw new ModbusException(ILLEGAL_ADDRESS);
      const words = new Array<number>(count).fill(0);
      encodeInto(words, address, table, meterValues(eye.look()));
      return words;
    },
    write() {
      throw new ModbusException(ILLEGAL_ADDRESS);
    },
  };
}

function meterValues(view: MeterView): Values<typeof sdm630> {
  const { phaseW, powerW, voltageV, currentA } = view;
  const [l1, l2, l3] = phaseW;
  const va = [voltageV[0] * currentA[0], voltageV[1] * currentA[1], voltageV[2] * currentA[2]] as const;
  const vaSum = va[0] + va[1] + va[2];
  const factor = (powerW: number, apparentVA: number) => (apparentVA > 0.1 ? powerW / apparentVA : 1);
  return {
    phase1VoltageV: voltageV[0],
    phase2VoltageV: voltageV[1],
    phase3VoltageV: voltageV[2],
    phase1CurrentA: currentA[0],
    phase2CurrentA: currentA[1],
    phase3CurrentA: currentA[2],
    phase1PowerW: l1,
    phase2PowerW: l2,
    phase3PowerW: l3,
    phase1ApparentPowerVA: va[0],
    phase2ApparentPowerVA: va[1],
    phase3ApparentPowerVA: va[2],
    phase1ReactivePowerVar: 0,
    phase2ReactivePowerVar: 0,
    phase3ReactivePowerVar: 0,
    phase1PowerFactorRatio: factor(l1, va[0]),
    phase2PowerFactorRatio: factor(l2, va[1]),
    phase3PowerFactorRatio: factor(l3, va[2]),
    powerW,
    apparentPowerVA: vaSum,
    reactivePowerVar: 0,
    powerFactorRatio: factor(l1 + l2 + l3, vaSum),
    frequencyHz: view.frequencyHz,
    importWh: view.importWh,
    exportWh: view.exportWh,
  };
}
