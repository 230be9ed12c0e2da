/**
 * Peak watch on the running system: real processes, real sockets, the box's own journal read by its command. A spike is
 * no peak; a peak sheds the least important load first; what was shed returns one by one, the most important first.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, HomeRig, ROOT } from './home-rig.ts';

const SPEED = 10;
const run = promisify(execFile);
const scratch = mkdtempSync(path.join(tmpdir(), 'peak-order-'));
let rig: HomeRig;

/** The winter night with both heaters running through: 4.5 kW before anybody cooks. */
beforeAll(async () => {
  const homes = path.join(ROOT, 'device-sim/homes');
  const home = readFileSync(path.join(homes, 'peak.yaml'), 'utf8').replace(
    'initialTemperatureC: 60',
    'initialTemperatureC: 12',
  );
  writeFileSync(path.join(scratch, 'night.yaml'), home);
  const site = readFileSync(path.join(homes, 'peak.site.yaml'), 'utf8').replace(
    'target: { energyWh: 5000, deadline: "06:30" }',
    'target: { runMin: 500, deadline: "06:30" }',
  );
  writeFileSync(path.join(scratch, 'night.site.yaml'), site);
  rig = await HomeRig.prepare([
    '--home',
    path.join(scratch, 'night.yaml'),
    '--headless',
    '--speed',
    String(SPEED),
  ]);
  await rig.startBroker();
  await rig.startSimulator();
  await rig.startBox();
}, 60_000);

afterAll(async () => {
  await rig?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const turn = (id: string, on: boolean) => rig.sim('POST', `objects/${id}/switch`, { on });
const siteMs = async () => Date.parse((await rig.sim<{ at: string }>('GET', 'clock')).at);

async function siteSeconds(seconds: number): Promise<void> {
  const endMs = (await siteMs()) + seconds * 1000;
  await eventually(`${seconds} s of the home's time`, async () => (await siteMs()) >= endMs, 60_000);
}

async function closed(id: string): Promise<boolean> {
  const { state } = await rig.sim<{ state: { closed?: boolean } }>('GET', `objects/${id}`);
  return state.closed === true;
}

interface Entry {
  readonly atMs: number;
  readonly actuator: string;
  readonly outcome: string;
  readonly code: string;
}

/** What the box has written down since `fromMs`, oldest first. */
async function journal(fromMs: number): Promise<Entry[]> {
  const config = path.join(rig.site.dir, 'edge.yaml');
  const main = path.join(ROOT, 'edge/src/main.ts');
  const args = [main, 'journal', '--config', config, '--month', '2026-01', '--folder', scratch];
  const { stdout } = await run(process.execPath, args);
  const [head = '', ...lines] = readFileSync(stdout.trim(), 'utf8').trim().split('\r\n');
  const names = head.split(',');
  const cell = (cells: string[], name: string) => cells[names.indexOf(name)] ?? '';
  return lines
    .map((line) => line.split(','))
    .map((cells) => ({
      atMs: Date.parse(cell(cells, 'time_utc')),
      actuator: cell(cells, 'actuator'),
      outcome: cell(cells, 'outcome'),
      code: cell(cells, 'code'),
    }))
    .filter(({ atMs }) => atMs >= fromMs);
}

/**
 * The records at which an actuator's outcome became another. A reason may be written down anew beside an outcome that
 * stays: a machine that stalls lets the meter look old for a moment.
 */
function moves(entries: readonly Entry[]): Entry[] {
  const last = new Map<string, string>();
  return entries.filter(({ actuator, outcome }) => {
    const moved = last.get(actuator) !== outcome;
    last.set(actuator, outcome);
    return moved;
  });
}

test('a spike of a second is no peak', async () => {
  await eventually(
    'both heaters run',
    async () => (await closed('pool-heater')) && (await closed('water-heater')),
    40_000,
  );
  await siteSeconds(60);
  const fromMs = await siteMs();
  await turn('space-heater', true);
  let spikeW = 0;
  await eventually('the spike', async () => {
    spikeW = (await rig.sim<{ gridPowerW: number }>('GET', 'flows')).gridPowerW;
    return spikeW > 9_000;
  });
  await turn('space-heater', false);
  await siteSeconds(60);
  const written = await journal(fromMs);
  expect(written.filter(({ actuator }) => actuator === 'home')).toEqual([]);
  expect(await closed('pool-heater')).toBe(true);
}, 120_000);

test('above 9 kW the least important load goes first, and the most important returns first', async () => {
  const fromMs = await siteMs();
  await turn('space-heater', true);
  await turn('oven', true);
  await eventually(
    'both heaters are shed',
    async () => !(await closed('pool-heater')) && !(await closed('water-heater')),
  );
  const shed = await journal(fromMs);
  const [peak] = shed.filter(({ actuator, outcome }) => actuator === 'home' && outcome === 'peak');
  const first = moves(shed).filter(({ code }) => code === 'peak-shed');
  expect(first.map(({ actuator }) => actuator)).toEqual(['load:pool-heater', 'load:water-heater']);
  // The mean of ten seconds has to pass the threshold.
  expect(((peak?.atMs ?? 0) - fromMs) / 1000).toBeGreaterThan(2);
  expect(((peak?.atMs ?? 0) - fromMs) / 1000).toBeLessThanOrEqual(12);
  const endMs = await siteMs();
  await turn('space-heater', false);
  await turn('oven', false);
  await eventually(
    'both heaters are back',
    async () => (await closed('pool-heater')) && (await closed('water-heater')),
    90_000,
  );
  await siteSeconds(30);
  const back = await journal(endMs);
  const returns = moves(back).filter(
    ({ outcome, actuator }) => actuator.startsWith('load:') && outcome === 'on',
  );
  expect(returns.map(({ actuator }) => actuator)).toEqual(['load:water-heater', 'load:pool-heater']);
  const waterShedMs = first[1]?.atMs ?? 0;
  expect(((returns[0]?.atMs ?? 0) - waterShedMs) / 1000).toBeGreaterThanOrEqual(300);
  expect(back.findLast(({ actuator }) => actuator === 'home')?.outcome).toBe('normal');
}, 180_000);
