/** A bought board (simulated, behind its own MQTT client) and the box's driver for it on a real broker. */

import { boardFamily } from '@wattward/edge/catalogue/boards';
import { startBroker } from '../../../../broker/src/server/start-broker.ts';
import { type Clock, openClock } from '../../../../edge/src/clock.ts';
import type { BoardEvent } from '../../../../edge/src/drive/board-driver.ts';
import { BoughtBoard } from '../../../../edge/src/drive/bought/bought-board.ts';
import { MqttBus } from '../../../../edge/src/link/mqtt-bus.ts';
import { until } from '../../../../edge/test/devices/modbus-server.ts';
import {
  type BoughtKind,
  BoughtBoard as SimulatedBoard,
} from '../../../src/faces/bought-boards/bought-board.ts';

export const MACS = { tasmota: '5ccf7f0a0b01', shelly: '5ccf7f0a0b02', esphome: '5ccf7f0a0b03' } as const;
export const SECRET = 'a-secret-of-22-characters';
/** A minute of the site's time passes in 600 ms. */
const SPEED = 80;
/** Three of these are the shortest wait for an echo: 150 ms of real time. */
const CYCLE_MS = 5_000;

export interface BoughtBench {
  readonly id: string;
  readonly clock: Clock;
  readonly bus: MqttBus;
  readonly driver: BoughtBoard;
  readonly events: BoardEvent[];
  readonly board: SimulatedBoard;
  /** What flows behind each relay when it is on, watts. */
  readonly loadW: Map<number, number>;
  readonly contacts: Map<number, boolean>;
  another(mac: string): SimulatedBoard;
}

type Closing = (() => Promise<unknown>)[];

export async function boughtBench(kind: BoughtKind, open: Closing): Promise<BoughtBench> {
  const id = `${kind}-${MACS[kind]}`;
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    credentials: [
      { id, role: 'board', secret: SECRET },
      { id: 'edge-home-1', role: 'edge', secret: SECRET },
    ],
  });
  open.push(() => broker.close());
  const url = `mqtt://127.0.0.1:${broker.port}`;
  return benchOn(url, kind, open);
}

export async function benchOn(url: string, kind: BoughtKind, open: Closing): Promise<BoughtBench> {
  const id = `${kind}-${MACS[kind]}`;
  const clock = openClock({ speed: SPEED, anchorRealMs: Date.now(), anchorSiteMs: Date.now() });
  const bus = new MqttBus({
    url,
    credential: { id: 'edge-home-1', secret: SECRET },
    backoffMs: { first: 20, longest: 50 },
  });
  open.push(() => bus.end());
  const { dialect } = boardFamily(kind);
  if (!dialect) throw new Error(`${kind} has no dialect`);
  const events: BoardEvent[] = [];
  const driver = new BoughtBoard({
    id,
    device: id,
    dialect,
    channels: [1, 2].map((channel) => ({ channel, safeOn: false, leaseS: 90 })),
    mac: MACS[kind],
    bus,
    clock,
    cycleMs: CYCLE_MS,
    onEvent: (event) => events.push(event),
    random: Math.random,
  });
  bus.start();
  await until('the bus', () => bus.online);
  const ticking = setInterval(() => driver.tick(), 10);
  open.push(async () => clearInterval(ticking));
  const loadW = new Map<number, number>();
  const contacts = new Map<number, boolean>();
  const another = (mac: string) => {
    const board = new SimulatedBoard({
      kind,
      id,
      secret: SECRET,
      mac,
      channels: 2,
      brokerUrl: url,
      monoMs: () => clock.monoMs(),
      speed: SPEED,
      onContact: (channel, on) => contacts.set(channel, on),
      ...(kind === 'shelly' ? { powerW: (channel: number) => loadW.get(channel) ?? 0 } : {}),
    });
    open.push(() => board.close());
    return board;
  };
  const board = another(MACS[kind]);
  return { id, clock, bus, driver, events, board, loadW, contacts, another };
}
