/** What meters of other makes say, heard by mosquitto's own client on mosquitto. Skipped aloud where it is missing. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FaultSet, faultRequest } from '../../src/faces/fault.ts';
import { FORMATS, type MeterFormat } from '../../src/faces/meter-formats.ts';
import { MqttMeter } from '../../src/faces/mqtt-meter.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { loadMeterFormats } from '../../src/home/schema.ts';
import { defaultHome, JUNE_MORNING_MS } from '../home/homes.ts';
import { openMosquitto } from './bought-boards/foreign-broker.ts';

const run = promisify(execFile);
// Both answer their help with another code than 0; what counts is that they are there.
const has = ['mosquitto', 'mosquitto_sub'].every((name) => spawnSync(name, ['-h']).error === undefined);
const heard = has ? test : test.skip;

let home: RunningHome;
let faults: FaultSet;
let url = '';
let dir = '';
let meter: MqttMeter | undefined;
const open: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  if (!has) return;
  url = await openMosquitto(open);
  dir = mkdtempSync(path.join(tmpdir(), 'meter-'));
  writeFileSync(path.join(dir, 'm1.json'), JSON.stringify({ id: 'm1', secret: 'none' }));
  home = new RunningHome(defaultHome(), JUNE_MORNING_MS);
  home.changeLoad('oven', { on: true });
  home.advanceTo(JUNE_MORNING_MS + 5_000);
  faults = new FaultSet('mqtt', () => performance.now());
});

afterEach(async () => {
  await meter?.close();
  meter = undefined;
  for (const close of open.splice(0)) await close();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

function openMeter(
  format: MeterFormat,
  wrong: { errorPct?: number; noiseW?: number; latencyMs?: number } = {},
): void {
  meter = new MqttMeter({
    ...{ id: 'm1', signals: { ovenPowerW: 'oven' }, format, periodMs: 100, speed: 1, home, faults },
    ...{ errorPct: 0, noiseW: 0, latencyMs: 0, ...wrong },
    ...{ brokerUrl: url, secretsDir: dir, onProblem: () => {} },
  });
}

/** One message, as mosquitto's client prints it. */
async function hear(topic: string, more: readonly string[] = []): Promise<string> {
  const { port } = new URL(url);
  const { stdout } = await run('mosquitto_sub', ['-p', port, '-t', topic, '-C', '1', '-W', '5', ...more]);
  return stdout.trim();
}

/** Topic and what stands there for an oven of 3 kW. */
const CASES: readonly [MeterFormat, string, (text: string) => unknown][] = [
  ['wattward', 'wattward/v1/meter/m1/reading', (text) => JSON.parse(text).signals.ovenPowerW],
  ['tasmota-sml', 'tele/m1/SENSOR', (text) => JSON.parse(text).SML.Power_curr],
  ['shelly-pm', 'm1/status/switch:0', (text) => JSON.parse(text).apower],
  ['shelly-em', 'm1/status/em:0', (text) => JSON.parse(text).total_act_power],
  ['dsmr-reader', 'dsmr/reading/electricity_currently_delivered', (text) => Number(text) * 1000],
  ['zigbee2mqtt', 'zigbee2mqtt/m1', (text) => JSON.parse(text).power],
  ['victron', 'N/m1/grid/0/Ac/Power', (text) => JSON.parse(text).value],
  ['json', 'meters/m1', (text) => JSON.parse(text).power.ovenPowerW],
];

test('every format of a home file has its messages, and each is heard below', () => {
  expect([...loadMeterFormats].sort()).toEqual(Object.keys(FORMATS).sort());
  expect(CASES.map(([format]) => format).sort()).toEqual(Object.keys(FORMATS).sort());
});

heard.each(CASES)('%s on %s', async (format, topic, powerOf) => {
  openMeter(format);
  expect(powerOf(await hear(topic))).toBe(3000);
});

heard('a meter that went away stays on the broker with what was retained of it', async () => {
  openMeter('shelly-em');
  await hear('m1/status/em:0');
  faults.set(faultRequest.parse({ kind: 'stale-retained' }));
  await new Promise((resolve) => setTimeout(resolve, 600));
  home.changeLoad('oven', { on: false });
  home.advanceTo(JUNE_MORNING_MS + 10_000);
  expect(JSON.parse(await hear('m1/status/em:0', ['--retained-only'])).total_act_power).toBe(3000);
});

heard('a meter off by some percent, noisy, and late', async () => {
  const power = async () => JSON.parse(await hear('meters/m1')).power.ovenPowerW as number;
  openMeter('json', { errorPct: 5 });
  expect(await power()).toBe(3150);
  await meter?.close();
  openMeter('json', { noiseW: 40 });
  const noisy = await power();
  expect(noisy).not.toBe(3000);
  expect(Math.abs(noisy - 3000)).toBeLessThanOrEqual(40.1);
  await meter?.close();
  openMeter('json', { latencyMs: 30_000 });
  expect(await power()).toBe(3000);
  home.changeLoad('oven', { on: false });
  home.advanceTo(home.state.nowMs + 20_000);
  expect(await power()).toBe(3000);
  home.advanceTo(home.state.nowMs + 11_000);
  // Its first reading of an oven that is off was taken when the clock had moved on: that is what is due next.
  await power();
  home.advanceTo(home.state.nowMs + 31_000);
  await power();
  expect(await power()).toBe(0);
});

heard('spike, reversed sign, no value and silence', async () => {
  openMeter('json');
  const power = async () => JSON.parse(await hear('meters/m1')).power.ovenPowerW as number | null;
  faults.set(faultRequest.parse({ kind: 'spike', factor: 10 }));
  expect(await power()).toBe(30_000);
  faults.clear();
  faults.set(faultRequest.parse({ kind: 'reversed-sign' }));
  expect(await power()).toBe(-3000);
  faults.clear();
  faults.set(faultRequest.parse({ kind: 'not-a-number' }));
  expect(await power()).toBeNull();
  faults.clear();
  faults.set(faultRequest.parse({ kind: 'no-answer' }));
  await expect(power()).rejects.toBeDefined();
});
