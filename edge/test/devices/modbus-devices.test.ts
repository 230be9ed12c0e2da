import { afterEach, describe, expect, test } from '@jest/globals';
import { sunspec } from '../../src/catalogue/inverters/sunspec.ts';
import {
  sunspecCommon,
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '../../src/catalogue/inverters/sunspec-models.ts';
import { storageWindow } from '../../src/catalogue/inverters/sunspec-storage.ts';
import { sdm630 } from '../../src/catalogue/meters/sdm630.ts';
import { openClock } from '../../src/clock.ts';
import { ModbusBus } from '../../src/devices/modbus-bus.ts';
import { ModbusInverter } from '../../src/devices/modbus-inverter.ts';
import { ModbusSource } from '../../src/devices/modbus-source.ts';
import { decode, encode } from '../../src/registers/codec.ts';
import { readNumbers } from '../../src/registers/conversation.ts';
import { modelContents, sunspecImage } from '../../src/registers/sunspec-discovery.ts';
import { ModbusServer, until } from './modbus-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const clock = openClock();

async function served(registers: Map<number, number>) {
  const server = await ModbusServer.open(registers);
  const bus = new ModbusBus(
    { kind: 'tcp', host: '127.0.0.1', port: server.port },
    { timeoutMs: 150, backoffMs: { first: 20, longest: 40 } },
  );
  open.push(server, bus);
  return { server, bus };
}

const meterOn = (bus: ModbusBus) =>
  new ModbusSource({ id: 'grid', bus, unit: 1, clock, read: () => readNumbers(sdm630) });

describe('a meter', () => {
  test('reads all its points in one question, stamped with the moment of asking', async () => {
    const registers = encode(sdm630, { powerW: -1234.5, phase1VoltageV: 231.25, importWh: 5_000 });
    const { bus } = await served(registers);
    const meter = meterOn(bus);
    const beforeMs = clock.monoMs();
    await meter.poll();
    const readings = meter.readings();
    expect(readings?.values).toMatchObject({ powerW: -1234.5, phase1VoltageV: 231.25, importWh: 5_000 });
    expect(readings?.values.exportWh).toBeNull();
    expect(readings?.atMonoMs).toBeGreaterThanOrEqual(beforeMs);
    expect(readings?.atMonoMs).toBeLessThanOrEqual(clock.monoMs());
  });

  test('keeps the last reading when the device falls silent, and says why', async () => {
    const { bus, server } = await served(encode(sdm630, { powerW: 100 }));
    const meter = meterOn(bus);
    await meter.poll();
    const first = meter.readings();
    server.silent = true;
    await meter.poll();
    expect(meter.readings()).toBe(first);
    expect(meter.failure()?.why).toMatch(/no answer within 150 ms/);
  });

  test('asked again while an answer is awaited, it asks the device only once', async () => {
    const { bus, server } = await served(encode(sdm630, { powerW: 100 }));
    const meter = meterOn(bus);
    await Promise.all([meter.poll(), meter.poll(), meter.poll()]);
    expect(server.reads).toBe(76);
  });
});

const STORAGE = {
  chargeMaxW: 5000,
  chargeMaxSf: 0,
  controlBits: 0,
  reservePct: 10,
  reserveSf: 0,
  socPct: 34.2,
  socSf: -2,
  dischargeRatePct: 100,
  chargeRatePct: 100,
  rateSf: -2,
  windowS: 0,
  revertS: 0,
  gridChargeCode: 0,
} as const;
const INVERTER = { acPowerW: 2850, acPowerSf: 0, eventBits: 0 } as const;
const INPUTS = {
  dcPowerSf: 0,
  pv1PowerW: 1200,
  pv2PowerW: 800,
  chargePowerW: 0,
  dischargePowerW: 1000,
} as const;

/** Addresses of the models in this layout: 1 at 40002, 103, 160, 124. */
const STORAGE_AT = 40_002 + 68 + 52 + 90;

function hybrid(inverter: Partial<Record<keyof typeof INVERTER, number>> = {}) {
  return sunspecImage(40_000, [
    modelContents(sunspecCommon, { manufacturerText: 'Test' }),
    modelContents(sunspecInverter, { ...INVERTER, ...inverter }),
    modelContents(sunspecMppt, INPUTS),
    modelContents(sunspecStorage, STORAGE),
  ]);
}

describe('a SunSpec hybrid inverter', () => {
  const terms = { leaseS: 90, renewMs: 30_000, tries: 3 };
  const device = (bus: ModbusBus, time = clock) =>
    new ModbusInverter({ id: 'inverter', family: sunspec, terms, bus, unit: 1, clock: time });
  const control = (server: ModbusServer) => decode(sunspecStorage, server.registers, STORAGE_AT);

  test('tells PV and battery as they reach the house bus', async () => {
    const { bus } = await served(hybrid());
    const inverter = device(bus);
    await inverter.poll();
    expect(inverter.failure()).toBeNull();
    expect(inverter.readings()?.values).toMatchObject({
      acPowerW: 2850,
      pvPowerW: 1900,
      batteryPowerW: 950,
      socPct: 34.2,
      gridLostCode: 0,
    });
  });

  test('a lost grid is seen in its events', async () => {
    const { bus } = await served(hybrid({ eventBits: 1 << 4 }));
    const inverter = device(bus);
    await inverter.poll();
    expect(inverter.readings()?.values.gridLostCode).toBe(1);
  });

  test('a plain PV inverter has no battery, and its AC power is its PV power', async () => {
    const { bus } = await served(
      sunspecImage(40_000, [modelContents(sunspecCommon, {}), modelContents(sunspecInverter, INVERTER)]),
    );
    const inverter = device(bus);
    await inverter.poll();
    expect(inverter.readings()?.values).toMatchObject({ pvPowerW: 2850 });
    expect(inverter.readings()?.values).not.toHaveProperty('batteryPowerW');
  });

  test('an order arrives as a window with its revert time, the mode bits last', async () => {
    const { bus, server } = await served(hybrid());
    const inverter = device(bus);
    await inverter.poll();
    inverter.order({ mode: 'hold', chargeLimitW: 2500, dischargeLimitW: 2500 }, 20);
    await until('the mode bits', () => server.written.some(({ address }) => address === STORAGE_AT + 5));
    const { controlBits, chargeRatePct, dischargeRatePct, gridChargeCode, revertS, reservePct } =
      control(server);
    expect({ revertS, reservePct }).toEqual({ revertS: 90, reservePct: 20 });
    const rates = [controlBits, chargeRatePct, dischargeRatePct, gridChargeCode].map(Number);
    expect(rates).toEqual([3, 50, 0, 0]);
    expect(server.written[0]?.address).toBe(STORAGE_AT + 15);
    expect(server.written.at(-1)?.address).toBe(STORAGE_AT + 5);
  });

  test('charging from the grid is a demand on both sides of the window', async () => {
    const { bus, server } = await served(hybrid());
    const inverter = device(bus);
    await inverter.poll();
    inverter.order({ mode: 'charge-grid', chargeLimitW: 1000, dischargeLimitW: 0 });
    await until('the mode bits', () => server.registers.get(STORAGE_AT + 5) === 3);
    const { controlBits, chargeRatePct, dischargeRatePct, gridChargeCode } = control(server);
    const window = storageWindow(
      {
        controlBits: Number(controlBits),
        chargeRatePct: Number(chargeRatePct),
        dischargeRatePct: Number(dischargeRatePct),
        gridChargeCode: Number(gridChargeCode),
      },
      5000,
    );
    expect(window).toEqual({ minPowerW: -1000, maxPowerW: -1000, gridCharge: true });
  });

  test('the same order is not written again until it is to be renewed', async () => {
    const fast = openClock({ speed: 200, anchorRealMs: Date.now(), anchorSiteMs: 0 });
    const { bus, server } = await served(hybrid());
    const inverter = device(bus, fast);
    await inverter.poll();
    const order = { mode: 'self-consume', chargeLimitW: 5000, dischargeLimitW: 5000 } as const;
    const modeWrites = () => server.written.filter(({ address }) => address === STORAGE_AT + 5).length;
    inverter.order(order);
    await until('the first write', () => modeWrites() === 1);
    const firstAtMs = fast.monoMs();
    await until('the renewal', () => {
      inverter.order(order);
      return modeWrites() === 2;
    });
    expect(fast.monoMs() - firstAtMs).toBeGreaterThan(25_000);
    expect(fast.monoMs() - firstAtMs).toBeLessThan(60_000);
  });

  test('a write that fails is tried again', async () => {
    const { bus, server } = await served(hybrid());
    const inverter = device(bus);
    await inverter.poll();
    server.silent = true;
    await inverter.poll();
    await inverter.poll();
    inverter.order({ mode: 'idle', chargeLimitW: 0, dischargeLimitW: 0 });
    await until('the failure', () => inverter.writeFailure() !== null);
    server.silent = false;
    await until('the write', () => {
      void inverter.poll();
      inverter.tick();
      return server.registers.get(STORAGE_AT + 5) === 3;
    });
    expect(control(server)).toMatchObject({ chargeRatePct: 0, dischargeRatePct: 0 });
  });

  test('one that answers and refuses orders is told as failing, with what to do, until it obeys', async () => {
    const { bus, server } = await served(hybrid());
    const inverter = device(bus);
    await inverter.poll();
    server.readOnly = true;
    inverter.order({ mode: 'idle', chargeLimitW: 0, dischargeLimitW: 0 });
    await until('the order to be given up', () => {
      inverter.tick();
      return inverter.givenUp() !== null;
    });
    expect(inverter.failure()).toBeNull();
    expect(inverter.givenUp()?.why).toMatch(/the battery cannot be ordered: .* exception 2/);
    expect(inverter.givenUp()?.remedy).toMatch(/Allow control over Modbus/);
    server.readOnly = false;
    await until('the order to be taken', () => {
      inverter.tick();
      return inverter.givenUp() === null;
    });
    expect(server.registers.get(STORAGE_AT + 5)).toBe(3);
  });
});
