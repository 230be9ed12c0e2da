/** A home whose objects are real processes on a real broker, beside the same home in one process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { homeOf } from '../../src/home/home-file.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { AssembledHome } from '../../src/object/assembled-home.ts';
import { loneObjects } from '../../src/object/lone-object.ts';
import { type HomeBus, openHomeBus } from '../faces/home-bus.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';

const ROOM = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(ROOM, 'src/main.ts');
const STEPS = 120;

/** One object of each sort, so that the machine has few processes to start. */
const KEPT = ['grid', 'hybrid', 'roof-south', 'home-battery', 'household', 'oven', 'tank'];
const home = homeOf(
  {
    ...defaultHome(),
    objects: [
      ...defaultHome().objects.map((o) => (o.id === 'oven' ? { ...o, on: true } : o)),
      { id: 'tank', kind: 'water-heater', powerW: 2000 },
    ].filter(({ id }) => KEPT.includes(id)),
  },
  'home',
);
const objects = loneObjects(home);

let bus: HomeBus;
let assembled: AssembledHome;
let running: RunningHome;
const processes = new Map<string, ChildProcess>();

function homeFile(): string {
  return path.join(bus.secretsDir, 'home.yaml');
}

function startObject(id: string, kind: string): void {
  const where = ['--home', homeFile(), '--site', 'home-1', '--broker', bus.url, '--secrets', bus.secretsDir];
  processes.set(
    id,
    spawn(process.execPath, [MAIN, 'object', kind, '--id', id, ...where], { stdio: 'ignore' }),
  );
}

beforeEach(async () => {
  const identities = objects.map(({ id }) => `sim-home-1-${id}`);
  bus = await openHomeBus([], [], ['sim-home-1', ...identities]);
  writeFileSync(homeFile(), stringify(home));
  for (const { id, kind } of objects) startObject(id, kind);
  running = new RunningHome(home, JUNE_MORNING_MS);
  assembled = new AssembledHome({
    running,
    siteId: 'home-1',
    brokerUrl: bus.url,
    secretsDir: bus.secretsDir,
    identity: 'sim-home-1',
    onProblem: () => {},
  });
}, 60_000);

afterEach(async () => {
  for (const child of processes.values()) child.kill('SIGKILL');
  processes.clear();
  await assembled.close();
  await bus.close();
});

test('the energies are those of the home in one process, step for step; an object that is stopped is out, and the books close', async () => {
  const alone = new RunningHome(home, JUNE_MORNING_MS);
  for (let n = 0; n < STEPS; n += 1) {
    await assembled.step(1);
    alone.advanceTo(JUNE_MORNING_MS + (n + 1) * 1000);
  }
  expect([...assembled.present].sort()).toEqual(objects.map(({ id }) => id).sort());
  expect(running.state.totals.sunJ).toBeGreaterThan(0);
  expect(running.state).toEqual(alone.state);
  expect(running.flows).toEqual(alone.flows);

  const household = processes.get('household');
  household?.kill('SIGKILL');
  if (household) await once(household, 'exit');
  const battery = processes.get('home-battery');
  battery?.kill('SIGKILL');
  if (battery) await once(battery, 'exit');
  await assembled.step(1);
  await assembled.step(1);
  expect(assembled.present.has('household')).toBe(false);
  expect(running.loadPowerW('household')).toBe(0);
  expect(running.flows.inverters[0]?.batteryDcPowerW).toBe(0);
  expect(Math.abs(running.flows.residualJ)).toBeLessThan(1e-3);

  // Another battery process begins with the charge of the home file: the books still close.
  startObject('home-battery', 'battery');
  const deadlineMs = performance.now() + 40_000;
  while (!assembled.present.has('home-battery') && performance.now() < deadlineMs) await assembled.step(1);
  expect(assembled.present.has('home-battery')).toBe(true);
  expect(Math.abs(running.flows.residualJ)).toBeLessThan(1e-3);
}, 120_000);
