/**
 * A measured household behind the meter, twenty times as fast: the box's readings follow the file, and every point is
 * counted at both ends. With `WATTWARD_DATA` on the measured home itself, otherwise on a generated file of its format.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addCredential } from '@wattward/broker/access/credentials-file';
import { parseMessage } from '@wattward/broker/wire/message';
import type { SiteState } from '@wattward/broker/wire/site';
import { topic } from '@wattward/broker/wire/topics';
import { type InfluxStub, startInfluxStub } from '@wattward/edge/testing/influx-stub';
import { connectAsync, type MqttClient } from 'mqtt';
import { eventually, HomeRig } from './home-rig.ts';

/** How much of the home's time is watched. */
const WATCHED_MIN = 8;
/** Inverter stand-by, meter noise and the second between the readings of two meters. */
const TOLERANCE_W = 60;

const scratch = mkdtempSync(path.join(tmpdir(), 'profile-'));
const states: SiteState[] = [];
let profile: string;
let rig: HomeRig;
let influx: InfluxStub;
let observer: MqttClient;

beforeAll(async () => {
  profile = process.env.WATTWARD_DATA
    ? path.resolve(process.env.WATTWARD_DATA, 'refit-house20-1min')
    : generated(path.join(scratch, 'house-1min'));
  influx = await startInfluxStub();
  Object.assign(process.env, {
    INFLUX_URL: influx.url,
    INFLUX_TOKEN: influx.token,
    INFLUX_ORG: influx.org,
    INFLUX_BUCKET: influx.bucket,
  });
  rig = await HomeRig.prepare(['--profile', profile, '--headless', '--speed', '20']);
  await rig.startBroker();
  await rig.startSimulator();
  await rig.startBox();
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
    if (parsed.ok) states.push(parsed.message);
  });
  await observer.subscribeAsync(topic('siteState', { siteId: rig.site.id }));
}, 60_000);

afterAll(async () => {
  await observer?.endAsync(true);
  await rig?.stop();
  await influx?.close();
  rmSync(scratch, { recursive: true, force: true });
});

test('the readings follow the file, minute by minute, and no point is lost between outbox and store', async () => {
  const startMs = rig.home.startMs ?? 0;
  await eventually(
    `${WATCHED_MIN} minutes have passed`,
    () => Date.parse(states.at(-1)?.at ?? '') > startMs + WATCHED_MIN * 60_000,
    60_000,
  );
  const file = loadByMinute(profile);
  // The first seconds of a minute still show the one before.
  const steady = states.filter(
    ({ at, power }) => power.houseLoadW !== null && Number(at.slice(17, 19)) >= 10,
  );
  expect(steady.length).toBeGreaterThan(20);
  const errorsW = steady.map(({ at, power }) =>
    Math.abs((power.houseLoadW ?? 0) - (file.get(localMinute(at)) ?? Number.NaN)),
  );
  errorsW.sort((a, b) => a - b);
  expect(errorsW[Math.floor(errorsW.length / 2)]).toBeLessThan(TOLERANCE_W);
  expect(errorsW[Math.floor(errorsW.length * 0.9)]).toBeLessThan(2 * TOLERANCE_W);

  await rig.kill('box', 'SIGTERM');
  const { accepted, delivered, thinned, dropped, quarantined } = ledger();
  expect({ thinned, dropped, quarantined }).toEqual({ thinned: 0, dropped: 0, quarantined: 0 });
  expect(influx.violations).toEqual([]);
  expect(influx.points.size).toBe(delivered);
  expect(delivered).toBeGreaterThan(100);

  await rig.startBox();
  await eventually('the rest is delivered', () => influx.points.size >= accepted);
  const decisions = [...influx.points.keys()].filter((key) => key.startsWith('decision,'));
  expect(decisions.length).toBeGreaterThan(0);
}, 120_000);

interface Ledger {
  readonly accepted: number;
  readonly delivered: number;
  readonly thinned: number;
  readonly dropped: number;
  readonly quarantined: number;
}

/** The outbox's own books, read as any program could. */
function ledger(): Ledger {
  const log = new DatabaseSync(path.join(rig.site.dir, 'box/log.db'), { readOnly: true });
  const row = log.prepare('SELECT json FROM ledger').get() as { json: string };
  log.close();
  return JSON.parse(row.json) as Ledger;
}

/** `YYYY-MM-DD HH:MM` of the home: the files give local time. */
function localMinute(at: string): string {
  return new Date(at).toLocaleString('sv-SE', { timeZone: rig.home.zone }).slice(0, 16);
}

/** By local minute, in watts, read without the simulator's own reader. */
function loadByMinute(directory: string): Map<string, number> {
  const load = new Map<string, number>();
  for (const name of readdirSync(directory).sort().slice(0, 1)) {
    const [, ...lines] = gunzipSync(readFileSync(path.join(directory, name)))
      .toString()
      .split('\n');
    for (const line of lines) {
      const [time = '', watts] = line.split(',');
      if (watts) load.set(time.slice(0, 16), Number(watts));
    }
  }
  return load;
}

/** Two days that step and breathe, in the format of the measured homes. */
function generated(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const beginMs = Date.UTC(2014, 2, 20);
  const lines = ['Time,Aggregate,Kettle,Dishwasher,WashingMachine,Microwave'];
  for (let minute = 0; minute < 2 * 1440; minute++) {
    const time = new Date(beginMs + minute * 60_000).toISOString().slice(0, 19).replace('T', ' ');
    const watts = 400 + 250 * Math.sin(minute / 7) + (minute % 5 === 0 ? 1500 : 0);
    lines.push(`${time},${watts.toFixed(2)},0.0,0.0,0.0,0.0`);
  }
  writeFileSync(path.join(directory, 'HOUSE_2014-03.csv.gz'), gzipSync(`${lines.join('\n')}\n`));
  return directory;
}
