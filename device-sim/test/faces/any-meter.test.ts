/** The simulated meter with another register table than the usual one, read by the box's own source over a real socket. */
import { expect, test } from '@jest/globals';
import { readNumbers } from '@wattward/edge/registers/conversation';
import { defineTable } from '@wattward/edge/registers/table';
import { openClock } from '../../../edge/src/clock.ts';
import { ModbusBus } from '../../../edge/src/devices/modbus-bus.ts';
import { ModbusSource } from '../../../edge/src/devices/modbus-source.ts';
import { gridMeterFace } from '../../src/faces/grid-meter.ts';
import { ModbusTcpServer } from '../../src/faces/modbus-tcp-server.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

const table = defineTable({
  id: 'other',
  model: 'A meter with scaled integers, low word first, that counts export as +',
  space: 'holding',
  wordOrder: 'low-first',
  notAvailable: { s32: [-0x8000_0000], u16: [0xffff] },
  source: 'made up here',
  points: {
    powerW: { address: 4_000, type: 's32', scale: 0.1, sign: -1, description: 'total' },
    phase1VoltageV: { address: 4_010, type: 'u16', scale: 0.1, description: 'L1 to neutral' },
    frequencyHz: { address: 4_300, type: 'u16', scale: 0.01, description: 'far from the rest' },
    neutralCurrentA: { address: 4_301, type: 'u16', scale: 0.1, description: 'not known to the home' },
  },
});

test('what the box reads by a table is what the home shows by the same', async () => {
  const home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
  home.advanceTo(JUNE_MORNING_MS + 60_000);
  const units = new Map([[1, { device: gridMeterFace(home, table) }]]);
  const server = await ModbusTcpServer.open({ host: '127.0.0.1', port: 0, units });
  const bus = new ModbusBus({ kind: 'tcp', host: '127.0.0.1', port: server.port }, { timeoutMs: 2_000 });
  const read = () => readNumbers(table);
  const meter = new ModbusSource({ id: 'meter', bus, unit: 1, clock: openClock(), read });
  await meter.poll();
  await bus.close();
  await server.close();
  expect(meter.failure()).toBeNull();
  const { powerW, phase1VoltageV, frequencyHz, neutralCurrentA } = meter.readings()?.values ?? {};
  const { voltageV, frequencyHz: trueHz } = home.quality();
  expect(powerW).toBeCloseTo(home.flows.gridW, 0);
  expect(phase1VoltageV).toBeCloseTo(voltageV[0], 0);
  expect(frequencyHz).toBeCloseTo(trueHz, 1);
  expect(neutralCurrentA).toBeNull();
});
