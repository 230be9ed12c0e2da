/** How much faster than real time one home runs with its box in virtual time. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readHome } from '../src/home/home-file.ts';
import { RunningHome } from '../src/home/running-home.ts';
import { ClosedLoop } from '../src/loop/closed-loop.ts';
import { installedSite } from '../src/loop/site-file.ts';

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

export const benches: Bench[] = [
  {
    name: 'closed loop of one home, 1 s steps',
    unit: 'x real time',
    bar: { min: 25_000 },
    async run() {
      const loop = new ClosedLoop({
        home: readHome(path.join(HOMES, 'default.yaml')),
        site: installedSite('home-1', readFileSync(path.join(HOMES, 'default.site.yaml'), 'utf8'), {}),
        startMs: START_MS,
      });
      return timesRealTime(() => loop.cycle());
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
