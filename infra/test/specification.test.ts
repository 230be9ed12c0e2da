/** The numbers of the specification, shown on the running system: real processes, real sockets, a battery set by hand. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, HomeRig, ROOT } from './home-rig.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'specification-'));
let rig: HomeRig;

/** The winter night with a pool heater that must not fail, and a water heater that runs beside it. */
beforeAll(async () => {
  const homes = path.join(ROOT, 'device-sim/homes');
  writeFileSync(path.join(scratch, 'night.yaml'), readFileSync(path.join(homes, 'peak.yaml')));
  const site = readFileSync(path.join(homes, 'peak.site.yaml'), 'utf8')
    .replace('name: Pool heater\n', 'name: Pool heater\n    essential: true\n')
    .replace('target: { energyWh: 5000, deadline: "06:30" }', 'target: { runMin: 500, deadline: "06:30" }');
  writeFileSync(path.join(scratch, 'night.site.yaml'), site);
  rig = await HomeRig.prepare(['--home', path.join(scratch, 'night.yaml'), '--headless', '--speed', '10']);
  await rig.startBroker();
  await rig.startSimulator();
  await rig.startBox();
}, 60_000);

afterAll(async () => {
  await rig?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

interface View {
  readonly id: string;
  readonly state: { readonly closed?: boolean; readonly powerW?: number; readonly socPct?: number };
}

async function view(id: string): Promise<View['state']> {
  return (await rig.sim<View>('GET', `objects/${id}`)).state;
}

const battery = () => view('home-battery');
const charge = (socPct: number) => rig.sim('PATCH', 'objects/home-battery', { socPct });

/** Waits `seconds` of the home's time, telling whether `holds` held all the while. */
async function throughout(seconds: number, holds: () => Promise<boolean>): Promise<boolean> {
  const nowMs = async () => Date.parse((await rig.sim<{ at: string }>('GET', 'clock')).at);
  const endMs = (await nowMs()) + seconds * 1000;
  while ((await nowMs()) < endMs) if (!(await holds())) return false;
  return true;
}

test('discharge begins at 40.0 %, goes on below it, and ends below 35.0 %', async () => {
  await eventually(
    'both heaters run',
    async () => (await view('pool-heater')).closed && (await view('water-heater')).closed,
    40_000,
  );
  await charge(39.8);
  expect(await throughout(60, async () => Math.abs((await battery()).powerW ?? 0) < 50)).toBe(true);
  await charge(40.1);
  await eventually('the battery gives', async () => ((await battery()).powerW ?? 0) > 1_000);
  const dischargedAtPct: number[] = [];
  // As a real battery would, only quicker: a jump would be taken for a broken gauge.
  await eventually(
    'it stops',
    async () => {
      const { powerW = 0, socPct = 0 } = await battery();
      if (powerW < 50) return true;
      dischargedAtPct.push(socPct);
      await charge(socPct - (socPct > 35.3 ? 0.1 : 0.02));
      return false;
    },
    60_000,
  );
  expect(dischargedAtPct.some((socPct) => socPct < 35.1)).toBe(true);
  expect((await battery()).socPct).toBeGreaterThan(34.5);
}, 120_000);

test('in an outage at 38 % the essential load stays on, the other goes off, and both run after it', async () => {
  await charge(38);
  await rig.sim('POST', 'objects/grid/switch', { on: false });
  await eventually('the water heater is switched off', async () => !(await view('water-heater')).closed);
  expect((await view('pool-heater')).closed).toBe(true);
  await eventually('the battery carries the house', async () => ((await battery()).powerW ?? 0) > 1_000);
  expect(await throughout(60, async () => (await view('pool-heater')).closed === true)).toBe(true);
  await rig.sim('POST', 'objects/grid/switch', { on: true });
  await eventually('the water heater is back', async () => (await view('water-heater')).closed, 60_000);
}, 120_000);

test('a battery below its reserve without sun is kept alive from the grid, slowly', async () => {
  await charge(7);
  await eventually('it is charged', async () => ((await battery()).powerW ?? 0) < -200);
  expect((await battery()).powerW).toBeGreaterThan(-700);
}, 60_000);
