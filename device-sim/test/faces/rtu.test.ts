/** Modbus RTU over pseudo terminals, read by tools that are not ours and by the box's own bus. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import { readNumbers } from '@wattward/edge/registers/conversation';
import { openClock } from '../../../edge/src/clock.ts';
import { ModbusBus } from '../../../edge/src/devices/modbus-bus.ts';
import { ModbusSource } from '../../../edge/src/devices/modbus-source.ts';
import { type FaultKind, FaultSet, faultRequest } from '../../src/faces/fault.ts';
import { gridMeterFace } from '../../src/faces/grid-meter.ts';
import { ModbusRtuServer } from '../../src/faces/modbus-rtu-server.ts';
import { withRegisterFaults } from '../../src/faces/register-faults.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';
import { HAS_SOCAT, openSerialPair, type SerialPair } from './serial-pair.ts';

const run = promisify(execFile);
const installed = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const wired = HAS_SOCAT ? test : test.skip;
const mbpoll = HAS_SOCAT && installed('mbpoll', '-V') ? test : test.skip;
const pymodbus =
  HAS_SOCAT && installed('/usr/bin/python3', '-c', 'import pymodbus, serial') ? test : test.skip;

let line: SerialPair;
let server: ModbusRtuServer;
let home: RunningHome;
let faults: FaultSet;
const fault = (kind: FaultKind) => faults.set(faultRequest.parse({ kind }));

beforeEach(async () => {
  if (!HAS_SOCAT) return;
  line = await openSerialPair();
  home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
  home.changeLoad('oven', { on: true });
  home.advanceTo(JUNE_MORNING_MS + 10_000);
  faults = new FaultSet('modbus', () => performance.now());
  const device = withRegisterFaults(gridMeterFace(home), [{ table: sdm630, base: 0 }], faults);
  const units = new Map([[1, { device, faults }]]);
  server = await ModbusRtuServer.open({ path: line.ours, baudRate: 9600, units });
});

afterEach(async () => {
  if (!HAS_SOCAT) return;
  await server.close();
  line.close();
});

const POLL = [
  '-m',
  'rtu',
  '-a',
  '1',
  '-b',
  '9600',
  '-P',
  'none',
  '-1',
  '-r',
  '53',
  '-c',
  '1',
  '-t',
  '3:float',
  '-B',
];

mbpoll('mbpoll reads the grid power on the line', async () => {
  const { stdout } = await run('mbpoll', [...POLL, line.theirs]);
  const value = Number(/\[53\]:\s+(\S+)/.exec(stdout)?.[1]);
  expect(Math.abs(value - home.flows.gridW)).toBeLessThan(0.05 + Math.abs(home.flows.gridW) * 1e-4);
});

mbpoll('mbpoll finds a wrong check sum', async () => {
  fault('wrong-crc');
  const outcome = await run('mbpoll', [...POLL, line.theirs]).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
  expect(outcome).toMatch(/Invalid CRC/i);
});

pymodbus(
  'pymodbus reads voltage, is refused what is not there, and hears nothing of a silent meter',
  async () => {
    const script = `
from pymodbus.client import ModbusSerialClient
import struct, sys
c = ModbusSerialClient(port='${line.theirs}', baudrate=9600, timeout=1); c.connect()
print(struct.unpack('>f', struct.pack('>HH', *c.read_input_registers(0, 2, slave=1).registers))[0])
print(c.read_input_registers(0x300, 2, slave=1).exception_code)
`;
    const { stdout } = await run('/usr/bin/python3', ['-c', script]);
    const [voltageV, exception] = stdout.trim().split('\n').map(Number);
    expect(voltageV).toBeGreaterThan(210);
    expect(exception).toBe(2);
  },
);

wired(
  'the box reads the meter over the line, and again after noise, a wrong check sum and silence',
  async () => {
    const bus = new ModbusBus(
      { kind: 'rtu', path: line.theirs, baudRate: 9600, parity: 'none', stopBits: 1 },
      { timeoutMs: 400 },
    );
    const meter = new ModbusSource({
      id: 'grid',
      bus,
      unit: 1,
      clock: openClock(),
      read: () => readNumbers(sdm630),
    });
    try {
      await meter.poll();
      expect(meter.failure()).toBeNull();
      expect(meter.readings()?.values.powerW).toBeCloseTo(home.flows.gridW, 1);
      const first = meter.readings();
      fault('wrong-crc');
      await meter.poll();
      expect(meter.failure()).not.toBeNull();
      expect(meter.readings()).toBe(first);
      faults.clear();
      await meter.poll();
      expect(meter.failure()).toBeNull();
    } finally {
      await bus.close();
    }
  },
);

wired('a line that cannot be opened is told at the start', async () => {
  await expect(
    ModbusRtuServer.open({
      path: '/dev/no-such-line',
      baudRate: 9600,
      units: new Map([[1, { device: gridMeterFace(home) }]]),
    }),
  ).rejects.toThrow(/no-such-line/);
});
