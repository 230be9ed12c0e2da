/**
 * The end of a lease to the millisecond, in real time and by the board's own record: what it says when its contact
 * moved, against what it said its lease would last. Only the machine between two looks can make it later.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, HomeRig, ROOT } from './home-rig.ts';

const LEASE_S = 12;
const GRACE_MS = 1_000;
const scratch = mkdtempSync(path.join(tmpdir(), 'lease-end-'));
let rig: HomeRig;

interface Relay {
  readonly channel: number;
  readonly on: boolean;
  readonly cause: string;
  readonly sinceMs: number;
  readonly leaseLeftS: number;
}
interface BoardRecord {
  readonly uptimeMs: number;
  readonly channels: readonly Relay[];
}

beforeAll(async () => {
  const homes = path.join(ROOT, 'device-sim/homes');
  writeFileSync(path.join(scratch, 'night.yaml'), readFileSync(path.join(homes, 'peak.yaml')));
  const site = readFileSync(path.join(homes, 'peak.site.yaml'), 'utf8');
  const short = site.replace('name: Pool heater\n', `name: Pool heater\n    leaseS: ${LEASE_S}\n`);
  expect(short).not.toBe(site);
  writeFileSync(path.join(scratch, 'night.site.yaml'), short);
  rig = await HomeRig.prepare(['--home', path.join(scratch, 'night.yaml'), '--headless', '--speed', '1']);
  await rig.startBroker();
  await rig.startSimulator();
  await rig.startBox();
}, 60_000);

afterAll(async () => {
  await rig?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function record(): Promise<{ uptimeMs: number; relay: Relay }> {
  const { objects } = await rig.sim<{ objects: { id: string; state: BoardRecord }[] }>('GET', 'objects');
  const board = objects.find(({ id }) => id === 'cellar-board')?.state;
  const relay = board?.channels.find(({ channel }) => channel === 1);
  if (!board || !relay) throw new Error('no board');
  return { uptimeMs: board.uptimeMs, relay };
}

test('the box is killed: the contact moves at most 1 s after the last lease ends', async () => {
  await eventually('the pool heater runs', async () => (await record()).relay.on, 120_000);
  await rig.kill('box');
  const last = await record();
  const leaseEndsAtMs = last.uptimeMs + last.relay.leaseLeftS * 1000;
  expect(last.relay.leaseLeftS).toBeGreaterThan(LEASE_S / 2);
  await eventually('the contact opens', async () => !(await record()).relay.on, 2 * LEASE_S * 1000);
  const after = await record();
  const openedAtMs = after.uptimeMs - after.relay.sinceMs;
  expect(after.relay.cause).toBe('lease-end');
  expect(openedAtMs).toBeGreaterThanOrEqual(leaseEndsAtMs);
  expect(openedAtMs - leaseEndsAtMs).toBeLessThanOrEqual(GRACE_MS);
}, 180_000);
