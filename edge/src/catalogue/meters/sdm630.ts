/**
 * Eastron SDM630 Modbus V2 and MCT V2, three phases, as the meter at the grid connection.
 *
 * IEEE 754 floats, high word first, input registers (function 4). The meter counts import as +, which is the house
 * bus's own sign. Energy is in kWh on the wire. At most 40 values (80 registers) fit one request, so that the whole
 * of what the control needs, 0 to 75, is one read and one instant.
 */
import { defineTable } from '../../registers/table.ts';
import type { MeterFamily } from '../meter-family.ts';

const phase = <A extends number>(address: A, description: string) =>
  ({ address, type: 'f32', description }) as const;

export const sdm630 = defineTable({
  id: 'sdm630',
  model: 'Eastron SDM630 Modbus V2',
  space: 'input',
  maxReadRegisters: 80,
  source: 'Eastron SDM630 Modbus Protocol V2; volkszaehler/mbmd meters/rs485/sdm.go',
  points: {
    phase1VoltageV: phase(0x00, 'voltage L1 to neutral'),
    phase2VoltageV: phase(0x02, 'voltage L2 to neutral'),
    phase3VoltageV: phase(0x04, 'voltage L3 to neutral'),
    phase1CurrentA: phase(0x06, 'current L1, unsigned'),
    phase2CurrentA: phase(0x08, 'current L2, unsigned'),
    phase3CurrentA: phase(0x0a, 'current L3, unsigned'),
    phase1PowerW: phase(0x0c, 'active power L1, import +'),
    phase2PowerW: phase(0x0e, 'active power L2, import +'),
    phase3PowerW: phase(0x10, 'active power L3, import +'),
    phase1ApparentPowerVA: phase(0x12, 'apparent power L1'),
    phase2ApparentPowerVA: phase(0x14, 'apparent power L2'),
    phase3ApparentPowerVA: phase(0x16, 'apparent power L3'),
    phase1ReactivePowerVar: phase(0x18, 'reactive power L1'),
    phase2ReactivePowerVar: phase(0x1a, 'reactive power L2'),
    phase3ReactivePowerVar: phase(0x1c, 'reactive power L3'),
    phase1PowerFactorRatio: phase(0x1e, 'power factor L1, -1..1'),
    phase2PowerFactorRatio: phase(0x20, 'power factor L2, -1..1'),
    phase3PowerFactorRatio: phase(0x22, 'power factor L3, -1..1'),
    powerW: phase(0x34, 'total active power, import +'),
    apparentPowerVA: phase(0x38, 'total apparent power'),
    reactivePowerVar: phase(0x3c, 'total reactive power'),
    powerFactorRatio: phase(0x3e, 'total power factor, -1..1'),
    frequencyHz: phase(0x46, 'frequency'),
    importWh: { ...phase(0x48, 'imported energy, kWh on the wire'), scale: 1000 },
    exportWh: { ...phase(0x4a, 'exported energy, kWh on the wire'), scale: 1000 },
  },
});

export const eastronSdm630: MeterFamily = {
  id: 'sdm630',
  maker: 'Eastron',
  models: ['SDM630 Modbus V2', 'SDM630 Modbus MCT V2'],
  source: sdm630.source,
  table: sdm630,
};
