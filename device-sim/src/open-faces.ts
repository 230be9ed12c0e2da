/** Everything of a running home that stands on a wire: opened together, closed together. */
import { randomBytes } from 'node:crypto';
import { meterFamily } from '@wattward/edge/catalogue/meters';
import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import { BoardFaults } from './faces/board-faults.ts';
import { type BoardHandle, boughtHandle, ownHandle } from './faces/board-handle.ts';
import { BoardLink } from './faces/board-link.ts';
import type { BoardFlash } from './faces/board-twin.ts';
import { BoughtBoard } from './faces/bought-boards/bought-board.ts';
import { FaultSet } from './faces/fault.ts';
import { gridMeterFace } from './faces/grid-meter.ts';
import { inverterFace } from './faces/inverter-face.ts';
import type { ModbusUnit, ModbusUnits } from './faces/modbus-reply.ts';
import { ModbusRtuServer } from './faces/modbus-rtu-server.ts';
import { ModbusTcpServer } from './faces/modbus-tcp-server.ts';
import { keepSecret, readCredential } from './faces/mqtt-client.ts';
import { MqttMeter } from './faces/mqtt-meter.ts';
import { withRegisterFaults } from './faces/register-faults.ts';
import { Wiring } from './faces/wiring.ts';
import { boardId, boardLabel, boardMac, meterId } from './home/identity.ts';
import type { RunningHome } from './home/running-home.ts';
import type { HomeObject } from './home/schema.ts';
import type { SimulatorOptions } from './simulator-options.ts';

export interface Faces {
  readonly meterPort: number;
  readonly inverterPort: number;
  readonly boards: ReadonlyMap<string, BoardHandle>;
  /** Our own boards, whose flash is kept. */
  readonly links: ReadonlyMap<string, BoardLink>;
  readonly faults: ReadonlyMap<string, FaultSet>;
  readonly rewire: () => void;
  /** Brings faults of boards to them. */
  readonly follow: () => void;
  close(): Promise<void>;
}

interface Opening {
  readonly options: SimulatorOptions;
  readonly running: RunningHome;
  readonly flashes: Readonly<Record<string, BoardFlash>>;
  readonly boards: Map<string, BoardHandle>;
  readonly links: Map<string, BoardLink>;
  readonly faults: Map<string, FaultSet>;
  readonly wirings: Wiring[];
  readonly boardFaults: BoardFaults[];
  readonly closers: (() => Promise<void>)[];
}

/** Rejects when a port, a line or a credential cannot be had; nothing stays open then. */
export async function openFaces(
  options: SimulatorOptions,
  running: RunningHome,
  flashes: Readonly<Record<string, BoardFlash>>,
): Promise<Faces> {
  const opening: Opening = {
    ...{ options, running, flashes, boards: new Map(), links: new Map(), faults: new Map() },
    ...{ wirings: [], boardFaults: [], closers: [] },
  };
  const close = async () => {
    await Promise.all(opening.closers.map((closer) => closer()));
  };
  try {
    const meterPort = await openGridMeter(opening);
    const inverterPort = await openInverters(opening);
    for (const object of running.home.objects) {
      if (object.kind === 'board') openBoard(opening, object);
      else if (object.kind === 'load-meter') openLoadMeter(opening, object);
    }
    const { boards, links, faults, wirings, boardFaults } = opening;
    return {
      ...{ meterPort, inverterPort, boards, links, faults, close },
      rewire: () => {
        for (const wiring of wirings) wiring.settle();
      },
      follow: () => {
        for (const board of boardFaults) board.follow();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openGridMeter(opening: Opening): Promise<number> {
  const { options, running } = opening;
  const object = running.home.objects.find((one) => one.kind === 'grid-meter');
  const table = meterFamily(object?.model ?? '')?.table ?? sdm630;
  const faults = faultsFor(opening, object?.id ?? 'grid-meter', 'modbus');
  const device = withRegisterFaults(gridMeterFace(running, table), [{ table, base: 0 }], faults);
  const units = new Map([[1, { device, faults }]]);
  return openModbus(opening, { units, port: options.meterPort, serial: options.meterSerial });
}

/** All behind one port or serial line, in the order of the home file: units 1, 2 and so on. */
async function openInverters(opening: Opening): Promise<number> {
  const { options, running } = opening;
  const units = new Map<number, ModbusUnit>();
  for (const [n, { inverter }] of running.model.plans.entries()) {
    const faults = faultsFor(opening, inverter.id, 'modbus');
    const { face, tables } = inverterFace(running, n, `SIM-${options.siteId}-${n + 1}`);
    units.set(n + 1, { device: withRegisterFaults(face, tables, faults), faults });
  }
  return openModbus(opening, { units, port: options.inverterPort, serial: options.inverterSerial });
}

async function openModbus(
  { options, closers }: Opening,
  line: {
    readonly units: ModbusUnits;
    readonly port: number;
    readonly serial: string | undefined;
  },
): Promise<number> {
  const { units, port, serial } = line;
  if (serial !== undefined) {
    const rtu = await ModbusRtuServer.open({ path: serial, baudRate: 9600, units });
    closers.push(() => rtu.close());
  }
  const tcp = await ModbusTcpServer.open({ host: options.host, port, units });
  closers.push(() => tcp.close());
  return tcp.port;
}

function openBoard(opening: Opening, object: Extract<HomeObject, { kind: 'board' }>): void {
  const { running, boards, links, wirings, closers } = opening;
  const wiring = new Wiring(running, object.id);
  wirings.push(wiring);
  wiring.settle();
  let handle: BoardHandle;
  if (object.protocol === 'wattward') {
    const link = ownBoard(opening, object, wiring);
    links.set(object.id, link);
    closers.push(() => link.close());
    handle = ownHandle(link);
  } else {
    const board = boughtBoard(opening, { object, kind: object.protocol, wiring });
    closers.push(() => board.close());
    handle = boughtHandle(board);
  }
  boards.set(object.id, handle);
  opening.boardFaults.push(new BoardFaults(handle, faultsFor(opening, object.id, 'board')));
}

function boughtBoard(
  { options: { siteId, clock, brokerUrl, secretsDir, log }, running }: Opening,
  board: {
    readonly object: Extract<HomeObject, { kind: 'board' }>;
    readonly kind: 'tasmota' | 'shelly' | 'esphome';
    readonly wiring: Wiring;
  },
): BoughtBoard {
  const { object, kind, wiring } = board;
  const id = boardId(siteId, object.id, kind);
  return new BoughtBoard({
    kind,
    id,
    secret: readCredential(secretsDir, id).secret,
    mac: boardMac(siteId, object.id).replaceAll(':', ''),
    channels: object.channels,
    brokerUrl,
    monoMs: () => clock.monoMs(),
    get speed() {
      return clock.speed;
    },
    onContact: (channel, on) => wiring.coil(channel, on),
    // Of the three only this one measures.
    ...(kind === 'shelly'
      ? { powerW: (channel: number) => running.loadPowerW(wiring.loadOn(channel) ?? '') }
      : {}),
    onProblem: (message) => log('warn', message),
  });
}

function ownBoard(
  { options: { siteId, clock, brokerUrl, secretsDir, log }, flashes }: Opening,
  { id, channels, poweredForS, claimed }: Extract<HomeObject, { kind: 'board' }>,
  wiring: Wiring,
): BoardLink {
  const flash = flashes[id];
  const board = boardId(siteId, id);
  const label = boardLabel(siteId, id);
  const isNew = !claimed && readCredential(secretsDir, board).secret === label;
  return new BoardLink({
    identity: {
      board,
      model: 'esp12f-4ch',
      firmware: 'twin-0.1.0',
      mac: boardMac(siteId, id),
      claim: '',
      pins: [16, 14, 12, 13].slice(0, channels),
    },
    monoMs: () => clock.monoMs(),
    bootId: randomBytes(4).toString('hex'),
    flash: flash ?? { config: null, switches: null },
    // A restart of the simulator is a power cut to the board; a new home begins with one that runs.
    poweredForMs: flash ? 0 : poweredForS * 1000,
    onContact: (channel, on) => wiring.coil(channel, on),
    brokerUrl,
    secretsDir,
    get speed() {
      return clock.speed;
    },
    onProblem: (message) => log('warn', message),
    ...(isNew ? { label, onClaimed: (secret) => keepSecret(secretsDir, board, secret) } : {}),
  });
}

function openLoadMeter(
  opening: Opening,
  { id, ...meterOf }: Extract<HomeObject, { kind: 'load-meter' }>,
): void {
  const { siteId, clock, brokerUrl, secretsDir, log } = opening.options;
  const meter = new MqttMeter({
    id: meterId(siteId, id),
    ...meterOf,
    get speed() {
      return clock.speed;
    },
    home: opening.running,
    faults: faultsFor(opening, id, 'mqtt'),
    brokerUrl,
    secretsDir,
    onProblem: (message) => log('warn', message),
  });
  opening.closers.push(() => meter.close());
}

function faultsFor({ options, faults }: Opening, id: string, face: FaultSet['face']): FaultSet {
  const set = new FaultSet(face, () => options.clock.monoMs());
  faults.set(id, set);
  return set;
}
