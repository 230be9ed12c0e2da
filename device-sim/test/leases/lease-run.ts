/**
 * One seed: twenty minutes with a board, a box and a broker between them, faults for most of it, and at the end five
 * quiet minutes after which the box must have what it wants.
 */
import type { BoardConfig } from '@wattward/broker/wire/board';
import { Random } from '../../src/loop/campaign/random.ts';
import { BenchBoard, BOARD } from './bench-board.ts';
import { BenchBox, BOX_HEARS } from './bench-box.ts';
import { plantFaults } from './lease-faults.ts';
import { type Breach, LeaseOracle } from './lease-oracle.ts';
import { type Line, type SentOrder, VirtualBroker } from './virtual-broker.ts';
import { VirtualTime } from './virtual-time.ts';

export interface LeaseRun {
  readonly seed: number;
  readonly breaches: readonly Breach[];
  /** What happened, by name. */
  readonly counts: Readonly<Record<string, number>>;
  readonly simulatedMs: number;
}

const FAULTS_MS = 900_000;
const QUIET_MS = 300_000;
const SETTLING_MS = 150_000;
const CYCLE_MS = 1_000;
const REASONS_TO_WAIT = ['boot-hold', 'min-on', 'min-off', 'interlock', 'budget', 'button'];

export function runLeases(seed: number): LeaseRun {
  const random = new Random(seed);
  const time = new VirtualTime();
  const broker = new VirtualBroker(time);
  const channels = random.whole(1, 4);
  const config = drawConfig(random, channels);
  const sent: SentOrder[] = [];
  const board = new BenchBoard({
    time,
    channels,
    clockRate: 1 + random.between(-2e-4, 2e-4),
    counterStartMs: random.chance(0.3) ? 2 ** 32 - random.spread(1_000, 1_200_000) : 0,
    drawBoot: () => random.whole(1, 0xffff_ffff).toString(16),
    watch: {
      booted: () => oracle.booted(),
      stepped: (event, parcel, answer) => oracle.stepped(event, parcel, answer),
    },
  });
  const oracle: LeaseOracle = new LeaseOracle(time, board, factoryConfig(channels));
  const box = new BenchBox({
    time,
    config,
    leaseS: new Map(config.channels.map(({ channel }) => [channel, random.pick([12, 30, 90, 120])])),
    random: () => random.next(),
    onSent: (order) => {
      sent.push(order);
      oracle.sent(order);
    },
  });
  connect({ time, random, broker, board, box });
  const struck = plantFaults({ time, random, broker, board, box, channels, sent, endMs: FAULTS_MS });
  board.boot('power-on');
  box.start();
  decide(time, random, box, channels);
  time.every(
    () => random.between(200, 300),
    () => board.tick(),
  );
  time.every(
    () => CYCLE_MS,
    () => box.cycle(),
  );
  time.runTo(FAULTS_MS + QUIET_MS);
  const breaches = [
    ...oracle.breaches,
    ...unwilling(box, config, time.nowMs),
    ...lapsed(board, box, config, time.nowMs),
  ];
  return { seed, breaches, counts: { ...oracle.counts, ...prefixed(struck) }, simulatedMs: time.nowMs };
}

interface Parts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly broker: VirtualBroker;
  readonly board: BenchBoard;
  readonly box: BenchBox;
}

/** Both come back by themselves after a while, as often as the way is lost. */
function connect({ time, random, broker, board, box }: Parts): void {
  const slow = random.chance(0.3);
  const delayMs = () =>
    slow && time.nowMs < FAULTS_MS && random.chance(0.05) ? random.spread(100, 8_000) : random.spread(2, 80);
  const boardLine: Line = broker.line({
    hears: ['command', 'config', 'identify'],
    delayMs,
    receive: (parcel) => board.receive(parcel),
    onLink: (up) => board.handle({ type: 'link', up }),
  });
  const boxLine: Line = broker.line({
    hears: BOX_HEARS,
    delayMs,
    receive: (parcel, retained) => box.receive(parcel, retained),
    onLink: (up) => box.linked(up),
  });
  board.line = boardLine;
  box.line = boxLine;
  const again = (line: Line, able: () => boolean) =>
    time.every(
      () => random.spread(300, 20_000),
      () => {
        if (able()) line.connect();
      },
    );
  again(boardLine, () => board.powered);
  again(boxLine, () => box.alive);
}

/** What the box wants: changing at a pace of its own, quickly in some seeds; protective now and then. */
function decide(time: VirtualTime, random: Random, box: BenchBox, channels: number): void {
  for (let channel = 1; channel <= channels; channel += 1) {
    const meanMs = random.spread(2_000, 400_000);
    const wish = () => {
      const on = random.chance(0.6);
      box.want(channel, { on, protective: !on && random.chance(0.2), reason: 'campaign' });
    };
    wish();
    time.every(
      () => -Math.log(1 - random.next()) * meanMs,
      () => {
        if (time.nowMs < FAULTS_MS) wish();
      },
    );
  }
}

/** After the quiet minutes every wish is fulfilled, or the board has a reason of its own. */
function unwilling(box: BenchBox, { channels }: BoardConfig, atMs: number): Breach[] {
  return channels.flatMap(({ channel }) => {
    const line = box.channel(channel);
    const wanted = box.wanted(channel)?.on;
    const held = line?.reported?.cause === 'button' && line.reported.leaseLeftS > 0;
    const refused = line?.refusal && REASONS_TO_WAIT.includes(line.refusal);
    if (!line || line.reported?.on === wanted || refused || held) return [];
    const what = `relay ${channel} is not as the box wants it: ${line.refusal ?? 'no answer'}`;
    return [{ rule: 'recovery', atMs, what }];
  });
}

/** With everything sound again a lease is renewed, not run out and ordered anew. */
function lapsed(board: BenchBoard, box: BenchBox, { channels }: BoardConfig, atMs: number): Breach[] {
  return channels.flatMap(({ channel, safeState }) => {
    const relay = board.state.channels[channel - 1];
    const safeOn = safeState === 'on';
    const quietFrom = board.state.uptimeMs - (QUIET_MS - SETTLING_MS);
    const ranOut = relay?.cause === 'lease-end' && relay.changedAtMs > quietFrom;
    if (!ranOut || box.wanted(channel)?.on === safeOn || box.wanted(channel)?.on === relay.on) return [];
    return [{ rule: 'renewal', atMs, what: `the lease of relay ${channel} ran out in quiet times` }];
  });
}

function drawConfig(random: Random, channels: number): BoardConfig {
  return {
    v: 1,
    board: BOARD,
    telemetryS: random.pick([5, 15, 15, 60]),
    channels: Array.from({ length: channels }, (_, i) => ({
      channel: i + 1,
      safeState: random.chance(0.25) ? 'on' : 'off',
      contact: random.chance(0.25) ? 'nc' : 'no',
      minOnS: random.pick([0, 0, 60, 300]),
      minOffS: random.pick([0, 0, 60, 300]),
      interlock: random.pick([0, 0, 0, 1]),
      maxLeaseS: random.pick([90, 120]),
      maxSwitchesPerHour: random.pick([0, 20, 20, 60]),
      maxSwitchesPerDay: random.pick([0, 60, 200]),
    })),
  };
}

/** As a board leaves the factory. */
function factoryConfig(channels: number): BoardConfig['channels'] {
  return Array.from({ length: channels }, (_, i) => ({
    channel: i + 1,
    safeState: 'off',
    contact: 'no',
    minOnS: 60,
    minOffS: 60,
    interlock: 0,
    maxLeaseS: 120,
    maxSwitchesPerHour: 20,
    maxSwitchesPerDay: 60,
  }));
}

function prefixed(struck: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(struck).map(([name, n]) => [`fault: ${name}`, n]));
}
