/** A running home with all its faces: meter and inverter on Modbus TCP, boards and load meters on MQTT, HTTP. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { apiServer } from './api/server.ts';
import { type BoardHandle, boughtHandle, ownHandle } from './faces/board-handle.ts';
import { BoardLink } from './faces/board-link.ts';
import type { BoardFlash, BoardTwin } from './faces/board-twin.ts';
import { BoughtBoard } from './faces/bought-boards/bought-board.ts';
import { gridMeterFace } from './faces/grid-meter.ts';
import { ModbusTcpServer } from './faces/modbus-tcp-server.ts';
import { keepSecret, readCredential } from './faces/mqtt-client.ts';
import { MqttMeter } from './faces/mqtt-meter.ts';
import { sunspecFace } from './faces/sunspec-inverter.ts';
import { Wiring } from './faces/wiring.ts';
import { HomeModel } from './home/home-model.ts';
import { boardId, boardLabel, boardMac, meterId } from './home/identity.ts';
import { type MeasuredSource, RunningHome } from './home/running-home.ts';
import { loadState, type SavedState, saveState } from './home/saved-home.ts';
import type { Home, HomeObject } from './home/schema.ts';
import type { SiteClock } from './home/site-clock.ts';
import type { Log } from './log.ts';

export interface SimulatorOptions {
  readonly home: Home;
  readonly siteId: string;
  readonly dataDir: string;
  readonly clock: SiteClock;
  readonly host: string;
  /** 0 takes any free port. */
  readonly httpPort: number;
  readonly meterPort: number;
  readonly inverterPort: number;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  readonly measured: MeasuredSource | null;
  readonly log: Log;
}

export interface SimulatorPorts {
  readonly httpPort: number;
  readonly meterPort: number;
  readonly inverterPort: number;
}

/** How often the home follows its clock, and how often it is written to disk, in real milliseconds. */
const TICK_MS = 100;
const SAVE_MS = 5_000;
/** In one go no more than this, so that faces answer while a long gap is made up. */
const STEPS_A_TICK = 400;

export class Simulator {
  readonly running: RunningHome;
  readonly ports: SimulatorPorts;
  readonly #options: SimulatorOptions;
  readonly #parts: Parts;
  readonly #timers: NodeJS.Timeout[] = [];

  private constructor(options: SimulatorOptions, running: RunningHome, parts: Parts) {
    this.#options = options;
    this.running = running;
    this.#parts = parts;
    this.ports = parts.ports;
    this.#timers.push(setInterval(() => this.#follow(), TICK_MS));
    this.#timers.push(setInterval(() => this.#save(), SAVE_MS));
  }

  /** Our own boards by object id, as their machines run now. */
  get boards(): ReadonlyMap<string, BoardTwin> {
    return new Map([...this.#parts.links].map(([id, link]) => [id, link.twin]));
  }

  /** Rejects when a port or a credential cannot be had; nothing stays open then. */
  static async start(options: SimulatorOptions): Promise<Simulator> {
    const saved = loadState(options.dataDir, new HomeModel(options.home));
    const home = saved ? withChanges(options.home, saved.changes) : options.home;
    const running = new RunningHome(home, options.clock.nowMs(), {
      ...(options.measured ? { measured: options.measured } : {}),
      ...(saved ? { saved: saved.home } : {}),
    });
    const parts = await openParts(options, running, saved);
    const simulator = new Simulator(options, running, parts);
    simulator.#follow();
    return simulator;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#save();
    await closeParts(this.#parts);
  }

  #follow(): void {
    this.running.advanceTo(this.#options.clock.nowMs(), STEPS_A_TICK);
  }

  #save(): void {
    const before = new Map(this.#options.home.objects.map((object) => [object.id, object]));
    const changed = this.running.home.objects.filter((object) => before.get(object.id) !== object);
    const flashes = [...this.boards].map(([id, twin]): [string, BoardFlash] => [id, twin.flash]);
    try {
      saveState(this.#options.dataDir, {
        home: this.running.saved(),
        boards: Object.fromEntries(flashes),
        changes: changed,
      });
    } catch (error) {
      this.#options.log('error', 'the state of the home could not be saved', { cause: String(error) });
    }
  }
}

interface Parts {
  readonly servers: ModbusTcpServer[];
  readonly links: Map<string, BoardLink>;
  readonly bought: BoughtBoard[];
  readonly meters: MqttMeter[];
  readonly http: FastifyInstance;
  readonly ports: SimulatorPorts;
}

async function openParts(
  options: SimulatorOptions,
  running: RunningHome,
  saved: SavedState | undefined,
): Promise<Parts> {
  const handles = new Map<string, BoardHandle>();
  const wirings: Wiring[] = [];
  const { siteId, clock } = options;
  const http = apiServer({
    running,
    siteId,
    speed: clock.speed,
    boards: handles,
    rewire: () => {
      for (const wiring of wirings) wiring.settle();
    },
  });
  const servers: ModbusTcpServer[] = [];
  const links = new Map<string, BoardLink>();
  const bought: BoughtBoard[] = [];
  const meters: MqttMeter[] = [];
  try {
    const { host } = options;
    const meter = await ModbusTcpServer.open({
      host,
      port: options.meterPort,
      unit: 1,
      device: gridMeterFace(running),
    });
    servers.push(meter);
    const inverter = await ModbusTcpServer.open({
      host,
      port: options.inverterPort,
      unit: 1,
      device: sunspecFace(running, 0, `SIM-${siteId}`),
    });
    servers.push(inverter);
    for (const object of options.home.objects) {
      if (object.kind === 'board') {
        const wiring = new Wiring(running, object.id);
        wirings.push(wiring);
        if (object.protocol === 'wattward') {
          const link = openBoard(options, wiring, { object, flash: saved?.boards[object.id] });
          links.set(object.id, link);
          handles.set(object.id, ownHandle(link));
        } else {
          const board = openBought(options, running, { object, kind: object.protocol, wiring });
          bought.push(board);
          handles.set(object.id, boughtHandle(board));
        }
      } else if (object.kind === 'load-meter') meters.push(openMeter(options, running, object));
    }
    await http.listen({ host, port: options.httpPort });
    const address = http.server.address();
    const httpPort = typeof address === 'object' && address ? address.port : options.httpPort;
    const ports = { httpPort, meterPort: meter.port, inverterPort: inverter.port };
    return { servers, links, bought, meters, http, ports };
  } catch (error) {
    await closeParts({ servers, links, bought, meters, http });
    throw error;
  }
}

async function closeParts({ servers, links, bought, meters, http }: Omit<Parts, 'ports'>): Promise<void> {
  await Promise.all([
    http.close(),
    ...servers.map((server) => server.close()),
    ...[...links.values()].map((link) => link.close()),
    ...bought.map((board) => board.close()),
    ...meters.map((meter) => meter.close()),
  ]);
}

function openBought(
  { siteId, clock, brokerUrl, secretsDir, log }: SimulatorOptions,
  running: RunningHome,
  board: {
    readonly object: Extract<HomeObject, { kind: 'board' }>;
    readonly kind: 'tasmota' | 'shelly' | 'esphome';
    readonly wiring: Wiring;
  },
): BoughtBoard {
  const { object, kind, wiring } = board;
  const id = boardId(siteId, object.id, kind);
  wiring.settle();
  return new BoughtBoard({
    kind,
    id,
    secret: readCredential(secretsDir, id).secret,
    mac: boardMac(siteId, object.id).replaceAll(':', ''),
    channels: object.channels,
    brokerUrl,
    monoMs: () => clock.monoMs(),
    speed: clock.speed,
    onContact: (channel, on) => wiring.coil(channel, on),
    // Of the three only this one measures.
    ...(kind === 'shelly'
      ? { powerW: (channel: number) => running.loadPowerW(wiring.loadOn(channel) ?? '') }
      : {}),
    onProblem: (message) => log('warn', message),
  });
}

function openBoard(
  options: SimulatorOptions,
  wiring: Wiring,
  board: { readonly object: Extract<HomeObject, { kind: 'board' }>; readonly flash: BoardFlash | undefined },
): BoardLink {
  const { siteId, clock, brokerUrl, secretsDir, log } = options;
  const { id, channels, poweredForS, claimed } = board.object;
  const identity = boardId(siteId, id);
  const label = boardLabel(siteId, id);
  const isNew = !claimed && readCredential(secretsDir, identity).secret === label;
  wiring.settle();
  return new BoardLink({
    identity: {
      board: identity,
      model: 'esp12f-4ch',
      firmware: 'twin-0.1.0',
      mac: boardMac(siteId, id),
      claim: '',
      pins: [16, 14, 12, 13].slice(0, channels),
    },
    monoMs: () => clock.monoMs(),
    bootId: randomBytes(4).toString('hex'),
    flash: board.flash ?? { config: null, switches: null },
    // A restart of the simulator is a power cut to the board; a new home begins with one that runs.
    poweredForMs: board.flash ? 0 : poweredForS * 1000,
    onContact: (channel, on) => wiring.coil(channel, on),
    brokerUrl,
    secretsDir,
    speed: clock.speed,
    onProblem: (message) => log('warn', message),
    ...(isNew ? { label, onClaimed: (secret) => keepSecret(secretsDir, identity, secret) } : {}),
  });
}

function openMeter(
  options: SimulatorOptions,
  home: RunningHome,
  { id, signals, periodMs }: Extract<HomeObject, { kind: 'load-meter' }>,
): MqttMeter {
  const { siteId, clock, brokerUrl, secretsDir, log } = options;
  return new MqttMeter({
    id: meterId(siteId, id),
    signals,
    periodMs,
    speed: clock.speed,
    home,
    brokerUrl,
    secretsDir,
    onProblem: (message) => log('warn', message),
  });
}

/** Properties that were changed while the home ran stay changed; a file that was edited since counts where it can. */
function withChanges(home: Home, changes: readonly HomeObject[]): Home {
  const objects = home.objects.map(
    (object) => changes.find((c) => c.id === object.id && c.kind === object.kind) ?? object,
  );
  return { ...home, objects };
}
