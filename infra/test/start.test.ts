/** The one command, as a newcomer meets it: its good end and its plain refusals. Without the portal, which needs a build. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { eventually, freePortsBase, ROOT } from './home-rig.ts';
import { forget, startHome } from './started-home.ts';

const START = path.join(ROOT, 'infra/local/start.js');

async function refused(...args: string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(process.execPath, [START, ...args], { timeout: 30_000 }, (error, stdout, stderr) =>
    resolve(error ? stderr : `ended well: ${stdout}`),
  );
  return promise;
}

function processesOf(dataDir: string): Promise<string> {
  return promisify(execFile)('pgrep', ['-f', dataDir]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

test('starts a home, ends every process on Ctrl-C, and goes on with its data at the second start', async () => {
  const first = await startHome(['--headless', '--home', 'peak', '--speed', '20']);
  expect(first.output()).toMatch(/Simulated +home-1: peak.yaml, 20x/);
  const secrets = readFileSync(path.join(first.dataDir, 'secrets/home-1.json'), 'utf8');
  expect(await first.stop()).toBe(0);
  expect(await processesOf(first.dataDir)).toBe('');
  const { siteMs } = JSON.parse(readFileSync(path.join(first.dataDir, 'clock.json'), 'utf8')) as {
    siteMs: number;
  };

  const second = await startHome(['--headless', '--home', 'peak', '--speed', '20'], first);
  expect(readFileSync(path.join(first.dataDir, 'secrets/home-1.json'), 'utf8')).toBe(secrets);
  const clock = (await (await fetch(`http://127.0.0.1:${second.portsBase + 10}/api/v1/clock`)).json()) as {
    at: string;
  };
  expect(Date.parse(clock.at)).toBeGreaterThanOrEqual(siteMs);
  await second.stop();
  forget(second);
}, 90_000);

test('the same home on other ports is controlled with the settings it already has', async () => {
  const first = await startHome(['--headless', '--home', 'peak', '--speed', '20']);
  await first.stop();
  const second = await startHome(['--headless', '--home', 'peak', '--speed', '20'], {
    dataDir: first.dataDir,
    portsBase: await freePortsBase(),
  });
  const box = path.join(ROOT, 'edge/src/main.ts');
  const config = path.join(first.dataDir, 'home-1/edge.yaml');
  await eventually(
    'the box reads the meter and rules by it',
    async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [box, 'status', '--config', config]);
      const at = Date.parse(/Newest recorded cycle \d+, (\S+),/.exec(stdout)?.[1] ?? '');
      return at > startedMs(second.dataDir) && /gridPowerW +-?\d+ W/.test(stdout);
    },
    60_000,
  );
  await second.stop();
  forget(second);
}, 150_000);

/** Site time at which this start began. */
function startedMs(dataDir: string): number {
  const text = readFileSync(path.join(dataDir, 'home-1/edge.yaml'), 'utf8');
  return Number(/anchorSiteMs: (\d+)/.exec(text)?.[1]);
}

test('leaves no orphan when it is killed without a chance to clean up', async () => {
  const home = await startHome(['--headless', '--home', 'peak']);
  home.child.kill('SIGKILL');
  await eventually('all processes are gone', async () => (await processesOf(home.dataDir)) === '', 15_000);
  forget(home);
}, 60_000);

test('a taken port is one sentence that names the port and the way out', async () => {
  const base = await freePortsBase();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(base + 1, '127.0.0.1', resolve));
  const words = await refused(
    '--headless',
    '--ports',
    String(base),
    '--data',
    mkdtempSync(path.join(tmpdir(), 'taken-')),
  );
  server.close();
  expect(words.trim().split('\n')).toHaveLength(2);
  expect(words).toContain(`Port ${base + 1} (broker) is taken.`);
  expect(words).toContain('--ports');
});

test('a broken home file is refused with the object, the property and the file', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'broken-')), 'broken.yaml');
  writeFileSync(file, 'name: Broken\nobjects:\n  - id: roof\n    kind: pv\n    peakPowerW: many\n');
  const words = await refused(
    '--headless',
    '--home',
    file,
    '--data',
    mkdtempSync(path.join(tmpdir(), 'broken-')),
  );
  expect(words).toMatch(/roof/);
  expect(words).toContain(file);
});

test.each([
  [['--speed', '50'], /speed is a number from 1 to 20/],
  [['--sites', '1.5'], /sites is a whole number/],
  [['--home', 'castle'], /there is no home "castle"/],
  [['--profile', '/nowhere/at/all'], /there is no profile/],
  [['--weather', '/nowhere/at/all'], /there is no weather/],
  [['--fast'], /unknown option '--fast'/],
])('%j is refused in words', async (args, expected) => {
  expect(await refused(...args)).toMatch(expected);
});

test('an older Node is refused with one sentence', async () => {
  const old = process.env.PATH?.split(':')
    .map((dir) => path.join(dir, 'node'))
    .find((file) => existsSync(file) && !file.includes('node_modules'));
  if (!old) throw new Error('no other Node on this machine');
  const version = (await promisify(execFile)(old, ['--version'])).stdout;
  const answer = promisify(execFile)(old, [START, '--help']);
  if (Number(/v(\d+)/.exec(version)?.[1]) >= 24) await expect(answer).resolves.toBeDefined();
  else await expect(answer).rejects.toMatchObject({ stderr: expect.stringContaining('needs Node 24') });
});
