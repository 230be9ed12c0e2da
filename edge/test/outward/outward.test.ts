import { afterEach, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import { startBroker } from '../../../broker/src/server/start-broker.ts';
import { MqttBus } from '../../src/link/mqtt-bus.ts';
import { HomeAssistant } from '../../src/outward/home-assistant.ts';
import { BoxMetrics, serveMetrics } from '../../src/outward/metrics.ts';
import { parseSiteSettings } from '../../src/settings/parse-site-settings.ts';
import { until } from '../devices/modbus-server.ts';
import { homeSettingsText, stateOfMoment } from './moment.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const SECRET = 'a-secret-of-22-characters';

test('Prometheus reads powers, decisions, cycle times and devices under the agreed names', async () => {
  const metrics = new BoxMetrics({
    siteId: 'home-1',
    software: '0.1.0',
    commit: '1a2b3c4',
    modbusRequests: () => [
      ['grid', 'ok', 41],
      ['grid', 'timeout', 2],
    ],
    queuedPoints: () => 12,
    oldestPointAgeS: () => 3,
    devicesUp: () => [
      ['grid', true],
      ['cellar', false],
    ],
  });
  const server = await serveMetrics(metrics.registry, { host: '127.0.0.1', port: 0 });
  open.push(() => server.close());
  metrics.cycle(0.004);
  metrics.show(stateOfMoment({ gridPowerW: -512.5, batterySocPct: 34 }));
  metrics.show(stateOfMoment({ gridPowerW: -512.5, batterySocPct: 34, desired: true }));
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  for (const line of [
    'ems_grid_power_watts -512.5',
    'ems_battery_state_of_charge_ratio 0.34',
    'ems_influx_queue_points 12',
    'ems_device_up{site="home-1",device="grid"} 1',
    'ems_device_up{site="home-1",device="cellar"} 0',
    'ems_control_cycle_duration_seconds_count 1',
    'ems_decisions_total{kind="load",outcome="on"} 1',
    'ems_modbus_requests_total{device="grid",result="ok"} 41',
    'ems_modbus_requests_total{device="grid",result="timeout"} 2',
    'ems_build_info{version="0.1.0",commit="1a2b3c4"} 1',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404);
});

test('a metrics port that is taken is said with its remedy', async () => {
  const metrics = {
    siteId: 'home-1',
    software: '',
    commit: '',
    modbusRequests: () => [],
    queuedPoints: () => 0,
    oldestPointAgeS: () => 0,
    devicesUp: () => [],
  };
  const first = await serveMetrics(new BoxMetrics(metrics).registry, { host: '127.0.0.1', port: 0 });
  open.push(() => first.close());
  const second = serveMetrics(new BoxMetrics(metrics).registry, { host: '127.0.0.1', port: first.port });
  await expect(second).rejects.toMatchObject({
    code: 'metrics-port',
    remedy: expect.stringContaining('edge.yaml'),
  });
});

/** What Home Assistant subscribes to of itself for its discovery: all kinds of entity at once, or one by one. */
const DISCOVERY_FILTERS = ['+', 'sensor', 'binary_sensor', 'device'].flatMap((kind) => [
  `homeassistant/${kind}/+/config`,
  `homeassistant/${kind}/+/+/config`,
]);

test('an observer is granted all that Home Assistant subscribes to, and may say nothing there but its presence', async () => {
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    credentials: [{ id: 'assistant', role: 'observer', secret: SECRET, bindings: { siteId: ['home-1'] } }],
  });
  open.push(() => broker.close());
  const connect = async () => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
      clientId: 'assistant',
      username: 'assistant',
      password: SECRET,
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    open.push(() => client.endAsync(true));
    return client;
  };
  const client = await connect();
  const granted = async (filter: string) =>
    client.subscribeAsync(filter, { qos: 0 }).then(
      ([grant]) => (grant?.qos ?? 128) < 128,
      () => false,
    );
  for (const filter of [...DISCOVERY_FILTERS, 'homeassistant/state/home-1', 'homeassistant/status']) {
    expect([filter, await granted(filter)]).toEqual([filter, true]);
  }
  for (const filter of ['homeassistant/state/home-2', 'homeassistant/+/+/+/+/config', '$SYS/#']) {
    expect([filter, await granted(filter)]).toEqual([filter, false]);
  }
  await client.publishAsync('homeassistant/status', 'online', { qos: 1, retain: false });
  for (const path of ['homeassistant/sensor/a/config', 'homeassistant/sensor/a/b/config']) {
    const other = await connect();
    const closed = new Promise((resolve) => other.once('close', () => resolve('closed')));
    other.publish(path, '{}', { qos: 1 }, () => {});
    expect([path, await closed]).toEqual([path, 'closed']);
  }
});

test('Home Assistant finds the home when it comes up, reads its state, and is offered nothing to switch', async () => {
  const parsed = parseSiteSettings(homeSettingsText());
  if (!parsed.ok) throw new Error('settings');
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    credentials: [
      { id: 'edge-home-1', role: 'edge', secret: SECRET },
      { id: 'assistant', role: 'observer', secret: SECRET },
    ],
  });
  open.push(() => broker.close());
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const bus = new MqttBus({ url, credential: { id: 'edge-home-1', secret: SECRET } });
  open.push(() => bus.end());
  const assistant = new HomeAssistant({ siteId: 'home-1', site: parsed.settings, bus, software: '0.1.0' });
  bus.start();
  await until('the bus', () => bus.online);
  assistant.show(stateOfMoment({ gridPowerW: 1234, batterySocPct: 50 }));

  const heard = new Map<string, Record<string, unknown>>();
  const client: MqttClient = await mqtt.connectAsync(url, {
    clientId: 'assistant',
    username: 'assistant',
    password: SECRET,
    protocolVersion: 4,
  });
  open.push(() => client.endAsync(true));
  client.on('message', (path, payload) => heard.set(path, JSON.parse(payload.toString())));
  await client.subscribeAsync('homeassistant/#');
  await until('the sensor', () => heard.has('homeassistant/sensor/wattward_home_1_gridPowerW/config'));
  const config = heard.get('homeassistant/sensor/wattward_home_1_gridPowerW/config');
  expect(config).toMatchObject({
    unique_id: 'wattward_home_1_gridPowerW',
    state_topic: 'homeassistant/state/home-1',
    device_class: 'power',
    unit_of_measurement: 'W',
  });
  expect([...heard.values()].some((entity) => 'command_topic' in entity)).toBe(false);
  await until('the state', () => heard.has('homeassistant/state/home-1'));
  expect(heard.get('homeassistant/state/home-1')).toMatchObject({ gridPowerW: 1234, batterySocPct: 50 });
});
