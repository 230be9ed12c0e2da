/** A running home with all its faces: meter and inverter on Modbus, boards and load meters on MQTT, its API. */
import type { FastifyInstance } from 'fastify';
import { MqttRequests } from './api/mqtt-requests.ts';
import type { World } from './api/operation.ts';
import { Outages } from './api/outages.ts';
import { apiServer } from './api/server.ts';
import type { BoardFlash, BoardTwin } from './faces/board-twin.ts';
import { RunningHome } from './home/running-home.ts';
import { differences, loadState, saveState } from './home/saved-home.ts';
import { AssembledHome } from './object/assembled-home.ts';
import { loneObjects } from './object/lone-object.ts';
import { type Faces, openFaces } from './open-faces.ts';
import type { SimulatorOptions } from './simulator-options.ts';

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

interface Doors {
  readonly http: FastifyInstance;
  readonly httpPort: number;
  readonly mqtt: MqttRequests | null;
  /** Where the objects are processes of their own. */
  readonly assembled: AssembledHome | null;
}

export class Simulator {
  readonly running: RunningHome;
  readonly ports: SimulatorPorts;
  readonly #options: SimulatorOptions;
  readonly #faces: Faces;
  readonly #doors: Doors;
  readonly #outages: Outages;
  readonly #timers: NodeJS.Timeout[] = [];

  private constructor(options: SimulatorOptions, world: World, faces: Faces, doors: Doors) {
    this.#options = options;
    this.running = world.running;
    this.#outages = world.outages;
    this.#faces = faces;
    this.#doors = doors;
    const { meterPort, inverterPort } = faces;
    this.ports = { httpPort: doors.httpPort, meterPort, inverterPort };
    this.#timers.push(setInterval(() => this.#follow(), TICK_MS));
    this.#timers.push(setInterval(() => this.#save(), SAVE_MS));
  }

  /** Our own boards by object id, as their machines run now. */
  get boards(): ReadonlyMap<string, BoardTwin> {
    return new Map([...this.#faces.links].map(([id, link]) => [id, link.twin]));
  }

  /** Rejects when a port or a credential cannot be had; nothing stays open then. */
  static async start(options: SimulatorOptions): Promise<Simulator> {
    const left = loadState(options.dataDir, options.home);
    const running = new RunningHome(left?.home ?? options.home, options.clock.nowMs(), {
      ...(options.measured ? { measured: options.measured } : {}),
      ...(options.weather ? { weather: options.weather } : {}),
      ...(left ? { saved: left.saved.home } : {}),
    });
    const faces = await openFaces(options, running, left?.saved.boards ?? {});
    const { siteId, clock } = options;
    const { boards, faults } = faces;
    const outages = new Outages();
    const elsewhere = new Set(options.objectsIdentity ? loneObjects(running.home).map(({ id }) => id) : []);
    const changed = () => faces.rewire();
    const world: World = { running, siteId, clock, boards, faults, outages, elsewhere, changed };
    const simulator = new Simulator(options, world, faces, await openDoors(options, world, faces));
    simulator.#follow();
    return simulator;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#save();
    const { http, mqtt, assembled } = this.#doors;
    await Promise.all([http.close(), mqtt?.close(), assembled?.close(), this.#faces.close()]);
  }

  #follow(): void {
    this.#outages.follow(this.running.state.nowMs, (on) => this.running.setGrid(on));
    this.#faces.follow();
    const nowMs = this.#options.clock.nowMs();
    const { assembled } = this.#doors;
    if (!assembled) this.running.advanceTo(nowMs, STEPS_A_TICK);
    else {
      assembled.advanceTo(nowMs, STEPS_A_TICK).catch((error: unknown) => {
        this.#options.log('error', 'a step of the home could not be settled', { cause: String(error) });
      });
    }
  }

  #save(): void {
    const flashes = [...this.boards].map(([id, twin]): [string, BoardFlash] => [id, twin.flash]);
    try {
      saveState(this.#options.dataDir, {
        home: this.running.saved(),
        boards: Object.fromEntries(flashes),
        ...differences(this.#options.home, this.running.home),
      });
    } catch (error) {
      this.#options.log('error', 'the state of the home could not be saved', { cause: String(error) });
    }
  }
}

async function openDoors(options: SimulatorOptions, world: World, faces: Faces): Promise<Doors> {
  const { host, siteId, brokerUrl, secretsDir, controlIdentity, objectsIdentity, log } = options;
  const http = await apiServer(world);
  const bus = { brokerUrl, secretsDir, onProblem: (message: string) => log('warn', message) };
  let mqtt: MqttRequests | null = null;
  let assembled: AssembledHome | null = null;
  try {
    if (controlIdentity) mqtt = new MqttRequests({ ...bus, world, identity: controlIdentity });
    if (objectsIdentity) {
      assembled = new AssembledHome({ ...bus, running: world.running, siteId, identity: objectsIdentity });
    }
    await http.listen({ host, port: options.httpPort });
  } catch (error) {
    await Promise.all([http.close(), mqtt?.close(), assembled?.close(), faces.close()]);
    throw error;
  }
  const address = http.server.address();
  const httpPort = typeof address === 'object' && address ? address.port : options.httpPort;
  return { http, mqtt, assembled, httpPort };
}
