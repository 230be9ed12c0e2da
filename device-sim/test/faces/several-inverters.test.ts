/** Two inverters behind one port, read by the box's own drivers: one three-phase, one on a single phase. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sunspec } from '@wattward/edge/catalogue/inverters/sunspec';
import { openClock } from '../../../edge/src/clock.ts';
import { ModbusBus } from '../../../edge/src/devices/modbus-bus.ts';
import { ModbusSource } from '../../../edge/src/devices/modbus-source.ts';
import { inverterFace } from '../../src/faces/inverter-face.ts';
import { ModbusTcpServer } from '../../src/faces/modbus-tcp-server.ts';
import { homeOf } from '../../src/home/home-file.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

let home: RunningHome;
let server: ModbusTcpServer;
let bus: ModbusBus;

beforeEach(async () => {
  const file = defaultHome();
  const garage = [
    { id: 'garage-inverter', kind: 'inverter', ratedW: 3000, phase: 'L2' },
    { id: 'garage', kind: 'pv', inverter: 'garage-inverter', peakW: 3000 },
  ];
  home = new RunningHome(homeOf({ ...file, objects: [...file.objects, ...garage] }, 'test'), JUNE_MORNING_MS);
  home.advanceTo(JUNE_MORNING_MS + 60_000);
  const units = new Map(
    [0, 1].map((n) => [n + 1, { device: inverterFace(home, n, `SIM-${n + 1}`).face }] as const),
  );
  server = await ModbusTcpServer.open({ host: '127.0.0.1', port: 0, units });
  bus = new ModbusBus({ kind: 'tcp', host: '127.0.0.1', port: server.port }, { timeoutMs: 2_000 });
});

afterEach(async () => {
  await bus.close();
  await server.close();
});

async function poll(unit: number) {
  const talk = sunspec.open(`inverter-${unit}`);
  const device = new ModbusSource({
    id: `inverter-${unit}`,
    bus,
    unit,
    clock: openClock(),
    read: () => talk.read(),
  });
  await device.poll();
  expect(device.failure()).toBeNull();
  return device.readings()?.values ?? {};
}

test('each answers for itself under its unit', async () => {
  const [first, second] = [await poll(1), await poll(2)];
  const [roof, garage] = home.flows.inverters;
  expect(first.pvPowerW).toBeGreaterThan(500);
  expect(second.pvPowerW).toBeGreaterThan(500);
  const near = (seenW: unknown, acW: number) => expect(Math.abs(Number(seenW) - acW)).toBeLessThan(3);
  near(second.pvPowerW, garage?.acPowerW ?? 0);
  near(Number(first.pvPowerW) + Number(first.batteryPowerW), roof?.acPowerW ?? 0);
  expect(second.socPct).toBeUndefined();
});

test('one that feeds a single phase is seen there alone, in its registers and at the grid meter', async () => {
  const values = await poll(2);
  expect(values.phase1VoltageV).toBeGreaterThan(220);
  expect(values.phase2VoltageV ?? null).toBeNull();
  const [roof, garage] = home.flows.inverters;
  const loads = { L1: 0, L2: 0, L3: 0 };
  for (const [i, load] of home.model.loads.entries()) {
    const powerW = home.flows.loadW[i] ?? 0;
    if (load.phase === 'all') for (const phase of ['L1', 'L2', 'L3'] as const) loads[phase] += powerW / 3;
    else loads[load.phase] += powerW;
  }
  const third = (roof?.acPowerW ?? 0) / 3;
  const [l1, l2, l3] = home.flows.gridPhaseW;
  expect(l1).toBeCloseTo(loads.L1 - third, 6);
  expect(l2).toBeCloseTo(loads.L2 - third - (garage?.acPowerW ?? 0), 6);
  expect(l3).toBeCloseTo(loads.L3 - third, 6);
});
