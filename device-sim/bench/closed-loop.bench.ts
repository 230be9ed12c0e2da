/** How much faster than real time one home runs with its box in virtual time. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readHome } from '../src/home/home-file.ts';
import { RunningHome } from '../src/home/running-home.ts';
import { runSeed } from '../src/loop/campaign/run-seed.ts';
import { ClosedLoop } from '../src/loop/closed-loop.ts';
import { readSiteFile } from '../src/loop/installed-site.ts';

interface Bench {
  name: string;
  unit: string;
  bar: { max?: number; min?: number } | null;
  long?: boolean;
  run(): Promise<number>;
}

const HOMES = path.resolve(import.meta.dirname, '../homes');
const START_MS = Date.parse('2026-06-15T00:00:00Z');
const DAY_S = 86_400;

function timesRealTime(cycle: () => void): number {
  for (let i = 0; i < 20_000; i += 1) cycle();
  const beganMs = performance.now();
  for (let i = 0; i < DAY_S; i += 1) cycle();
  return (DAY_S * 1000) / (performance.now() - beganMs);
}

function defaultLoop(cycleMs: number): ClosedLoop {
  return new ClosedLoop({
    home: readHome(path.join(HOMES, 'default.yaml')),
    site: readSiteFile('home-1', readFileSync(path.join(HOMES, 'default.site.yaml'), 'utf8')),
    startMs: START_MS,
    cycleMs,
  });
}

function secondsOfDays(days: number): number {
  const loop = defaultLoop(1000);
  const beganMs = performance.now();
  for (let i = 0; i < days * DAY_S; i += 1) loop.cycle();
  return (performance.now() - beganMs) / 1000;
}

export const benches: Bench[] = [
  {
    name: 'closed loop of one home, 1 s steps',
    unit: 'x real time',
    bar: { min: 25_000 },
    async run() {
      const loop = defaultLoop(1000);
      return timesRealTime(() => loop.cycle());
    },
  },
  {
    name: 'closed loop of one home, 1 min steps',
    unit: 'x real time',
    bar: { min: 250_000 },
    async run() {
      const loop = defaultLoop(60_000);
      for (let i = 0; i < 5_000; i += 1) loop.cycle();
      const beganMs = performance.now();
      const minutes = 60 * 1440;
      for (let i = 0; i < minutes; i += 1) loop.cycle();
      return (minutes * 60_000) / (performance.now() - beganMs);
    },
  },
  {
    name: 'a year of decisions each second, from a simulated week',
    unit: 'min',
    bar: { max: 21 },
    run: async () => (secondsOfDays(7) * (365 / 7)) / 60,
  },
  {
    name: 'a year of decisions each second, all of it',
    unit: 'min',
    bar: { max: 21 },
    long: true,
    run: async () => secondsOfDays(365) / 60,
  },
  {
    name: 'fault campaign, one core, by CPU time',
    unit: 'x real time',
    bar: { min: 10_000 },
    async run() {
      // CPU time, not wall time: other work on the machine must not count.
      await runSeed({ seed: 1, days: 0.05 });
      const before = process.cpuUsage();
      let cycles = 0;
      for (const seed of [1, 2, 3, 4]) cycles += (await runSeed({ seed, days: 0.25 })).cycles;
      const { user, system } = process.cpuUsage(before);
      return (cycles * 1e6) / (user + system);
    },
  },
  {
    name: 'physics of one home, 1 s steps',
    unit: 'x real time',
    bar: null,
    async run() {
      const home = new RunningHome(readHome(path.join(HOMES, 'default.yaml')), START_MS);
      return timesRealTime(() => home.advanceTo(home.state.nowMs + 1000));
    },
  },
];
