/**
 * What the box tells others, from the outside: a real box and broker, asked by mosquitto_sub with the credential that
 * the manual gives Home Assistant, and by HTTP as Prometheus does.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addCredential } from '@wattward/broker/access/credentials-file';
import { parse, stringify } from 'yaml';
import { eventually, HomeRig } from './home-rig.ts';

const installed = spawnSync('mosquitto_sub', ['--help']).error === undefined;
const QUIET_MS = 1000;
let rig: HomeRig;
let metricsPort: number;
let assistant: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  rig = await HomeRig.prepare(['--headless']);
  // The last of the ports that the rig found free; this home needs it for nothing else.
  metricsPort = rig.plan.portalPort + 22;
  const file = path.join(rig.site.dir, 'edge.yaml');
  const config = parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, stringify({ ...config, metrics: { port: metricsPort }, homeAssistant: true }));
  assistant = await addCredential(rig.plan.brokerDir, { id: 'assistant', role: 'observer' });
  await rig.startBroker();
  await rig.startSimulator();
  await rig.startBox();
}, 90_000);

afterAll(() => rig?.stop());

(installed ? test : test.skip)(
  'mosquitto_sub finds the sensors and their values as Home Assistant would, also after a restart of the box (skipped where not installed)',
  async () => {
    const heard = await listen(['homeassistant/#'], (topics) => topics.has('homeassistant/state/home-1'));
    const sensor = JSON.parse(heard.get('homeassistant/sensor/wattward_home_1_gridPowerW/config') ?? '{}');
    expect(sensor).toMatchObject({
      unique_id: 'wattward_home_1_gridPowerW',
      device_class: 'power',
      unit_of_measurement: 'W',
      state_topic: 'homeassistant/state/home-1',
    });
    const values = JSON.parse(heard.get(sensor.state_topic) ?? '{}');
    const [, key = ''] = /value_json\.(\w+)/.exec(sensor.value_template) ?? [];
    expect(values[key]).toEqual(expect.any(Number));
    expect([...heard.values()].some((text) => text.includes('command_topic'))).toBe(false);
    await rig.kill('box');
    await rig.startBox();
    const again = await listen(['homeassistant/#'], (topics) => topics.has('homeassistant/state/home-1'));
    expect([...again.keys()].toSorted()).toEqual([...heard.keys()].toSorted());
  },
  60_000,
);

test('Prometheus scrapes the box: every line is of its text format, every name has its unit, the home is in it', async () => {
  const address = `http://127.0.0.1:${metricsPort}/metrics`;
  const scrape = async () => await (await fetch(address)).text();
  const text = await eventually('a grid power', async () => {
    const now = await scrape();
    return /^ems_grid_power_watts -?\d/m.test(now) && now;
  });
  const sample =
    /^[a-zA-Z_:][\w:]*(\{[a-zA-Z_]\w*="[^"]*"(,[a-zA-Z_]\w*="[^"]*")*\})? (-?[\d.e+-]+|nan|[+-]inf)$/i;
  const wrong = text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !sample.test(line));
  expect(wrong).toEqual([]);
  for (const name of [
    'ems_control_cycle_duration_seconds_count',
    'ems_decisions_total',
    'ems_device_up',
    'ems_modbus_requests_total',
    'ems_mqtt_reconnects_total',
    'ems_battery_state_of_charge_ratio',
    'ems_influx_queue_points',
    'ems_build_info',
  ]) {
    expect(text).toMatch(new RegExp(`^${name}[ {]`, 'm'));
  }
  expect(text).toMatch(/^ems_device_up\{site="home-1",device="[a-z0-9-]+"\} 1$/m);
  const requests = (of: string) =>
    Number(/^ems_modbus_requests_total\{device="[a-z0-9-]+",result="ok"\} (\d+)$/m.exec(of)?.[1]);
  await eventually('further requests', async () => requests(await scrape()) > requests(text));
  const ratio = Number(/^ems_battery_state_of_charge_ratio (\S+)$/m.exec(text)?.[1]);
  expect(ratio).toBeGreaterThan(0);
  expect(ratio).toBeLessThanOrEqual(1);
  const cycles = (of: string) => Number(/^ems_control_cycle_duration_seconds_count (\d+)$/m.exec(of)?.[1]);
  await eventually('further cycles', async () => cycles(await scrape()) > cycles(text));
});

/** What mosquitto_sub prints until `enough`, and no further topic for a second: a broker may send what it keeps in any order. */
async function listen(
  filters: readonly string[],
  enough: (heard: ReadonlyMap<string, string>) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const child = spawn('mosquitto_sub', [
    ...['-p', String(rig.plan.brokerPort), '-i', assistant.id, '-u', assistant.id, '-P', assistant.secret],
    ...['-v', ...filters.flatMap((filter) => ['-t', filter])],
  ]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const heard = () =>
    new Map(
      text
        .split('\n')
        .slice(0, -1)
        .map((line): [string, string] => {
          const at = line.indexOf(' ');
          return [line.slice(0, at), line.slice(at + 1)];
        }),
    );
  try {
    let known = 0;
    let sinceMs = performance.now();
    return await eventually('what Home Assistant is told', () => {
      const now = heard();
      if (now.size > known) {
        known = now.size;
        sinceMs = performance.now();
      }
      return enough(now) && performance.now() - sinceMs > QUIET_MS && now;
    });
  } finally {
    child.kill();
  }
}
