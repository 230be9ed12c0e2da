/**
 * From a meter's register to a relay's pin, over real sockets: Modbus, the box as its own process, the broker, and
 * the board's own state machine. Measured as trips of the fuse rule with all smoothing, minimum times and budgets at
 * zero, each at a random moment of the cycle.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gridReading, SmallHome } from '../test/agent/small-home.ts';
import { until } from '../test/devices/modbus-server.ts';

interface Bench {
  readonly name: string;
  readonly unit: string;
  readonly bar: { readonly max?: number; readonly min?: number } | null;
  readonly long?: boolean;
  run(): Promise<number>;
}

const TRIPS = 100;
const TRIPS_PER_BOARD = 25;
/** What may come on top of one cycle: poll, decision, broker and board. */
const ALLOWANCE_MS = 15;
/** Twice the fuse: far above the band that is shed at once. */
const OVERLOAD_W = 11_500;
const QUIET_W = 300;

const NO_WAITING = {
  fuse: { returnS: 0, mediumS: 0, slowMeanS: 0 },
  returns: { fitS: 0, minShedS: 0, maxBackoffS: 0, causedWithinS: 0 },
  peak: { thresholdW: 1_000_000 },
  trust: { goodSamples: 1, goodS: 0 },
  signals: { meter: { frozenS: 0 } },
};

async function reactionP99Ms(cycleMs: number): Promise<number> {
  let pinOffAtMs: number | null = null;
  const home = await SmallHome.open({
    cycleMs,
    control: NO_WAITING,
    load: { maxSwitchesPerHour: 1000, maxSwitchesPerDay: 10_000 },
    onPin: (channel, level) => {
      if (channel === 1 && level === 0) pinOffAtMs ??= performance.now();
    },
  });
  const box = fork(path.join(import.meta.dirname, '../src/main.ts'), ['run', '--config', home.configFile], {
    stdio: 'ignore',
  });
  try {
    const [said] = await once(box, 'message');
    if (!said.ready) throw new Error(`the box did not start: ${JSON.stringify(said)}`);
    const reactionsMs: number[] = [];
    for (let trip = 0; trip < TRIPS; trip += 1) {
      home.drawsFromGrid(gridReading(QUIET_W));
      // The board itself counts its relay's last 64 operations; a fresh one has none.
      if (trip > 0 && trip % TRIPS_PER_BOARD === 0) home.board.boot(`b${trip}`);
      await until('the load on', () => home.board.isOn(1), 60_000);
      await delay(cycleMs * (1 + Math.random()));
      pinOffAtMs = null;
      const overloadAtMs = performance.now();
      home.drawsFromGrid(gridReading(OVERLOAD_W, 1));
      await until('the trip', () => pinOffAtMs !== null, 30_000);
      reactionsMs.push((pinOffAtMs ?? Number.NaN) - overloadAtMs);
    }
    reactionsMs.sort((a, b) => a - b);
    return reactionsMs[Math.ceil(0.99 * TRIPS) - 1] ?? Number.NaN;
  } finally {
    await ended(box);
    await home.close();
  }
}

async function ended(box: ChildProcess): Promise<void> {
  if (box.exitCode !== null) return;
  box.kill('SIGTERM');
  await once(box, 'exit');
}

export const benches: readonly Bench[] = [
  {
    name: 'meter register to relay pin, 100 ms cycle, p99 of 100 trips',
    unit: 'ms',
    bar: { max: 100 + ALLOWANCE_MS },
    run: () => reactionP99Ms(100),
  },
  {
    name: 'meter register to relay pin, 1 s cycle, p99 of 100 trips',
    unit: 'ms',
    bar: { max: 1_000 + ALLOWANCE_MS },
    long: true,
    run: () => reactionP99Ms(1_000),
  },
];
