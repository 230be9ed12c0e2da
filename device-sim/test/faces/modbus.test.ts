import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '@wattward/edge/catalogue/inverters/sunspec-models';
import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import { decode } from '@wattward/edge/registers/codec';
import type { ModbusQuestion } from '@wattward/edge/registers/conversation';
import { discoverModels } from '@wattward/edge/registers/sunspec-discovery';
import type { RegisterTable } from '@wattward/edge/registers/table';
import modbus from 'modbus-serial';
import { gridMeterFace } from '../../src/faces/grid-meter.ts';
import type { ModbusDevice } from '../../src/faces/modbus-pdu.ts';
import { ModbusTcpServer } from '../../src/faces/modbus-tcp-server.ts';
import { sunspecFace } from '../../src/faces/sunspec-inverter.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

let home: RunningHome;
let server: ModbusTcpServer;
let client: InstanceType<typeof modbus.default>;

async function open(make: (running: RunningHome) => ModbusDevice) {
  home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
  home.advanceTo(JUNE_MORNING_MS + 60_000);
  server = await ModbusTcpServer.open({
    host: '127.0.0.1',
    port: 0,
    units: new Map([[1, { device: make(home) }]]),
  });
  client = new modbus.default();
  client.setTimeout(2_000);
  await client.connectTCP('127.0.0.1', { port: server.port });
  client.setID(1);
}

async function close() {
  await new Promise<void>((resolve) => client.close(() => resolve()));
  await server.close();
}

describe('the grid meter', () => {
  beforeEach(() => open(gridMeterFace));
  afterEach(close);

  test('shows what flows at the connection, read in one go by another library', async () => {
    const { data } = await client.readInputRegisters(0, 0x4c);
    const image = new Map(data.map((word, i) => [i, word]));
    const values = decode(sdm630, image);
    expect(values.powerW).toBeCloseTo(home.flows.gridW, 1);
    expect(values.phase3PowerW).toBeCloseTo(home.flows.gridPhaseW[2], 1);
    expect(values.phase1VoltageV).toBeGreaterThan(220);
    expect(values.frequencyHz).toBeCloseTo(50, 0);
    expect(values.importWh).toBeCloseTo(home.state.totals.gridInJ / 3600, 1);
  });

  test('answers what it does not have with an exception instead of silence', async () => {
    await expect(client.readInputRegisters(0x200, 2)).rejects.toThrow('Illegal data address');
    await expect(client.readHoldingRegisters(0, 2)).rejects.toThrow('Illegal function');
    await expect(client.writeRegister(0, 1)).rejects.toThrow('Illegal data address');
    await expect(client.readCoils(0, 1)).rejects.toThrow('Illegal function');
  });

  test('is silent for another unit', async () => {
    client.setID(2);
    client.setTimeout(200);
    await expect(client.readInputRegisters(0, 2)).rejects.toMatchObject({ errno: 'ETIMEDOUT' });
  });

  test('hangs up on bytes that are no Modbus', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    const { data } = await client.readInputRegisters(0, 2);
    expect(data).toHaveLength(2);
  });
});

describe('the inverter', () => {
  beforeEach(() => open((running) => sunspecFace(running, 0, 'SIM-test')));
  afterEach(close);

  async function read<T extends RegisterTable>(table: T) {
    const walk = discoverModels();
    let step = walk.next();
    while (!step.done) {
      const { address, count } = step.value as Extract<ModbusQuestion, { ask: 'read' }>;
      step = walk.next((await client.readHoldingRegisters(address, count)).data);
    }
    const models = step.value;
    const found = models.find(({ modelId }) => modelId === table.sunspec?.modelId);
    if (!found) throw new Error(`no model ${table.sunspec?.modelId}`);
    const { data } = await client.readHoldingRegisters(found.address, found.lengthRegisters + 2);
    const values = decode(table, new Map(data.map((word, i) => [found.address + i, word])), found.address);
    return { values, address: found.address };
  }

  test('shows AC power, DC inputs and state of charge as they are', async () => {
    const flow = home.flows.inverters[0];
    const inverter = await read(sunspecInverter);
    expect(inverter.values.acPowerW).toBeCloseTo(flow?.acPowerW ?? Number.NaN, -1);
    expect(inverter.values.eventBits).toBe(0);
    const inputs = await read(sunspecMppt);
    expect(inputs.values.pv1PowerW).toBeCloseTo(flow?.pvArrayW[0] ?? Number.NaN, -1);
    expect(inputs.values.pv2PowerW).toBeCloseTo(flow?.pvArrayW[1] ?? Number.NaN, -1);
    const storage = await read(sunspecStorage);
    expect(storage.values.socPct).toBeCloseTo(home.socPct(0), 1);
    expect(storage.values.chargeMaxW).toBe(5000);
  });

  test('lets the battery be held, and falls back when nobody renews', async () => {
    const { address } = await read(sunspecStorage);
    const { points } = sunspecStorage;
    await client.writeRegisters(address + points.revertS.address, [90]);
    await client.writeRegisters(address + points.dischargeRatePct.address, [0, 0]);
    await client.writeRegisters(address + points.controlBits.address, [3]);
    home.advanceTo(JUNE_MORNING_MS + 65_000);
    expect(home.flows.inverters[0]?.batteryDcPowerW).toBeCloseTo(0, 6);
    home.advanceTo(JUNE_MORNING_MS + 160_000);
    expect(home.orders[0]?.registers.controlBits).toBe(0);
    expect(Math.abs(home.flows.inverters[0]?.batteryDcPowerW ?? 0)).toBeGreaterThan(1);
    expect((await read(sunspecStorage)).values.controlBits).toBe(0);
  });

  test('refuses what is read only or out of bounds', async () => {
    const { address } = await read(sunspecStorage);
    const { points } = sunspecStorage;
    await expect(client.writeRegister(address + points.socPct.address, 5000)).rejects.toThrow(
      'Illegal data address',
    );
    await expect(client.writeRegister(address + points.controlBits.address, 4)).rejects.toThrow(
      'Illegal data value',
    );
    await expect(client.writeRegister(address + points.chargeRatePct.address, 12_000)).rejects.toThrow(
      'Illegal data value',
    );
  });

  test('tells when the grid is gone', async () => {
    home.setGrid(false);
    home.advanceTo(JUNE_MORNING_MS + 62_000);
    expect((await read(sunspecInverter)).values.eventBits).toBe(1 << 4);
  });
});
