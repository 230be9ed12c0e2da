/** The main story: a winter night, two big consumers, Peak Mode, and a threshold changed from afar by two people. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addCredential } from '@wattward/broker/access/credentials-file';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { Role } from '@wattward/broker/wire/topics';
import { topic } from '@wattward/broker/wire/topics';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Browser } from 'playwright-core';
import { eventually } from '../test/home-rig.ts';
import { forget, type StartedHome, startHome } from '../test/started-home.ts';
import { launch, PortalUser } from './portal-user.ts';

const SITE = 'home-1';
let home: StartedHome;
let browser: Browser;
let owner: PortalUser;
let manager: PortalUser;
let bus: MqttClient;

const page = (name = '') => `${home.portal}/home/${SITE}${name}`;

async function sim(method: 'POST' | 'PATCH' | 'GET', where: string, body?: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${home.portsBase + 10}/api/v1/${where}`, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`);
  return response.json();
}

const consumers = (on: boolean) =>
  Promise.all(['oven', 'space-heater'].map((id) => sim('POST', `objects/${id}/switch`, { on })));

/** Whether the contact of the relay before `load` is closed in the simulated home. */
async function relayOn(load: string): Promise<boolean> {
  const { objects } = (await sim('GET', 'objects')) as {
    objects: { id: string; state: { closed?: boolean } }[];
  };
  const closed = objects.find(({ id }) => id === load)?.state.closed;
  if (closed === undefined) throw new Error(`no relay before ${load}`);
  return closed;
}

beforeAll(async () => {
  home = await startHome(['--home', 'peak', '--speed', '10']);
  browser = await launch();
  owner = await PortalUser.open(browser, {
    name: 'Olga Owner',
    email: 'olga@example.org',
    password: 'seven green kettles sing',
  });
  manager = await PortalUser.open(browser, {
    name: 'Max Manager',
    email: 'max@example.org',
    password: 'nine blue lamps at dusk',
  });
  // The portal is connected as `portal`; a thief with a portal credential of their own replays and forges.
  bus = await connected('thief', 'portal');
}, 240_000);

afterAll(async () => {
  await bus?.endAsync(true);
  await browser?.close();
  await home?.stop();
  if (home) forget(home);
});

test('the set-up link makes the first account, works once, and leads to a living cockpit', async () => {
  const link = home.setupLink ?? '';
  expect(link).toContain('/setup?token=');
  await owner.createAccount(link);
  await owner.page.goto(page());
  await owner.sees('sentence', /\w+/);
  const before = await owner.text('card-grid');
  await eventually(
    'the grid power changes by itself',
    async () => (await owner.text('card-grid')) !== before,
  );

  const late = await PortalUser.open(browser, owner.person);
  await late.page.goto(link);
  await late.page.getByLabel('Name', { exact: true }).fill('Late');
  await late.page.getByLabel('E-mail').fill('late@example.org');
  await late.page.getByLabel('Password', { exact: true }).fill('too late for this link');
  await late.page.getByRole('button', { name: 'Create account' }).click();
  await late.page.getByRole('alert').first().waitFor();
  await late.context.close();
});

test('oven and heater together raise Peak Mode: the pool heater goes off, says why, and comes back', async () => {
  await eventually('the pool heater runs', () => relayOn('pool-heater'), 60_000);
  await owner.sees('load-pool-heater-state', /on/i);

  await consumers(true);
  await owner.sees('peak-banner', /9\.0 kW/);
  await owner.sees('home-mode', /peak/i);
  await owner.sees('load-pool-heater-reason', /9\.0 kW/);
  await eventually('the relay opens', async () => !(await relayOn('pool-heater')));

  await consumers(false);
  await eventually('the relay closes again', () => relayOn('pool-heater'), 90_000);
  await owner.page.getByTestId('peak-banner').waitFor({ state: 'detached' });
});

test('both decisions stand in the list and in the CSV, each with its reason', async () => {
  await owner.page.goto(page('/decisions'));
  const rows = owner.page.locator('[data-testid=decision-row][data-actuator="load:pool-heater"]');
  await eventually('off and on are listed', async () => (await rows.count()) >= 2);
  const texts = (await rows.allInnerTexts()).join('\n');
  expect(texts).toMatch(/kW/);

  const [download] = await Promise.all([
    owner.page.waitForEvent('download'),
    owner.page.getByTestId('decisions-csv').click(),
  ]);
  const csv = readFileSync(await download.path(), 'utf8');
  const ofPool = csv.split('\n').filter((line) => line.includes('load:pool-heater'));
  expect(ofPool.some((line) => /off/.test(line) && /peak/.test(line))).toBe(true);
  expect(ofPool.some((line) => /,on,/.test(line))).toBe(true);
});

test('history of today shows power, state of charge and price from the store', async () => {
  await owner.page.goto(page('/history'));
  await eventually(
    'three charts are drawn',
    async () => (await owner.page.locator('svg.recharts-surface').count()) >= 3,
  );
  expect(await owner.text('history-gridImportWh')).toMatch(/kWh/);
});

test('a manager proposes 7 kW, the owner approves, and the box enters Peak Mode at 7 kW', async () => {
  const link = await owner.invite(`${home.portal}/home/people`, manager.person.email, 'manager');
  await manager.createAccount(link);
  await manager.propose(page('/approvals'), {
    kind: 'Peak threshold',
    value: '7',
    note: 'The street is full.',
  });
  const waiting = manager.page.getByTestId('proposal-row').filter({ hasText: '7.0 kW' });
  await waiting.waitFor();
  expect(await waiting.getByRole('button', { name: 'Approve' }).count()).toBe(0);

  await owner.page.goto(page('/approvals'));
  const row = owner.page.getByTestId('proposal-row').filter({ hasText: '7.0 kW' });
  await row.getByRole('button', { name: 'Approve' }).click();
  await owner.page.locator('[data-testid=proposal-row][data-status=active]').waitFor();
  const active = await owner.page.locator('[data-testid=proposal-row][data-status=active]').innerText();
  expect(active).toContain('Max Manager');
  expect(active).toContain('Olga Owner');

  // 5 kW of heating with pool heater and house lies between the old threshold and the new one.
  await sim('PATCH', 'objects/space-heater', { powerW: 5_000 });
  await sim('POST', 'objects/space-heater/switch', { on: true });
  await owner.page.goto(page());
  await owner.sees('peak-banner', /7\.0 kW/);
  await sim('POST', 'objects/space-heater/switch', { on: false });
});

test('the box refuses what is replayed, forged or out of bounds, and the audit shows it', async () => {
  const [heard] = await watchSetpoints(async () => {
    await manager.propose(page('/approvals'), { kind: 'Battery reserve', value: '20', note: 'Storm ahead.' });
    await manager.page.getByTestId('proposal-row').filter({ hasText: /20\s%/ }).first().waitFor();
    await owner.page.goto(page('/approvals'));
    await owner.page.getByRole('button', { name: 'Approve' }).first().click();
  });
  if (!heard) throw new Error('no set-point was heard');
  await owner.page
    .locator('[data-testid=proposal-row][data-status=active]')
    .filter({ hasText: /20\s%/ })
    .waitFor();

  await bus.publishAsync(topic('siteSetpoint', { siteId: SITE }), heard, { qos: 1 });
  const { signature: _, ...message } = JSON.parse(heard) as { signature: string; seq: number };
  const thiefsKey = generateKeyPairSync('ed25519').privateKey;
  await publishSigned({ ...message, seq: message.seq + 1, id: `${SITE}-forged` }, thiefsKey);
  // Even with the true key the box holds to what the installer allowed.
  const trueKey = createPrivateKey(readFileSync(path.join(home.dataDir, 'portal/setpoint-key.pem')));
  const beyond = { kind: 'peak-threshold', value: { watts: 90_000 }, id: `${SITE}-beyond-bounds` };
  await publishSigned({ ...message, ...beyond, seq: message.seq + 2 }, trueKey);

  await owner.page.goto(page('/audit'));
  for (const words of [/replay/i, /signature/i, /bound/i]) {
    await eventually(`the audit speaks of ${words}`, async () => {
      await owner.page.reload();
      const rows = owner.page.getByTestId('audit-row');
      // The rows are fetched after the page is there.
      await rows.first().waitFor();
      return (await rows.allInnerTexts()).some((text) => words.test(text));
    });
  }
});

test('the portal itself refuses a threshold beyond the bounds, in words', async () => {
  await manager.propose(page('/approvals'), { kind: 'Peak threshold', value: '99', note: 'Too much.' });
  await manager.page.getByText(/Too high: the installer allows no more than/).waitFor();
});

test('no page complained', () => {
  expect([...owner.complaints, ...manager.complaints]).toEqual([]);
});

async function connected(id: string, role: Role): Promise<MqttClient> {
  const { secret } = await addCredential(path.join(home.dataDir, 'broker'), { id, role });
  return eventually(`${id} is let in`, () =>
    connectAsync(`mqtt://127.0.0.1:${home.portsBase + 1}`, {
      protocolVersion: 4,
      clientId: id,
      username: id,
      password: secret,
    }),
  );
}

/** The set-points that travel while `act` runs. */
async function watchSetpoints(act: () => Promise<void>): Promise<string[]> {
  const heard: string[] = [];
  const watcher = await connected('watcher', 'observer');
  watcher.on('message', (_topic, payload) => heard.push(payload.toString()));
  await watcher.subscribeAsync(topic('siteSetpoint', { siteId: SITE }), { qos: 1 });
  await act();
  await eventually('a set-point travels', () => heard.length > 0);
  await watcher.endAsync(true);
  return heard;
}

/** Publishes `message` signed by `key`, as the portal would. */
async function publishSigned(message: object, key: KeyObject): Promise<void> {
  const signature = sign(null, Buffer.from(canonicalJson(message)), key).toString('base64url');
  await bus.publishAsync(topic('siteSetpoint', { siteId: SITE }), JSON.stringify({ ...message, signature }), {
    qos: 1,
  });
}
