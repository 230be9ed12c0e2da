/** The box is killed in the middle of its work: the relays fall to their safe state, and nothing that was kept is lost. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addCredential } from '@wattward/broker/access/credentials-file';
import { parseMessage } from '@wattward/broker/wire/message';
import type { SiteState } from '@wattward/broker/wire/site';
import { topic } from '@wattward/broker/wire/topics';
import { type InfluxStub, startInfluxStub } from '@wattward/edge/testing/influx-stub';
import { connectAsync, type MqttClient } from 'mqtt';
import { eventually, HomeRig } from './home-rig.ts';

const SPEED = 20;
const LEASE_S = 90;
/** Energy totals may be this much short after a cut. */
const UNSAVED_S = 60;

let rig: HomeRig;
let influx: InfluxStub;
let observer: MqttClient;
let state: SiteState | null = null;

beforeAll(async () => {
  influx = await startInfluxStub();
  process.env.INFLUX_URL = influx.url;
  process.env.INFLUX_TOKEN = influx.token;
  process.env.INFLUX_ORG = influx.org;
  process.env.INFLUX_BUCKET = influx.bucket;
  rig = await HomeRig.prepare(['--home', 'peak', '--headless', '--speed', String(SPEED)]);
  await rig.startBroker();
  await rig.startSimulator();
  const { id, secret } = await addCredential(rig.plan.brokerDir, { id: 'observer', role: 'observer' });
  observer = await eventually('the observer is let in', () =>
    connectAsync(`mqtt://127.0.0.1:${rig.plan.brokerPort}`, {
      protocolVersion: 4,
      clientId: id,
      username: id,
      password: secret,
    }),
  );
  observer.on('message', (_topic, payload) => {
    const parsed = parseMessage('siteState', payload.toString());
    if (parsed.ok) state = parsed.message;
  });
  await observer.subscribeAsync(topic('siteState', { siteId: rig.site.id }));
}, 60_000);

afterAll(async () => {
  await observer?.endAsync(true);
  await rig?.stop();
  await influx?.close();
});

async function poolContactClosed(): Promise<boolean> {
  const { objects } = await rig.sim<{ objects: { id: string; state: { closed?: boolean } }[] }>(
    'GET',
    'objects',
  );
  return objects.find(({ id }) => id === 'pool-heater')?.state.closed === true;
}

async function siteNowMs(): Promise<number> {
  return Date.parse((await rig.sim<{ at: string }>('GET', 'clock')).at);
}

const load = (from: SiteState | null) => from?.loads.find(({ id }) => id === 'pool-heater');

/** Times of the points of the site itself, ascending. */
function siteTimesMs(): number[] {
  const keys = [...influx.points.keys()].filter((key) => key.startsWith('site,'));
  return keys.map((key) => Number(key.slice(key.lastIndexOf(' ') + 1))).sort((a, b) => a - b);
}

/** Operations of the pool heater's relay since the board was made. */
async function switches(): Promise<number> {
  const { objects } = await rig.sim<{
    objects: { kind: string; state: { channels?: { switches: number }[] } }[];
  }>('GET', 'objects');
  const board = objects.find(({ kind }) => kind === 'board');
  return board?.state.channels?.[0]?.switches ?? Number.NaN;
}

test('killed and started again within the lease, no relay moves and timers, hysteresis and totals go on', async () => {
  influx.script = () => ({ status: 503 });
  await rig.startBox();
  await eventually('the pool heater runs', poolContactClosed, 40_000);
  await eventually('a few minutes are kept', () => (state?.outbox.pendingPoints ?? 0) > 100, 40_000);
  const before = state as SiteState | null;
  const operations = await switches();
  await rig.kill('box');
  state = null;
  await rig.startBox();
  await eventually('the box speaks again', () => state !== null);
  const after = state as SiteState | null;
  expect(after?.batteries.map(({ dischargeAllowed }) => dischargeAllowed)).toEqual(
    before?.batteries.map(({ dischargeAllowed }) => dischargeAllowed),
  );
  // The two processes read the same clock a moment apart, twenty times as fast.
  const sinceMs = (from: SiteState | null) => Date.parse(load(from)?.since ?? '');
  expect(Math.abs(sinceMs(after) - sinceMs(before))).toBeLessThan(1_000);
  const shortWh = (before?.today.gridImportWh ?? 0) - (after?.today.gridImportWh ?? 0);
  expect(shortWh).toBeLessThanOrEqual(((before?.power.gridPowerW ?? 0) * UNSAVED_S) / 3600 + 1);
  const restartedAtMs = await siteNowMs();
  await eventually(
    'two leases have passed',
    async () => (await siteNowMs()) > restartedAtMs + 2 * LEASE_S * 1000,
  );
  expect(await poolContactClosed()).toBe(true);
  expect(await switches()).toBe(operations);
}, 120_000);

test('killed for longer, the relay opens when its lease ends, and no kept point is missing or doubled', async () => {
  await rig.kill('box');
  const killedAtMs = await siteNowMs();
  await eventually('the relay opens', async () => !(await poolContactClosed()), 20_000);
  const openedAfterS = ((await siteNowMs()) - killedAtMs) / 1000;
  // The contact is asked for every 50 ms and more, which are seconds of the home's time.
  expect(openedAfterS).toBeLessThanOrEqual(LEASE_S + 1 + 5);

  influx.script = () => undefined;
  await rig.startBox();
  await eventually('the pool heater runs again', poolContactClosed, 20_000);
  await eventually('everything kept is delivered', () => (siteTimesMs().at(-1) ?? 0) > killedAtMs + 200_000);
  expect(influx.violations).toEqual([]);
  const times = siteTimesMs();
  expect(new Set(times).size).toBe(times.length);
  const gaps = times.slice(1).flatMap((time, i) => {
    const previous = times[i] ?? time;
    return time - previous > 15_000 ? [{ from: previous, to: time }] : [];
  });
  // One hole for each cut: from the last commit before it to the first cycle after it.
  expect(gaps.length).toBeLessThanOrEqual(2);
  expect(gaps.at(-1)?.from).toBeGreaterThanOrEqual(killedAtMs - (UNSAVED_S + 20) * 1000);
}, 120_000);
