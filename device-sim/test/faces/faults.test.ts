import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import { decode, NOT_AVAILABLE } from '@wattward/edge/registers/codec';
import modbus from 'modbus-serial';
import { type FaultKind, FaultSet, faultRequest } from '../../src/faces/fault.ts';
import { gridMeterFace } from '../../src/faces/grid-meter.ts';
import { ModbusTcpServer } from '../../src/faces/modbus-tcp-server.ts';
import { withRegisterFaults } from '../../src/faces/register-faults.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

const ANSWER_WITHIN_MS = 300;

let monoMs = 0;
let home: RunningHome;
let faults: FaultSet;
let server: ModbusTcpServer;
let client: InstanceType<typeof modbus.default>;

beforeEach(async () => {
  monoMs = 1_000;
  home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
  home.changeLoad('oven', { on: true });
  home.advanceTo(JUNE_MORNING_MS + 5_000);
  faults = new FaultSet('modbus', () => monoMs);
  const device = withRegisterFaults(gridMeterFace(home), [{ table: sdm630, base: 0 }], faults);
  server = await ModbusTcpServer.open({
    host: '127.0.0.1',
    port: 0,
    units: new Map([[1, { device, faults }]]),
  });
  client = new modbus.default();
  client.setTimeout(ANSWER_WITHIN_MS);
  client.on('error', () => {});
  await client.connectTCP('127.0.0.1', { port: server.port });
  client.setID(1);
});

afterEach(async () => {
  client.destroy(() => {});
  await server.close();
});

function fault(kind: FaultKind, more: Record<string, unknown> = {}) {
  faults.set(faultRequest.parse({ kind, ...more }));
}

async function read() {
  const { data } = await client.readInputRegisters(0, 0x4c);
  return decode(sdm630, new Map(data.map((word, i) => [i, word])));
}

test('a meter that does not answer runs its reader into the time-out, until it is cleared', async () => {
  fault('no-answer');
  await expect(read()).rejects.toMatchObject({ errno: 'ETIMEDOUT' });
  faults.clear();
  expect((await read()).powerW).toBeCloseTo(home.flows.gridW, 1);
});

test('a fault for a time ends by itself, in the time of the home', async () => {
  fault('exception', { forS: 10 });
  await expect(read()).rejects.toMatchObject({ modbusCode: 4 });
  monoMs += 10_000;
  expect((await read()).powerW).toBeCloseTo(home.flows.gridW, 1);
  expect(faults.list()).toEqual([]);
});

test('an exception carries the code that was asked for', async () => {
  fault('exception', { code: 6 });
  await expect(read()).rejects.toMatchObject({ modbusCode: 6 });
});

test('a slow meter answers late', async () => {
  fault('slow', { delayMs: 150 });
  const beforeMs = performance.now();
  await read();
  expect(performance.now() - beforeMs).toBeGreaterThan(140);
});

test.each(['dropped', 'reboot', 'flapping-link'] as const)('%s hangs up', async (kind) => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  client.on('close', () => resolve());
  fault(kind);
  const reading = read().catch(() => 'no answer');
  await closed;
  expect(await reading).toBe('no answer');
});

test('a link that flaps is up again after its beat, and down again after the next', () => {
  fault('flapping-link', { everyS: 5 });
  const seen = [0, 4_999, 5_000, 9_999, 10_000].map((afterMs) => {
    monoMs = 1_000 + afterMs;
    return faults.linkDown;
  });
  expect(seen).toEqual([true, true, false, false, true]);
});

test('a broken frame gives the reader no value', async () => {
  fault('wrong-crc');
  await expect(read()).rejects.toBeDefined();
});

describe('what the registers hold', () => {
  test('frozen stays as it was though the house goes on', async () => {
    fault('frozen');
    const first = await read();
    home.changeLoad('oven', { on: false });
    home.advanceTo(JUNE_MORNING_MS + 20_000);
    expect(await read()).toEqual(first);
    faults.clear();
    expect((await read()).powerW).not.toBeCloseTo(Number(first.powerW), 0);
  });

  test('a spike multiplies powers and leaves voltages', async () => {
    const before = await read();
    fault('spike', { factor: 100 });
    const after = await read();
    expect(after.powerW).toBeCloseTo(Number(before.powerW) * 100, -1);
    expect(after.phase1VoltageV).toBe(before.phase1VoltageV);
  });

  test('not a number reads as "not available"', async () => {
    fault('not-a-number');
    expect((await read()).powerW).toBe(NOT_AVAILABLE);
  });

  test('a reversed sign turns powers round', async () => {
    const before = await read();
    fault('reversed-sign');
    expect((await read()).powerW).toBe(-Number(before.powerW));
  });

  test('swapped words make another number of the same registers', async () => {
    const { data: before } = await client.readInputRegisters(sdm630.points.powerW.address, 2);
    fault('swapped-words');
    const { data: after } = await client.readInputRegisters(sdm630.points.powerW.address, 2);
    expect(after).toEqual(before.toReversed());
  });
});
