/** Tools that are not ours read the faces: `mbpoll` (libmodbus) and pymodbus. Skipped aloud where they are missing. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { gridMeterFace } from '../../src/faces/grid-meter.ts';
import type { ModbusDevice } from '../../src/faces/modbus-pdu.ts';
import { ModbusTcpServer } from '../../src/faces/modbus-tcp-server.ts';
import { sunspecFace } from '../../src/faces/sunspec-inverter.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

const run = promisify(execFile);
const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const mbpoll = has('mbpoll', '-V') ? test : test.skip;
const pymodbus = has('/usr/bin/python3', '-c', 'import pymodbus') ? test : test.skip;

let home: RunningHome;
let meter: ModbusTcpServer;
let inverter: ModbusTcpServer;

beforeEach(async () => {
  home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
  home.changeLoad('oven', { on: true });
  home.advanceTo(JUNE_MORNING_MS + 30_000);
  const open = (device: ModbusDevice) =>
    ModbusTcpServer.open({ host: '127.0.0.1', port: 0, units: new Map([[1, { device }]]) });
  meter = await open(gridMeterFace(home));
  inverter = await open(sunspecFace(home, 0, 'SIM-test'));
});

afterEach(async () => {
  await Promise.all([meter.close(), inverter.close()]);
});

mbpoll('mbpoll reads the grid power that flows', async () => {
  // Input registers, floats, high word first; mbpoll counts from 1.
  const at = [
    '-m',
    'tcp',
    '-a',
    '1',
    '-p',
    String(meter.port),
    '-1',
    '-r',
    '53',
    '-c',
    '1',
    '-t',
    '3:float',
    '-B',
  ];
  const { stdout } = await run('mbpoll', [...at, '127.0.0.1']);
  const value = Number(/\[53\]:\s+(\S+)/.exec(stdout)?.[1]);
  expect(Math.abs(value - home.flows.gridW)).toBeLessThan(0.05 + Math.abs(home.flows.gridW) * 1e-4);
});

mbpoll('mbpoll orders the battery to hold', async () => {
  // Model 124 stands after models 1 (68 registers), 103 (52) and 160 (90): ID at 40212.
  const storage = 40_212;
  const at = ['-m', 'tcp', '-a', '1', '-p', String(inverter.port), '-1', '-t', '4'];
  await run('mbpoll', [...at, '-r', String(storage + 12 + 1), '127.0.0.1', '0']);
  await run('mbpoll', [...at, '-r', String(storage + 5 + 1), '127.0.0.1', '2']);
  home.advanceTo(JUNE_MORNING_MS + 40_000);
  expect(home.orders[0]?.registers).toMatchObject({ controlBits: 2, dischargeRatePct: 0 });
  expect(home.flows.inverters[0]?.batteryDcPowerW).toBeLessThanOrEqual(0);
});

pymodbus('pymodbus finds the SunSpec map and the frequency on the meter', async () => {
  const script = `
from pymodbus.client import ModbusTcpClient
import struct
c = ModbusTcpClient('127.0.0.1', port=${inverter.port}); c.connect()
print(struct.pack('>HH', *c.read_holding_registers(40000, 2, slave=1).registers).decode())
m = ModbusTcpClient('127.0.0.1', port=${meter.port}); m.connect()
print(struct.unpack('>f', struct.pack('>HH', *m.read_input_registers(0x46, 2, slave=1).registers))[0])
print(m.read_input_registers(0x300, 2, slave=1).isError())
`;
  const { stdout } = await run('/usr/bin/python3', ['-c', script]);
  const [marker, frequencyHz, missing] = stdout.trim().split('\n');
  expect(marker).toBe('SunS');
  expect(Number(frequencyHz)).toBeCloseTo(50, 0);
  expect(missing).toBe('True');
});
