import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sunspec } from '../../src/catalogue/inverters/sunspec.ts';
import {
  sunspecCommon,
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '../../src/catalogue/inverters/sunspec-models.ts';
import { ModbusBus } from '../../src/devices/modbus-bus.ts';
import { ModbusSource } from '../../src/devices/modbus-source.ts';
import { ControlTime } from '../../src/latch/control-time.ts';
import { SupplyLatch } from '../../src/latch/supply-latch.ts';
import { modelContents, sunspecImage } from '../../src/registers/sunspec-discovery.ts';
import { coreSettings } from '../../src/settings/core-settings.ts';
import { checkSiteSettings } from '../../src/settings/parse-site-settings.ts';
import { ModbusServer } from '../devices/modbus-server.ts';

interface Shown {
  readonly pvW?: number;
  readonly dischargeW?: number;
  readonly socPct?: number;
  readonly voltageV?: number | undefined;
  readonly frequencyHz?: number | undefined;
  readonly gridLost?: boolean;
}

/** The registers of a hybrid inverter that shows this. */
function shows({ pvW = 5000, dischargeW = 0, socPct = 80, gridLost = false, ...grid }: Shown) {
  const { voltageV, frequencyHz } = { voltageV: 230.1, frequencyHz: 50.01, ...grid };
  const voltages =
    voltageV === undefined
      ? {}
      : { phase1VoltageV: voltageV, phase2VoltageV: voltageV, phase3VoltageV: voltageV, voltageSf: -1 };
  return sunspecImage(40_000, [
    modelContents(sunspecCommon, { manufacturerText: 'Test' }),
    modelContents(sunspecInverter, {
      acPowerW: pvW + dischargeW,
      acPowerSf: 0,
      eventBits: gridLost ? 16 : 0,
      ...voltages,
      ...(frequencyHz === undefined ? {} : { frequencyHz, frequencySf: -2 }),
    }),
    modelContents(sunspecMppt, {
      dcPowerSf: 0,
      pv1PowerW: pvW,
      pv2PowerW: 0,
      chargePowerW: 0,
      dischargePowerW: dischargeW,
    }),
    modelContents(sunspecStorage, { chargeMaxW: 5000, chargeMaxSf: 0, socPct, socSf: -2 }),
  ]);
}

const SITE = {
  name: 'Home',
  zone: 'Europe/Berlin',
  grid: { phases: 3, fuseA: 25 },
  devices: {
    meters: [
      {
        id: 'grid',
        name: 'Meter',
        role: 'grid',
        profile: 'mqtt',
        connection: { kind: 'mqtt', meterId: 'grid' },
      },
    ],
    inverters: [
      {
        id: 'hybrid',
        name: 'Hybrid',
        profile: 'sunspec',
        connection: { kind: 'modbus-tcp', host: '127.0.0.1' },
      },
    ],
    boards: [],
  },
  batteries: [
    {
      id: 'battery',
      name: 'Battery',
      inverter: 'hybrid',
      capacityWh: 10_000,
      maxChargeW: 5000,
      maxDischargeW: 5000,
    },
  ],
  loads: [],
};

let server: ModbusServer;
let bus: ModbusBus;
let monoMs: number;
let supply: Supply;

/** An inverter behind a real socket, asked every ten seconds of a clock that the test turns. */
class Supply {
  readonly #device: ModbusSource;
  readonly #latch: SupplyLatch;
  readonly #control: ControlTime;

  constructor(control: object = {}) {
    const checked = checkSiteSettings({ ...SITE, control });
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    const clock = {
      speed: 1,
      wallMs: () => 1_700_000_000_000 + monoMs,
      monoMs: () => monoMs,
      wallTrusted: () => true,
      sleep: async () => {},
    };
    const talk = sunspec.open('hybrid');
    this.#device = new ModbusSource({ id: 'hybrid', bus, unit: 1, clock, read: () => talk.read() });
    this.#control = new ControlTime(clock, 0);
    const inverters = new Map([['hybrid', { source: this.#device, pollMs: 1000 }]]);
    const devices = { meters: new Map(), inverters };
    this.#latch = new SupplyLatch(checked.settings, coreSettings('home-1', checked.settings), devices, 1000);
  }

  async after(seconds: number, each: (i: number) => Shown) {
    for (let i = 0; i < seconds / 10; i++) {
      monoMs += 10_000;
      for (const [address, word] of shows(each(i))) server.registers.set(address, word);
      await this.#device.poll();
      this.#latch.take(this.#control);
    }
    const { pvPowerW, batteries, gridState } = this.#latch.readings(this.#control.at(monoMs));
    const [battery] = batteries;
    return [pvPowerW.quality, battery?.powerW.quality, battery?.socPct.quality, gridState].join(' ');
  }
}

beforeEach(async () => {
  server = await ModbusServer.open(shows({}));
  bus = new ModbusBus({ kind: 'tcp', host: '127.0.0.1', port: server.port }, { timeoutMs: 1000 });
  monoMs = 1000;
  supply = new Supply();
});

afterEach(async () => {
  await bus.close();
  await server.close();
});

const ALIVE = 'good good good present';
const FROZEN = 'fault fault fault unknown';
/** The last digit of the voltage moves, as it does in every living device. */
const living = (i: number): Shown => ({ voltageV: 230 + (i % 3) / 10 });

test('a device that repeats itself is a fault after five minutes, and believed again with the first digit that moves', async () => {
  expect(await supply.after(300, () => ({}))).toBe(ALIVE);
  expect(await supply.after(10, () => ({}))).toBe(FROZEN);
  expect(await supply.after(10, () => ({ voltageV: 230.2 }))).toBe(ALIVE);
});

test.each([
  { when: 'an array is clipped at the same watt for hours', shown: living },
  { when: 'there is no sun and the battery rests', shown: (i: number) => ({ ...living(i), pvW: 0 }) },
  { when: 'only the battery moves', shown: (i: number) => ({ dischargeW: 500 + (i % 2) }) },
  { when: 'only the frequency moves', shown: (i: number) => ({ frequencyHz: 50 + (i % 2) / 100 }) },
  {
    when: 'voltage and frequency are not told',
    shown: () => ({ voltageV: undefined, frequencyHz: undefined }),
  },
])('it is alive when $when', async ({ shown }) => {
  expect(await supply.after(900, shown)).toBe(ALIVE);
});

test('an outage stays an outage: voltage and frequency at nought are no sign of a frozen device', async () => {
  const dark = { voltageV: 0, frequencyHz: 0, gridLost: true };
  await supply.after(60, living);
  expect(await supply.after(900, () => dark)).toBe('good good good lost');
});

test('the time is a setting, and nought switches the check off', async () => {
  supply = new Supply({ signals: { inverter: { frozenS: 600 } } });
  expect(await supply.after(600, () => ({}))).toBe(ALIVE);
  expect(await supply.after(10, () => ({}))).toBe(FROZEN);
  supply = new Supply({ signals: { inverter: { frozenS: 0 } } });
  expect(await supply.after(1800, () => ({}))).toBe(ALIVE);
});
