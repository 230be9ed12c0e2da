/** What goes wrong in one seed: each class is on or off, and comes at a rate of its own. */
import type { Random } from '../../src/loop/campaign/random.ts';
import type { BenchBoard } from './bench-board.ts';
import { BOARD } from './bench-board.ts';
import type { BenchBox } from './bench-box.ts';
import type { SentOrder, VirtualBroker } from './virtual-broker.ts';
import type { VirtualTime } from './virtual-time.ts';

interface FaultClass {
  readonly name: string;
  /** Mean seconds between two of them: shortest and longest of all seeds. */
  readonly everyS: readonly [number, number];
  readonly strike: (scene: Scene) => void;
}

export interface Scene {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly broker: VirtualBroker;
  readonly board: BenchBoard;
  readonly box: BenchBox;
  readonly channels: number;
  /** Everything the box sent of late, newest last. */
  readonly sent: SentOrder[];
  /** After this instant nothing goes wrong any more. */
  readonly endMs: number;
}

const MOST_KEPT = 200;

const CLASSES: readonly FaultClass[] = [
  {
    name: 'box killed',
    everyS: [60, 600],
    strike: (scene) => {
      scene.box.kill();
      scene.time.after(lasting(scene, 500, 300_000), () => {
        if (!scene.box.alive) scene.box.start();
      });
    },
  },
  {
    name: 'box frozen',
    everyS: [60, 400],
    strike: (scene) => scene.box.freeze(lasting(scene, 1_000, 200_000)),
  },
  {
    name: 'broker killed',
    everyS: [90, 600],
    strike: (scene) => {
      scene.broker.kill(scene.random.chance(0.5));
      scene.time.after(lasting(scene, 200, 200_000), () => scene.broker.restart());
    },
  },
  { name: 'Wi-Fi flapping', everyS: [20, 300], strike: ({ board }) => board.line?.drop() },
  { name: 'box link lost', everyS: [60, 400], strike: ({ box }) => box.line?.drop() },
  {
    name: 'frozen connection',
    everyS: [40, 300],
    strike: (scene) =>
      scene.random.pick([scene.box.line, scene.board.line])?.freeze(lasting(scene, 500, 120_000)),
  },
  {
    name: 'board reboot',
    everyS: [60, 600],
    strike: ({ board, random }) => {
      if (board.powered) board.boot(random.pick(['watchdog', 'power-on']));
    },
  },
  {
    name: 'brown-out loop',
    everyS: [200, 600],
    strike: (scene) => brownOuts(scene, scene.random.whole(2, 12)),
  },
  {
    name: 'supply cut',
    everyS: [150, 600],
    strike: (scene) => {
      scene.board.cutPower();
      scene.time.after(lasting(scene, 50, 120_000), () => {
        if (!scene.board.powered) scene.board.boot('power-on');
      });
    },
  },
  {
    name: 'repeated command',
    everyS: [3, 30],
    strike: (scene) => replay(scene, scene.sent.at(-scene.random.whole(1, 3))),
  },
  { name: 'old command', everyS: [3, 30], strike: (scene) => replay(scene, anyOf(scene)) },
  {
    name: 'retained command',
    everyS: [60, 300],
    strike: (scene) => {
      const order = anyOf(scene);
      if (order) scene.broker.publish({ topic: 'command', text: order.text, retain: true, order });
    },
  },
  {
    name: 'forged command',
    everyS: [5, 60],
    strike: (scene) =>
      scene.board.receive({ topic: 'command', text: forged(scene), retain: false, order: null }),
  },
  {
    name: 'button',
    everyS: [60, 600],
    strike: ({ board, random, channels }) =>
      board.handle({ type: 'button', channel: random.whole(1, channels) }),
  },
];

/** @returns how often each class struck, filled while the scene runs. */
export function plantFaults(scene: Scene): Record<string, number> {
  const { random, time, endMs } = scene;
  const struck: Record<string, number> = {};
  for (const { name, everyS, strike } of CLASSES) {
    if (random.chance(0.5)) continue;
    const meanMs = random.spread(...everyS) * 1000;
    time.every(
      () => -Math.log(1 - random.next()) * meanMs,
      () => {
        if (time.nowMs > endMs) return;
        struck[name] = (struck[name] ?? 0) + 1;
        strike(scene);
        scene.sent.splice(0, scene.sent.length - MOST_KEPT);
      },
    );
  }
  return struck;
}

/** It is over with the others. */
function lasting({ random, time, endMs }: Scene, shortestMs: number, longestMs: number): number {
  return Math.min(random.spread(shortestMs, longestMs), Math.max(1, endMs - time.nowMs));
}

function anyOf({ random, sent }: Scene): SentOrder | undefined {
  return sent.length > 0 ? random.pick(sent) : undefined;
}

/** A supply that comes and goes: starts follow each other before the board is ready. */
function brownOuts(scene: Scene, left: number): void {
  const { board, time, random, endMs } = scene;
  if (left === 0 || time.nowMs > endMs) return;
  board.boot('brown-out');
  time.after(random.spread(100, 12_000), () => brownOuts(scene, left - 1));
}

/** Brought to the board once more, whatever connection there is. */
function replay({ board }: Scene, order: SentOrder | undefined): void {
  if (order) board.receive({ topic: 'command', text: order.text, retain: false, order });
}

/** Whole and well formed, but for another board, another boot, or with a number or an expiry that has passed. */
function forged({ random, board, channels }: Scene): string {
  const { boot, uptimeMs } = board.state;
  const wrong = random.pick(['board', 'boot', 'seq', 'expired'] as const);
  return JSON.stringify({
    v: 1,
    board: wrong === 'board' ? 'esp12f-000000000000' : BOARD,
    boot: wrong === 'boot' ? '0' : boot || '1',
    seq: wrong === 'seq' ? 0 : 1_000_000,
    channel: random.whole(1, channels),
    on: random.chance(0.5),
    leaseS: random.pick([0, 30, 90]),
    expUptimeMs: wrong === 'expired' ? Math.max(0, uptimeMs - 1_000) : uptimeMs + 5_000,
    reason: 'forged',
    protective: random.chance(0.5),
  });
}
