/** The box's own driver against the simulated SMA inverter, over a real socket. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SMA_OWN_MODE, smaBattery, smaHybridFamily } from '@wattward/edge/catalogue/inverters/sma-hybrid';
import { encodePoint } from '@wattward/edge/registers/codec';
import modbus from 'modbus-serial';
import { openClock } from '../../../edge/src/clock.ts';
import { ModbusBus } from '../../../edge/src/devices/modbus-bus.ts';
import { ModbusInverter } from '../../../edge/src/devices/modbus-inverter.ts';
import { inverterFace } from '../../src/faces/inverter-face.ts';
import { ModbusTcpServer } from '../../src/faces/modbus-tcp-server.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

const FULL = { chargeLimitW: 5000, dischargeLimitW: 5000 };

let home: RunningHome;
let server: ModbusTcpServer;
let bus: ModbusBus;
let inverter: ModbusInverter;
let nowMs = JUNE_MORNING_MS;

beforeEach(async () => {
  const file = defaultHome();
  const objects = file.objects.map((o) =>
    o.kind === 'inverter' ? { ...o, protocol: 'sma-hybrid' as const } : o,
  );
  nowMs = JUNE_MORNING_MS;
  home = new RunningHome({ ...file, objects }, nowMs);
  pass(60);
  const { face } = inverterFace(home, 0, 'SIM-test');
  server = await ModbusTcpServer.open({
    host: '127.0.0.1',
    port: 0,
    units: new Map([[3, { device: face }]]),
  });
  bus = new ModbusBus({ kind: 'tcp', host: '127.0.0.1', port: server.port }, { timeoutMs: 500 });
  inverter = new ModbusInverter({
    id: 'sma',
    family: smaHybridFamily,
    terms: { leaseS: 60, renewMs: 20_000, tries: 3 },
    bus,
    unit: 3,
    clock: openClock(),
  });
  await inverter.poll();
});

afterEach(async () => {
  await inverter.close();
  await bus.close();
  await server.close();
});

function readings(): Readonly<Record<string, number | null>> {
  return inverter.readings()?.values ?? {};
}

function pass(seconds: number) {
  nowMs += seconds * 1000;
  home.advanceTo(nowMs);
}

/** DC power of the battery once the order has reached the inverter, + discharging. */
async function ordered(order: Parameters<ModbusInverter['order']>[0]): Promise<number> {
  const before = home.orders[0];
  inverter.order(order);
  for (let n = 0; n < 200 && home.orders[0] === before; n += 1) await delay(5);
  // Limits and mode are two writes.
  await delay(30);
  expect(inverter.writeFailure()).toBeNull();
  pass(3);
  return home.flows.inverters[0]?.batteryDcPowerW ?? Number.NaN;
}

test('PV and battery arrive at the house bus and add up to the AC power', () => {
  expect(inverter.failure()).toBeNull();
  const values = readings();
  const acPowerW = home.flows.inverters[0]?.acPowerW ?? Number.NaN;
  expect(values.acPowerW).toBe(Math.round(acPowerW));
  expect(Number(values.pvPowerW) + Number(values.batteryPowerW)).toBeCloseTo(Math.round(acPowerW), 6);
  expect(values.socPct).toBe(Math.round(home.socPct(0)));
  expect(values.gridLostCode).toBe(0);
});

test('a dark array has no value on the wire and gives nothing in the house', async () => {
  const midnightMs = Date.parse('2026-06-11T22:30:00Z');
  home.jumpTo(midnightMs);
  nowMs = midnightMs;
  pass(2);
  await inverter.poll();
  const values = readings();
  expect(values.pv1PowerW).toBeNull();
  expect(values.pvPowerW).toBeCloseTo(0, 6);
  expect(values.batteryPowerW).toBe(values.acPowerW);
});

test.each([
  ['idle', { mode: 'idle', ...FULL }, (w: number) => Math.abs(w) < 1],
  ['hold', { mode: 'hold', ...FULL }, (w: number) => w <= 1],
  [
    'charge from the grid',
    { mode: 'charge-grid', ...FULL, chargeLimitW: 2000 },
    (w: number) => Math.abs(w + 2000) < 60,
  ],
  [
    'discharge into the grid',
    { mode: 'discharge-grid', ...FULL, dischargeLimitW: 1500 },
    (w: number) => Math.abs(w - 1500) < 60,
  ],
] as const)('the battery obeys: %s', async (_, order, fits) => {
  const powerW = await ordered(order);
  expect([powerW, fits(powerW)]).toEqual([powerW, true]);
});

test('an order that nobody renews lapses within its minute', async () => {
  await ordered({ mode: 'idle', ...FULL });
  pass(62);
  expect(home.orders[0]?.registers.controlBits).toBe(0);
  const words = await bus.read({ unit: 3, space: 'holding', address: 40_236, count: 2 });
  expect(words).toEqual(encodePoint(smaBattery, 'modeCode', SMA_OWN_MODE));
});

test('half a value and a mode it does not know are refused', async () => {
  const client = new modbus.default();
  await client.connectTCP('127.0.0.1', { port: server.port });
  client.setID(3);
  await expect(client.writeRegister(40_795, 1)).rejects.toMatchObject({ modbusCode: 2 });
  await expect(client.writeRegisters(40_236, [0, 7])).rejects.toMatchObject({ modbusCode: 3 });
  await new Promise<void>((resolve) => client.close(() => resolve()));
});

test('tells when the grid is gone', async () => {
  home.setGrid(false);
  pass(2);
  await inverter.poll();
  expect(inverter.readings()?.values.gridLostCode).toBe(1);
});
