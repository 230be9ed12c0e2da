import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { SmallHome } from './agent/small-home.ts';
import { recompute } from './core/recompute-ledger.ts';
import { until } from './devices/modbus-server.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function home(options = {}): Promise<SmallHome> {
  const opened = await SmallHome.open({ speed: 20, cycleMs: 1_000, ...options });
  open.push(() => opened.close());
  return opened;
}

/** The battery of the small home, as a home without a box would run it. */
const PLAIN_BATTERY = {
  capacityWh: 10_000,
  reservePct: 10,
  ceilingPct: 100,
  chargeW: 5000,
  dischargeW: 5000,
  efficiency: 0.9,
};

const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

/** The portal's public key, where the configuration of the small home looks for it. */
function withKey(box: SmallHome, pem = pemOf(generateKeyPairSync('ed25519').publicKey)): SmallHome {
  writeFileSync(path.join(box.dir, 'setpoint-key.pub'), pem);
  return box;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly said: unknown[];
}

function start(...args: string[]) {
  const child = fork(path.join(import.meta.dirname, '../src/main.ts'), args, { silent: true });
  open.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  const said: unknown[] = [];
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  child.on('message', (message) => said.push(message));
  const ended = once(child, 'close').then(([code]): Ended => ({ code, stdout, stderr, said }));
  return { child, ended, said };
}

async function running(box: SmallHome): Promise<{ child: ChildProcess; ended: Promise<Ended> }> {
  const { child, ended, said } = start('run', '--config', box.configFile);
  await until('ready', () => said.length > 0, 15_000);
  expect(said[0]).toEqual({ ready: true, site: 'home-1' });
  return { child, ended };
}

describe('the box as a process', () => {
  test('says when it is ready and ends in order on SIGTERM', async () => {
    const { child, ended } = await running(await home());
    const atMs = performance.now();
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(performance.now() - atMs).toBeLessThan(3_000);
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  test('ends by itself when whoever started it is gone', async () => {
    const { child } = await running(await home());
    const exited = once(child, 'exit');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  test('killed while a relay is on: the relay goes home with its lease, and the next start remembers', async () => {
    const box = await home();
    const first = await running(box);
    await until('the relay on', () => box.board.isOn(1), 20_000);
    first.child.kill('SIGKILL');
    await first.ended;
    await until('the end of the lease', () => !box.board.isOn(1), 10_000);
    expect(box.board.state.channels[0]?.cause).toBe('lease-end');
    const second = await running(box);
    await until('the relay on again', () => box.board.isOn(1), 20_000);
    second.child.kill('SIGTERM');
    await second.ended;
    const { stdout } = await start('journal', '--config', box.configFile, '--month', '2026-01').ended;
    const csv = readFileSync(stdout.trim(), 'utf8').trim().split('\r\n');
    expect(csv[0]).toMatch(/^seq,time_utc,time_local,actuator,outcome/);
    const seqs = csv.slice(1).map((line) => Number(line.split(',')[0]));
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(csv.filter((line) => line.includes('load:pool-heater,on')).length).toBeGreaterThanOrEqual(1);
  }, 60_000);

  test('its ledger comes from the disk: each quarter of an hour once, over a kill too, and it can be worked out anew', async () => {
    const box = await home({ startMs: Date.UTC(2026, 0, 14, 11, 58) });
    const first = await running(box);
    const rows = async () => {
      const { code, stdout, stderr } = await start('ledger', '--config', box.configFile, '--month', '2026-01')
        .ended;
      if (code !== 0) throw new Error(stderr);
      return readFileSync(stdout.trim(), 'utf8');
    };
    let csv = await rows();
    const giveUpMs = performance.now() + 45_000;
    while (csv.trim().split('\n').length < 2 && performance.now() < giveUpMs) csv = await rows();
    expect(csv).toContain('2026-01-14T11:45:00.000Z,2026-01-14T12:45:00+01:00,');
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await running(box);
    await until('the relay on', () => box.board.isOn(1), 20_000);
    second.child.kill('SIGTERM');
    await second.ended;
    expect(await rows()).toBe(csv);
    expect(csv.trim().split('\n')).toHaveLength(2);
    const { differences, importWh } = recompute(csv, PLAIN_BATTERY);
    expect(differences).toEqual([]);
    // 300 W for what was left of the quarter of an hour.
    expect(importWh).toBeGreaterThan(1);
    expect(importWh).toBeLessThan((2 * 300) / 60);
  }, 120_000);

  test('check tells that both files are in order, or all that is wrong with them', async () => {
    const box = withKey(await home());
    const good = await start('check', '--config', box.configFile).ended;
    expect(good).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('are in order: 1 meters, 1 inverters'),
    });
    appendFileSync(path.join(box.dir, 'site.yaml'), '\ncolour: blue\nbattery: 1\n');
    const bad = await start('check', '--config', box.configFile).ended;
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/has 2 mistakes/);
    expect(bad.stderr).toMatch(/line \d+, colour: there is no setting "colour" here/);
  });

  test.each([
    ['is not there', null, 'key-unreadable'],
    ['holds something else', 'ssh-ed25519 AAAA', 'key-invalid'],
    [
      'is of another kind',
      pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
      'key-invalid',
    ],
  ])('a set-point key whose file %s is a mistake, not a silence', async (_, pem, code) => {
    const box = await home();
    if (pem !== null) withKey(box, pem);
    const { code: exit, stderr } = await start('check', '--config', box.configFile).ended;
    expect([exit, stderr.split(':')[0]]).toEqual([1, code]);
    expect(stderr).toContain('setpoint-key.pub');
    expect(stderr).toContain('"portal"');
  });

  test('a device this box cannot drive is a mistake, not a silence', async () => {
    const box = await home();
    const file = path.join(box.dir, 'site.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('profile: sdm630', 'profile: sdm999'));
    const { code, stderr } = await start('check', '--config', box.configFile).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('the box knows no meter "sdm999"; choose one of: sdm630');
  });

  test('export writes settings that seed the same box again', async () => {
    const box = withKey(await home());
    const { child, ended } = await running(box);
    child.kill('SIGTERM');
    await ended;
    const { stdout } = await start('export', '--config', box.configFile).ended;
    expect(stdout).toMatch(/^# version 1, since 2026-01-14T/);
    writeFileSync(path.join(box.dir, 'site.yaml'), stdout);
    expect((await start('check', '--config', box.configFile).ended).code).toBe(0);
  });

  test('a start that cannot be is one clear sentence with its remedy, also for whoever started it', async () => {
    const box = await home();
    writeFileSync(path.join(box.dir, 'edge-home-1.json'), 'nonsense');
    const { code, stderr, said } = await start('run', '--config', box.configFile).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^secret-invalid: .*edge-home-1.json holds no secret of an identity\nMake a new one/,
    );
    expect(said).toEqual([{ failed: expect.objectContaining({ code: 'secret-invalid' }) }]);
  });
});
