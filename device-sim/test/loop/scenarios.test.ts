import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { LONG, type Report } from './scenario.ts';
import type { ScenarioName } from './scenario-table.ts';

const PATIENCE_MS = LONG ? 3_600_000 : 400_000;

function playAside(name: ScenarioName, share: number): Promise<Report> {
  return new Promise((resolve, reject) => {
    const file = path.resolve(import.meta.dirname, 'scenario-worker.ts');
    const worker = new Worker(file, { workerData: { name, share } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** Energy booked by the box against what truly flowed. */
function bookedShare({ importWh = 0, trueImportWh = 1 }: Report['facts']): number {
  return importWh / trueImportWh;
}

/** Once with the oracle's verdict, and once more: a quarter of it, or all of it in long runs. */
async function playTwice(name: ScenarioName): Promise<Report> {
  const [first, again] = await Promise.all([playAside(name, 1), playAside(name, LONG ? 1 : 0.25)]);
  expect(first.violations).toEqual([]);
  expect(first.facts).toMatchObject({ replayBroken: 0 });
  expect(again.quarterHash).toBe(first.quarterHash);
  if (LONG) expect(again.hash).toBe(first.hash);
  return first;
}

test(
  'a day of noise around every threshold moves relays rarely and breaks nothing',
  async () => {
    const { modes, mostSwitches } = await playTwice('noise');
    expect(modes).toContain('peak');
    // Noise of one second moves a relay less than once in half an hour.
    expect(mostSwitches).toBeLessThan(48);
  },
  PATIENCE_MS,
);

test(
  'a day of rolling outages: what matters stays on, the rest comes back one by one',
  async () => {
    const { modes, facts } = await playTwice('outages');
    const { servedCycles = 0 } = facts;
    expect(facts).toMatchObject({ outages: 16, together: 0 });
    expect(modes).toEqual(expect.arrayContaining(['normal', 'outage']));
    expect(servedCycles).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);

test(
  'a generated week is the same week twice, and its energy is booked as it flowed',
  async () => {
    const { facts } = await playTwice('week');
    expect(bookedShare(facts)).toBeCloseTo(1, 2);
  },
  PATIENCE_MS,
);

test(
  'a year with both changes of the clock: every quarter of an hour is booked once, and the energy adds up',
  async () => {
    const { facts } = await playTwice('year');
    expect(facts).toMatchObject({ twice: 0, march29: 92, july1: 96, october25: 100 });
    const { slots = 0 } = facts;
    expect(slots).toBeGreaterThanOrEqual(365 * 96 - 1);
    expect(bookedShare(facts)).toBeCloseTo(1, 2);
  },
  PATIENCE_MS,
);

const { WATTWARD_DATA } = process.env;
const measured = WATTWARD_DATA === undefined ? test.skip : test;
measured(
  'a measured week runs like a generated one (skipped where WATTWARD_DATA names no directory of measured homes)',
  async () => {
    const { facts } = await playTwice('measured week');
    expect(bookedShare(facts)).toBeCloseTo(1, 2);
  },
  PATIENCE_MS,
);
