/**
 * A house with four relay boards (own, Tasmota, Shelly, ESPHome) of two relays each, a grid meter that sees the
 * phases, a real broker and the box's commissioning desk. Wires, contacts and the meter can be wrong.
 */
import { FACTORY_TOPICS } from '../../../broker/src/access/credential.ts';
import { startBroker } from '../../../broker/src/server/start-broker.ts';
import { openClock } from '../../../edge/src/clock.ts';
import { CommissioningDesk } from '../../../edge/src/commissioning/desk.ts';
import { BoxClient } from '../../../edge/src/commissioning/wizard/box-client.ts';
import type { Hand } from '../../../edge/src/commissioning/wizard/person.ts';
import { answerInstallerOn } from '../../../edge/src/link/cloud-link.ts';
import { MqttBus } from '../../../edge/src/link/mqtt-bus.ts';
import { until } from '../../../edge/test/devices/modbus-server.ts';
import { BoardLink } from '../../src/faces/board-link.ts';
import { BoughtBoard } from '../../src/faces/bought-boards/bought-board.ts';

const SPEED = 60;
/** Three of these are the longest wait for an echo: half a second of real time. */
const CYCLE_MS = 10_000;
const SECRET = 'a-secret-of-22-characters';
export const LABEL = 'K7M2Q9X4T1B8C3D6F5G0';
export const OWN = 'esp12f-5ccf7f000001';
export const TASMOTA = 'tasmota-5ccf7f000002';
export const SHELLY = 'shelly-5ccf7f000003';
export const ESPHOME = 'esphome-5ccf7f000004';

/** What really hangs on a relay. */
interface Wire {
  readonly powerW: number;
  phase: 0 | 1 | 2;
  /** Never closes, or never opens any more. */
  contact: 'sound' | 'stuck' | 'welded';
}

interface Board {
  setPower(on: boolean): void;
  setLink(up: boolean): void;
  close(): Promise<void>;
}

export interface House {
  readonly url: string;
  readonly wires: Map<string, Wire>;
  readonly boards: ReadonlyMap<string, Board>;
  /** Phases whose current transformer is reversed. */
  readonly reversed: Set<number>;
  swap(a: string, b: string): void;
  hands(hand: Hand, device: string): Promise<void>;
  installer(): Promise<BoxClient>;
  readonly saved: Map<string, string>;
}

/** @param foreignUrl a broker that is there already and lets everybody in; left out: our own */
export async function practiceHouse(open: (() => Promise<unknown>)[], foreignUrl?: string): Promise<House> {
  const url = foreignUrl ?? (await ownBroker(open));
  const clock = openClock({ speed: SPEED, anchorRealMs: Date.now(), anchorSiteMs: Date.now() });
  const wires = new Map<string, Wire>();
  const coils = new Map<string, boolean>();
  for (const [i, id] of [OWN, TASMOTA, SHELLY, ESPHOME].entries()) {
    wires.set(`${id}/1`, { powerW: 2000 + 100 * i, phase: (i % 3) as 0 | 1 | 2, contact: 'sound' });
    wires.set(`${id}/2`, { powerW: 900, phase: ((i + 1) % 3) as 0 | 1 | 2, contact: 'sound' });
  }
  const reversed = new Set<number>();
  const boards = openBoards({ url, monoMs: () => clock.monoMs(), coils, open });
  const bus = new MqttBus({ url, credential: { id: 'edge-home-1', secret: SECRET } });
  open.push(() => bus.end());
  const saved = new Map<string, string>();
  const meter = { atMonoMs: 0, powersW: [0, 0, 0] };
  const desk = new CommissioningDesk({
    siteId: 'home-1',
    software: 'test',
    bus,
    clock,
    cycleMs: CYCLE_MS,
    driven: () => undefined,
    onEvent: () => {},
    store: {
      loadState: (key) => Promise.resolve(saved.get(key) ?? null),
      saveState: (key, json) => {
        saved.set(key, json);
        return Promise.resolve({ durable: true } as never);
      },
    },
    phasesW: () => {
      const atMonoMs = clock.monoMs();
      if (atMonoMs - meter.atMonoMs < 900) return { ...meter };
      meter.atMonoMs = atMonoMs;
      meter.powersW = [300, 200, 400].map((baseW, phase) => {
        let powerW = baseW + 30 * Math.sin(atMonoMs / 3000 + phase);
        for (const [key, wire] of wires) {
          const closed = wire.contact === 'welded' || (wire.contact === 'sound' && coils.get(key) === true);
          if (wire.phase === phase && closed) powerW += wire.powerW;
        }
        return reversed.has(phase) ? -powerW : powerW;
      });
      return { ...meter };
    },
  });
  open.push(async () => desk.close());
  answerInstallerOn(bus, 'home-1', (_, request) => desk.answer(request));
  bus.start();
  await until('the box', () => bus.online);
  return {
    url,
    wires,
    boards,
    reversed,
    saved,
    swap: (a, b) => {
      const [first, second] = [wires.get(a), wires.get(b)];
      if (first && second) wires.set(a, second).set(b, first);
    },
    hands: async (hand, device) => {
      const found = boards.get(device);
      if (hand.endsWith('link')) found?.setLink(hand === 'restore-link');
      else found?.setPower(hand === 'restore-power');
    },
    installer: async () => {
      const box = new BoxClient({ url, siteId: 'home-1', credential: { id: 'tablet', secret: SECRET } });
      open.push(() => box.close());
      await box.connect();
      return box;
    },
  };
}

async function ownBroker(open: (() => Promise<unknown>)[]): Promise<string> {
  const board = (id: string) => ({ id, role: 'board' as const, secret: SECRET });
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    credentials: [
      { id: OWN, role: 'board', secret: LABEL, topics: FACTORY_TOPICS },
      board(TASMOTA),
      board(SHELLY),
      board(ESPHOME),
      { id: 'edge-home-1', role: 'edge', secret: SECRET },
      { id: 'tablet', role: 'installer', secret: SECRET },
    ],
  });
  open.push(() => broker.close());
  return `mqtt://127.0.0.1:${broker.port}`;
}

interface Basics {
  readonly url: string;
  readonly monoMs: () => number;
  readonly coils: Map<string, boolean>;
  readonly open: (() => Promise<unknown>)[];
}

function openBoards({ url, monoMs, coils, open }: Basics): ReadonlyMap<string, Board> {
  const contact = (id: string) => (channel: number, on: boolean) => coils.set(`${id}/${channel}`, on);
  const own = new BoardLink({
    identity: {
      board: OWN,
      model: 'esp12f-4ch',
      firmware: 'twin-0.1.0',
      mac: '5c:cf:7f:00:00:01',
      claim: '',
      pins: [16, 14],
    },
    monoMs,
    bootId: 'a1',
    flash: { config: null, switches: null },
    poweredForMs: 3_600_000,
    onContact: contact(OWN),
    brokerUrl: url,
    secretsDir: '',
    speed: SPEED,
    onProblem: () => {},
    label: LABEL,
  });
  const bought = ([TASMOTA, SHELLY, ESPHOME] as const).map((id) => {
    const kind = id.split('-')[0] as 'tasmota' | 'shelly' | 'esphome';
    const board = new BoughtBoard({
      kind,
      id,
      secret: SECRET,
      mac: id.slice(-12),
      channels: 2,
      brokerUrl: url,
      monoMs,
      speed: SPEED,
      onContact: contact(id),
    });
    return [id, board] as const;
  });
  const boards = new Map<string, Board>([[OWN, own], ...bought]);
  for (const board of boards.values()) open.push(() => board.close());
  return boards;
}
