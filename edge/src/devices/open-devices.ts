/** Opens the devices of the site settings, by the families of the catalogue. */

import { inverterFamily } from '../catalogue/inverters.ts';
import { meterFamily } from '../catalogue/meters.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../core/settings.ts';
import type { BoardEvent } from '../drive/board-driver.ts';
import { openBoards } from '../drive/open-boards.ts';
import { orderTerms } from '../drive/order-terms.ts';
import type { SharedBoard } from '../drive/shared-board.ts';
import type { MqttBus } from '../link/mqtt-bus.ts';
import { readNumbers } from '../registers/conversation.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import { ModbusBus, type ModbusEndpoint } from './modbus-bus.ts';
import { ModbusInverter } from './modbus-inverter.ts';
import { ModbusSource } from './modbus-source.ts';
import { MqttMeter } from './mqtt-meter.ts';
import type { SignalSource } from './signal-source.ts';

export interface PolledDevice {
  readonly source: SignalSource;
  readonly pollMs: number;
}

export interface Devices {
  readonly meters: ReadonlyMap<string, PolledDevice>;
  readonly inverters: ReadonlyMap<string, PolledDevice & { readonly source: ModbusInverter }>;
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
    const table = meterFamily(meter.profile)?.table;
    if (!table) continue;
    const line = { id, bus: busOf(connection), unit: connection.unit };
    polled.push(line);
    const source = new ModbusSource({ ...line, clock, read: () => readNumbers(table) });
    meters.set(id, { pollMs, source });
  }
  const inverters = new Map<string, PolledDevice & { readonly source: ModbusInverter }>();
  for (const { id, connection, pollMs, profile } of site.devices.inverters) {
    const family = inverterFamily(profile);
    if (!family) continue;
    const line = { id, bus: busOf(connection), unit: connection.unit };
    polled.push(line);
    const terms = orderTerms(site, options.core, id, family.lease);
    const source = new ModbusInverter({ ...line, clock, family, terms });
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
