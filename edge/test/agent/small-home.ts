/**
 * A home of real sockets around the box: broker, SDM630, SunSpec inverter and one relay board running the board's
 * own state machine. Written down as `edge.yaml` and `site.yaml`, as a person would.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SETPOINT_KINDS } from '@wattward/broker/wire/setpoint';
import { stringify } from 'yaml';
import {
  sunspecCommon,
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '../../src/catalogue/inverters/sunspec-models.ts';
import { sdm630 } from '../../src/catalogue/meters/sdm630.ts';
import { encode, type Values } from '../../src/registers/codec.ts';
import { modelContents, sunspecImage } from '../../src/registers/sunspec-discovery.ts';
import { BoardOnBus } from '../devices/board-on-bus.ts';
import { BOARD, type HomeBroker, homeBroker, SECRETS } from '../devices/home-broker.ts';
import { ModbusServer } from '../devices/modbus-server.ts';

export interface SmallHomeOptions {
  readonly speed?: number;
  readonly cycleMs?: number;
  /** Laid over the site settings. */
  readonly control?: object;
  readonly load?: object;
  /** The home's time when it opens; noon of a day in January when left out. */
  readonly startMs?: number;
  readonly onPin?: (channel: number, level: 0 | 1) => void;
  /** The address of a cloud broker of its own; left out: both buses are one broker. */
  readonly cloudUrl?: string;
  /** Left out: the portal's, for everything. */
  readonly setpointKeys?: readonly object[];
}

/** Where model 124 begins in this inverter's map. */
export const STORAGE_AT = 40_002 + 68 + 52 + 90;

export class SmallHome {
  readonly dir: string;
  readonly configFile: string;
  readonly broker: HomeBroker;
  readonly meter: ModbusServer;
  readonly inverter: ModbusServer;
  readonly board: BoardOnBus;

  private constructor(parts: Pick<SmallHome, 'dir' | 'broker' | 'meter' | 'inverter' | 'board'>) {
    this.dir = parts.dir;
    this.configFile = path.join(parts.dir, 'edge.yaml');
    this.broker = parts.broker;
    this.meter = parts.meter;
    this.inverter = parts.inverter;
    this.board = parts.board;
  }

  static async open(options: SmallHomeOptions = {}): Promise<SmallHome> {
    const { speed = 1, cycleMs = 1000, startMs = Date.UTC(2026, 0, 14, 12), onPin } = options;
    const clock = { speed, anchorRealMs: Date.now(), anchorSiteMs: startMs };
    const broker = await homeBroker();
    const meter = await ModbusServer.open(encode(sdm630, gridReading(300)));
    const inverter = await ModbusServer.open(hybridImage());
    const board = await BoardOnBus.open({
      url: broker.url,
      board: BOARD,
      secret: SECRETS[BOARD],
      monoMs: () => (Date.now() - clock.anchorRealMs) * speed,
      tickMs: Math.max(10, 250 / speed),
      ...(onPin ? { onPin } : {}),
    });
    const dir = mkdtempSync(path.join(tmpdir(), 'small-home-'));
    const home = new SmallHome({ dir, broker, meter, inverter, board });
    writeFileSync(path.join(dir, 'site.yaml'), stringify(home.#site(options)));
    const secretFile = (id: keyof typeof SECRETS) => {
      writeFileSync(path.join(dir, `${id}.json`), JSON.stringify({ id, secret: SECRETS[id] }));
      return `${id}.json`;
    };
    const { url } = broker;
    const config = {
      site: 'home-1',
      dataDir: 'box',
      siteSettings: 'site.yaml',
      homeBroker: { url, identity: 'edge-home-1', secretFile: secretFile('edge-home-1') },
      cloudBroker: { url: options.cloudUrl ?? url, identity: 'home-1', secretFile: secretFile('home-1') },
      setpointKeys: options.setpointKeys ?? [
        { id: 'portal', file: 'setpoint-key.pub', kinds: SETPOINT_KINDS },
      ],
      clock,
      cycleMs,
    };
    writeFileSync(home.configFile, stringify(config));
    return home;
  }

  /** What the meter shows from now on. */
  drawsFromGrid(values: Partial<Values<typeof sdm630>>): void {
    for (const [address, word] of encode(sdm630, values)) this.meter.registers.set(address, word);
  }

  async close(): Promise<void> {
    await Promise.all([this.meter.close(), this.inverter.close(), this.board.close()]);
    await this.broker.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #site({ cycleMs = 1000, control = {}, load = {} }: SmallHomeOptions): object {
    const tcp = (port: number) => ({ kind: 'modbus-tcp', host: '127.0.0.1', port, unit: 1, timeoutMs: 300 });
    const pollMs = Math.max(100, cycleMs);
    return {
      name: 'Small home',
      zone: 'Europe/Berlin',
      grid: { phases: 3, fuseA: 25 },
      devices: {
        meters: [
          {
            id: 'grid',
            name: 'Meter',
            role: 'grid',
            profile: 'sdm630',
            connection: tcp(this.meter.port),
            pollMs,
          },
        ],
        inverters: [
          { id: 'hybrid', name: 'Hybrid', profile: 'sunspec', connection: tcp(this.inverter.port), pollMs },
        ],
        boards: [{ id: BOARD, name: 'Cellar' }],
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
      loads: [
        {
          id: 'pool-heater',
          name: 'Pool heater',
          board: BOARD,
          channel: 1,
          nominalPowerW: 2000,
          phase: 'L1',
          priority: 3,
          use: 'always',
          minOnS: 0,
          minOffS: 0,
          maxSwitchesPerHour: 60,
          maxSwitchesPerDay: 60,
          ...load,
        },
      ],
      control: {
        trust: { goodSamples: 1, goodS: 0 },
        signals: { meter: { frozenS: 0 } },
        ...control,
      },
    };
  }
}

/** What the meter shows when so much is drawn, spread evenly or all of it on L1. */
export function gridReading(gridPowerW: number, phases: 1 | 3 = 3): Partial<Values<typeof sdm630>> {
  const phase1W = gridPowerW / phases;
  const otherW = phases === 1 ? 0 : phase1W;
  return {
    powerW: gridPowerW,
    phase1PowerW: phase1W,
    phase2PowerW: otherW,
    phase3PowerW: otherW,
    phase1CurrentA: Math.abs(phase1W) / 230,
    phase2CurrentA: Math.abs(otherW) / 230,
    phase3CurrentA: Math.abs(otherW) / 230,
    phase1VoltageV: 230,
    phase2VoltageV: 230,
    phase3VoltageV: 230,
    frequencyHz: 50,
    importWh: 1_000,
    exportWh: 0,
  };
}

function hybridImage(): Map<number, number> {
  return sunspecImage(40_000, [
    modelContents(sunspecCommon, { manufacturerText: 'Test' }),
    modelContents(sunspecInverter, { acPowerW: 0, acPowerSf: 0, eventBits: 0 }),
    modelContents(sunspecMppt, {
      dcPowerSf: 0,
      pv1PowerW: 0,
      pv2PowerW: 0,
      chargePowerW: 0,
      dischargePowerW: 0,
    }),
    modelContents(sunspecStorage, {
      chargeMaxW: 5000,
      chargeMaxSf: 0,
      controlBits: 0,
      reservePct: 10,
      reserveSf: 0,
      socPct: 34,
      socSf: -2,
      dischargeRatePct: 100,
      chargeRatePct: 100,
      rateSf: -2,
      windowS: 0,
      revertS: 0,
      gridChargeCode: 0,
    }),
  ]);
}
