import type { Clock } from '../clock.ts';
import type { Settings } from '../core/settings.ts';
import type { InverterDevice, InverterDeviceOptions } from '../devices/inverter-device.ts';
import { ModbusBus, type ModbusEndpoint } from '../devices/modbus-bus.ts';
import { ModbusMeter } from '../devices/modbus-meter.ts';
import { MqttMeter } from '../devices/mqtt-meter.ts';
import type { SignalSource } from '../devices/signal-source.ts';
import { SmaHybridDevice } from '../devices/sma-hybrid-device.ts';
import { SunspecDevice } from '../devices/sunspec-device.ts';
import type { BoardEvent } from '../drive/board-driver.ts';
import { openBoards, undrivableLoads } from '../drive/open-boards.ts';
import { renewalMs } from '../drive/relay-channel.ts';
import type { SharedBoard } from '../drive/shared-board.ts';
import type { MqttBus } from '../link/mqtt-bus.ts';
import { sdm630 } from '../registers/sdm630.ts';
import type { RegisterTable } from '../registers/table.ts';
import type { SiteSettings } from '../settings/site-settings.ts';

/** Register tables by the name the installer writes as `profile`. */
const METER_TABLES: Readonly<Record<string, RegisterTable>> = { sdm630 };
/** Inverters by the same name. */
const INVERTER_PROFILES: Readonly<Record<string, (options: InverterDeviceOptions) => InverterDevice>> = {
  sunspec: (options) => new SunspecDevice(options),
  'sma-hybrid': (options) => new SmaHybridDevice(options),
};

/** Devices of the settings that this box cannot drive, one sentence each with its remedy. */
export function undrivable(site: SiteSettings): string[] {
  const { devices } = site;
  const meterProfiles = Object.keys(METER_TABLES).join(', ');
  return [
    ...devices.meters
      .filter(({ connection, profile }) => connection.kind !== 'mqtt' && !METER_TABLES[profile])
      .map(({ id, profile }) => `meter ${id}: no register table "${profile}"; one of: ${meterProfiles}`),
    ...devices.inverters
      .filter(({ profile }) => !INVERTER_PROFILES[profile])
      .map(
        ({ id, profile }) =>
          `inverter ${id}: no profile "${profile}"; one of: ${Object.keys(INVERTER_PROFILES).join(', ')}`,
      ),
    ...undrivableLoads(site),
  ];
}

export interface PolledDevice {
  readonly source: SignalSource;
  readonly pollMs: number;
}

export interface Devices {
  readonly meters: ReadonlyMap<string, PolledDevice>;
  readonly inverters: ReadonlyMap<string, PolledDevice & { readonly source: InverterDevice }>;
  readonly boards: ReadonlyMap<string, SharedBoard>;
  /** Modbus requests so far, by device and by what came of them. */
  modbusRequests(): Iterable<readonly [device: string, result: string, count: number]>;
  close(): Promise<void>;
}

export interface OpenDevicesOptions {
  readonly site: SiteSettings;
  readonly core: Settings;
  readonly bus: MqttBus;
  readonly clock: Clock;
  readonly cycleMs: number;
  readonly onEvent: (event: BoardEvent) => void;
}

type Connection = SiteSettings['devices']['inverters'][number]['connection'];

export function openDevices(options: OpenDevicesOptions): Devices {
  const { site, bus, clock } = options;
  const buses = new Map<string, ModbusBus>();
  const busOf = (connection: Connection): ModbusBus => {
    const endpoint = endpointOf(connection);
    const key = endpoint.kind === 'tcp' ? `${endpoint.host}:${endpoint.port}` : endpoint.path;
    const known = buses.get(key) ?? new ModbusBus(endpoint, { timeoutMs: connection.timeoutMs });
    buses.set(key, known);
    return known;
  };
  const polled: { readonly id: string; readonly bus: ModbusBus; readonly unit: number }[] = [];
  const meters = new Map<string, PolledDevice>();
  for (const meter of site.devices.meters) {
    const { connection, id, pollMs } = meter;
    if (connection.kind === 'mqtt') {
      meters.set(id, { pollMs, source: new MqttMeter({ id: connection.meterId, bus, clock }) });
      continue;
    }
    const table = METER_TABLES[meter.profile];
    if (!table) continue;
    const line = { id, bus: busOf(connection), unit: connection.unit };
    polled.push(line);
    const source = new ModbusMeter({ ...line, table, clock });
    meters.set(id, { pollMs, source });
  }
  const inverters = new Map<string, PolledDevice & { readonly source: InverterDevice }>();
  for (const { id, connection, pollMs, profile } of site.devices.inverters) {
    const open = INVERTER_PROFILES[profile];
    if (!open) continue;
    const battery = options.core.batteries.find(
      (_, i) => site.batteries[i]?.inverter === id && site.batteries[i]?.capability !== 'observe',
    );
    const line = { id, bus: busOf(connection), unit: connection.unit };
    polled.push(line);
    const source = open({
      ...line,
      clock,
      ...(battery
        ? { leaseS: battery.leaseS, renewMs: renewalMs(battery.leaseS, options.core.commands.renewMs) }
        : {}),
    });
    inverters.set(id, { pollMs, source });
  }
  const boards = openBoards({ ...options, random: Math.random });
  return {
    meters,
    inverters,
    boards,
    modbusRequests: () =>
      polled.flatMap(({ id, bus: modbus, unit }) =>
        [...modbus.results(unit)].map(([result, count]) => [id, result, count] as const),
      ),
    close: async () => {
      const sources = [...meters.values(), ...inverters.values()];
      await Promise.all([...buses.values()].map((modbus) => modbus.close()));
      await Promise.all(sources.map(({ source }) => source.close()));
    },
  };
}

function endpointOf(connection: Connection): ModbusEndpoint {
  return connection.kind === 'modbus-tcp'
    ? { kind: 'tcp', host: connection.host, port: connection.port }
    : {
        kind: 'rtu',
        path: connection.path,
        baudRate: connection.baud,
        parity: connection.parity,
        stopBits: connection.parity === 'none' ? 2 : 1,
      };
}
