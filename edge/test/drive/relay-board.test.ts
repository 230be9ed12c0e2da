import { afterEach, describe, expect, test } from '@jest/globals';
import { type Clock, openClock } from '../../src/clock.ts';
import { STANDARD_COMMANDS } from '../../src/core/command-settings.ts';
import type { BoardEvent } from '../../src/drive/board-driver.ts';
import { RelayBoard } from '../../src/drive/relay-board.ts';
import type { MqttBus } from '../../src/link/mqtt-bus.ts';
import { BoardOnBus } from '../devices/board-on-bus.ts';
import { BOARD, type HomeBroker, homeBroker, SECRETS } from '../devices/home-broker.ts';
import { until } from '../devices/modbus-server.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A minute of the site's time passes in 600 ms. */
const SPEED = 100;
/** Three of these are the shortest wait for an echo: 150 ms of real time. */
const CYCLE_MS = 5_000;

interface Bench {
  readonly broker: HomeBroker;
  readonly clock: Clock;
  readonly bus: MqttBus;
  readonly driver: RelayBoard;
  readonly events: BoardEvent[];
  board: BoardOnBus;
}

const CHANNEL = {
  safeState: 'off',
  contact: 'no',
  minOnS: 0,
  minOffS: 0,
  interlock: 0,
  maxLeaseS: 120,
  maxSwitchesPerHour: 0,
  maxSwitchesPerDay: 0,
} as const;

async function bench(commands = STANDARD_COMMANDS): Promise<Bench> {
  const broker = await homeBroker();
  open.push(() => broker.close());
  const clock = openClock({ speed: SPEED, anchorRealMs: Date.now(), anchorSiteMs: Date.now() });
  const bus = broker.bus('edge-home-1');
  open.push(() => bus.end());
  const events: BoardEvent[] = [];
  const driver = new RelayBoard({
    config: {
      v: 1,
      board: BOARD,
      telemetryS: 15,
      channels: [1, 2].map((channel) => ({ channel, ...CHANNEL })),
    },
    leaseS: new Map(),
    bus,
    clock,
    cycleMs: CYCLE_MS,
    commands,
    onEvent: (event) => events.push(event),
    random: Math.random,
  });
  bus.start();
  await until('the bus', () => bus.online);
  const ticking = setInterval(() => driver.tick(), 10);
  open.push(async () => clearInterval(ticking));
  const board = await connectBoard(broker, clock);
  return { broker, clock, bus, driver, events, board };
}

async function connectBoard(broker: HomeBroker, clock: Clock): Promise<BoardOnBus> {
  const board = await BoardOnBus.open({
    url: broker.url,
    board: BOARD,
    secret: SECRETS[BOARD],
    monoMs: () => clock.monoMs(),
    tickMs: 10,
  });
  open.push(() => board.close());
  return board;
}

const ON = { on: true, protective: false, reason: 'loads: surplus' };
const OFF = { on: false, protective: false, reason: 'loads: no surplus' };

describe('a relay board over a real broker', () => {
  test('configures the board, switches a relay and hears its echo', async () => {
    const { driver, board } = await bench();
    driver.order(1, ON);
    await until('the relay on', () => board.isOn(1));
    await until('the echo', () => driver.channel(1)?.reported?.on === true);
    expect(board.state.config.channels[0]).toMatchObject({ minOnS: 0, maxLeaseS: 120 });
    expect(board.commands.at(-1)).toMatchObject({ channel: 1, on: true, leaseS: 90 });
    driver.order(1, OFF);
    await until('the relay off', () => !board.isOn(1));
    expect(board.commands.at(-1)).toMatchObject({ channel: 1, on: false, leaseS: 0 });
  });

  test('holds a relay on by renewing its lease, far beyond one lease', async () => {
    const { driver, board, clock } = await bench();
    driver.order(1, ON);
    await until('the relay on', () => board.isOn(1));
    const onSinceMs = clock.monoMs();
    await until('three leases', () => clock.monoMs() - onSinceMs > 270_000);
    expect(board.isOn(1)).toBe(true);
    expect(board.state.channels[0]?.switches).toBe(1);
    const renewals = board.commands.length - 1;
    expect(renewals).toBeGreaterThanOrEqual(8);
    expect(renewals).toBeLessThanOrEqual(14);
  });

  test('a box that is gone lets the relay fall into its safe state when the lease ends', async () => {
    const { driver, board, bus, clock } = await bench();
    driver.order(1, ON);
    await until('the relay on', () => board.isOn(1));
    const onSinceMs = clock.monoMs();
    await bus.end();
    await until('the lease to end', () => !board.isOn(1));
    expect(clock.monoMs() - onSinceMs).toBeGreaterThan(60_000);
    expect(clock.monoMs() - onSinceMs).toBeLessThan(100_000);
    expect(board.state.channels[0]?.cause).toBe('lease-end');
  });

  test('after a boot of the board the box learns the new boot and switches on again', async () => {
    const { driver, board, events } = await bench();
    driver.order(1, ON);
    await until('the relay on', () => board.isOn(1));
    board.boot('b2');
    expect(board.isOn(1)).toBe(false);
    await until('the relay on again', () => board.isOn(1));
    expect(events.map(({ code }) => code)).toContain('board-restarted');
  });

  test('a retained state alone is never enough to send a command', async () => {
    const { broker, clock, board, bus: first, driver: earlier } = await bench();
    await until('a heartbeat', () => earlier.presence() === 'present');
    await board.close();
    await first.end();
    const bus = broker.bus('edge-home-1');
    const heard: boolean[] = [];
    bus.subscribe('boardState', { boardId: BOARD }, ({ retained }) => heard.push(retained));
    const driver = new RelayBoard({
      config: { v: 1, board: BOARD, telemetryS: 15, channels: [{ channel: 1, ...CHANNEL }] },
      leaseS: new Map(),
      bus,
      clock,
      cycleMs: CYCLE_MS,
      onEvent: () => {},
      random: Math.random,
    });
    open.push(() => bus.end());
    bus.start();
    await until('the retained state', () => heard.length > 0);
    driver.order(1, ON);
    expect(heard).toEqual([true]);
    expect(driver.presence()).toBe('unknown');
    expect(driver.channel(1)?.due(clock.monoMs())).toBe(false);
    const back = await connectBoard(broker, clock);
    await until('the relay on', () => back.isOn(1));
  });

  test('a deaf board is alarmed after three tries, and found again when it hears', async () => {
    const { driver, board, events } = await bench();
    await until('a heartbeat', () => driver.presence() === 'present');
    board.deaf = true;
    driver.order(1, ON);
    await until('the alarm', () => events.some(({ code }) => code === 'relay-unresponsive'));
    expect(events.find(({ code }) => code === 'relay-unresponsive')).toMatchObject({
      severity: 'alarm',
      params: { board: BOARD, channel: 1 },
    });
    board.deaf = false;
    await until('the recovery', () => events.some(({ code }) => code === 'relay-recovered'));
    expect(board.isOn(1)).toBe(true);
  });

  test('a relay that has switched as often as its kind lives is reported once', async () => {
    const { driver, board, events } = await bench({ ...STANDARD_COMMANDS, lifeSwitches: 2 });
    const worn = () => events.filter(({ code }) => code === 'relay-worn');
    driver.order(1, ON);
    await until('the relay on', () => board.isOn(1));
    await until('its report', () => driver.channel(1)?.reported?.on === true);
    expect(worn()).toEqual([]);
    driver.order(1, { ...ON, on: false });
    await until('the second operation', () => worn().length > 0);
    driver.order(1, ON);
    await until('the third', () => driver.channel(1)?.reported?.switches === 3);
    expect(worn()).toEqual([
      { code: 'relay-worn', severity: 'warning', params: { board: BOARD, channel: 1, switches: 2 } },
    ]);
  });

  test('a silent board is suspect after 45 s and offline after 90 s, though its connection stands', async () => {
    const { driver, board, events, clock } = await bench();
    await until('a heartbeat', () => driver.presence() === 'present');
    board.mute = true;
    const silentSinceMs = clock.monoMs();
    await until('suspicion', () => driver.presence() === 'suspect');
    expect(clock.monoMs() - silentSinceMs).toBeGreaterThan(25_000);
    await until('offline', () => driver.presence() === 'offline');
    expect(clock.monoMs() - silentSinceMs).toBeLessThan(100_000);
    await until('the alarm', () => events.some(({ code }) => code === 'board-offline'));
    board.mute = false;
    await until('its return', () => events.some(({ code }) => code === 'board-back'));
  });

  test('a refused command is asked for again without an alarm', async () => {
    const { driver, board, events } = await bench();
    driver.order(1, ON);
    await until('the relay on', () => board.isOn(1));
    board.send({
      type: 'config',
      message: {
        ...board.state.config,
        channels: board.state.config.channels.map((c) => ({ ...c, minOnS: 40 })),
      },
    });
    driver.order(1, { ...OFF, protective: false });
    // leaseS 0 is the way home and may break a minimum on-time; the way out again must wait for the minimum off-time.
    await until('the relay off', () => !board.isOn(1));
    board.send({
      type: 'config',
      message: {
        ...board.state.config,
        channels: board.state.config.channels.map((c) => ({ ...c, minOffS: 60 })),
      },
    });
    driver.order(1, ON);
    await until('the refusal', () => driver.channel(1)?.refusal === 'min-off');
    await until('the relay on', () => board.isOn(1));
    expect(events).toEqual([]);
  });

  test('a broker that restarts costs no relay', async () => {
    const { driver, board, broker, bus, clock } = await bench();
    driver.order(1, ON);
    await until('the relay on', () => board.isOn(1));
    await broker.close();
    await until('the loss', () => !bus.online);
    const again = await homeBroker(broker.port);
    open.push(() => again.close());
    await until('the bus', () => bus.online);
    await board.close();
    const back = await connectBoard(again, clock);
    await until('the relay on again', () => back.isOn(1));
  });
});
