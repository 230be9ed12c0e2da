/** Every command of box and broker answers from the copied bundle what it answers from the sources. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectAsync } from 'mqtt';
import type { Bundle } from '../../build/bundle.ts';
import { eventually, HomeRig, onlyNode, ROOT } from '../home-rig.ts';
import { type Ended, Shipped } from './shipped.ts';

let edge: Shipped;
let broker: Shipped;
let rig: HomeRig;
let scratch: string;
/** All that the box said while it ran. */
let boxSaid: string;

type Call = (...args: string[]) => Promise<Ended>;

const fromSources =
  (name: Bundle): Call =>
  (...args) =>
    new Promise((resolve) => {
      const command = [path.join(ROOT, name, 'src/main.ts'), ...args];
      execFile(process.execPath, command, { cwd: scratch, env: onlyNode() }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });

const fromBundle =
  (shipped: Shipped): Call =>
  (...args) =>
    shipped.call('run', args);

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'commands-'));
  [edge, broker] = await Promise.all([Shipped.copy('edge'), Shipped.copy('broker')]);
  rig = await HomeRig.prepare(['--home', 'peak', '--headless', '--speed', '20']);
  await rig.startBroker();
  await rig.startSimulator();
  const box = await edge.start('run', ['run', '--config', config()]);
  await eventually('cycles on the disk', async () => {
    const { stdout } = await edge.call('run', ['status', '--config', config()]);
    return /Newest recorded cycle/.test(stdout) && /pending +[1-9]/.test(stdout);
  });
  await box.stop();
  boxSaid = box.output();
}, 180_000);

afterAll(async () => {
  await rig?.stop();
  edge?.remove();
  broker?.remove();
  rmSync(scratch, { recursive: true, force: true });
});

const config = () => path.join(rig.site.dir, 'edge.yaml');

/** Names of the commands that `--help` lists under `Commands:`, those of groups with their group. */
async function commandsOf(call: Call, ...group: string[]): Promise<string[]> {
  const { stdout } = await call(...group, '--help');
  const [, listed = ''] = stdout.split('Commands:');
  const names = [...listed.matchAll(/^ {2}(\w+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
  if (names.length === 0) return [group.join(' ')];
  return (await Promise.all(names.map((name) => commandsOf(call, ...group, name)))).flat();
}

const month = () => new Date(rig.anchor.siteMs).toISOString().slice(0, 7);

/** For each command of the box the exit code, words it says, and arguments, as often as it is to be called; DIR is where it writes. */
const EDGE_CALLS: Readonly<Record<string, () => readonly (readonly [number, string, ...string[]])[]>> = {
  // It has run before.
  run: () => [[1, 'config-unreadable', '--config', 'nowhere.yaml']],
  check: () => [[0, 'are in order', '--config', config()]],
  export: () => [[0, '# version 1', '--config', config()]],
  journal: () => [
    [0, '.csv', '--config', config(), '--month', month(), '--folder', 'DIR', '--language', 'de'],
  ],
  ledger: () => [[0, '.csv', '--config', config(), '--month', month(), '--folder', 'DIR']],
  plan: () => [
    [1, 'plan-what', '--config', config()],
    [1, 'plan-invalid', '--config', config(), '--set', planFile('foreign', { site: 'home-9' })],
    [0, 'with 1 slots', '--config', config(), '--set', planFile('good')],
    [0, 'no plan any more', '--config', config(), '--clear'],
  ],
  status: () => [
    [0, 'Newest recorded cycle', '--config', config()],
    [1, 'no-config'],
  ],
  explain: () => [
    [0, 'Water heater', '--config', config(), '--actuator', 'load:water-heater'],
    [0, 'Water heater', '--config', config(), '--actuator', 'load:water-heater', '--lang', 'de'],
    [1, 'no-such-load', '--config', config(), '--actuator', 'load:no-such-load'],
  ],
  replay: () => [[0, 'cycles', '--config', config()]],
};

function planFile(name: string, change: object = {}): string {
  const file = path.join(scratch, `${name}.json`);
  const [now, inAnHour] = [0, 3_600_000].map((ms) => new Date(rig.anchor.siteMs + ms).toISOString());
  const expected = { houseLoadW: 300, houseLoadBandW: 5000, storedValuePerKwh: 0.3 };
  const slot = { start: now, end: inAnHour, batteries: [], loadsOn: [], ...expected };
  const plan = {
    ...{ v: 1, site: rig.site.id, id: 'by-hand', issued: now, expires: inAnHour, slots: [slot] },
    ...{ currency: 'EUR', expectedCostMoney: 0, rulesCostMoney: 0, binding: [] },
  };
  writeFileSync(file, JSON.stringify({ ...plan, ...change }));
  return file;
}

test('the box says nothing but lines of its log', () => {
  expect(boxSaid).toContain('control begins');
  expect(boxSaid.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
});

test('the box: each command says and writes the same, with the same exit code', async () => {
  expect((await commandsOf(fromBundle(edge))).sort()).toEqual(Object.keys(EDGE_CALLS).sort());
  for (const [command, calls] of Object.entries(EDGE_CALLS)) {
    for (const [code, words, ...args] of calls()) {
      const [shipped, expected] = await Promise.all([
        answered(fromBundle(edge), 'bundle', [command, ...args]),
        answered(fromSources('edge'), 'sources', [command, ...args]),
      ]);
      expect({ command, args, ...shipped }).toEqual({ command, args, ...expected });
      expect([shipped.code, `${shipped.stdout}${shipped.stderr}`]).toEqual([
        code,
        expect.stringContaining(words),
      ]);
    }
  }
}, 300_000);

/** What a call answers, with the text of the files that it wrote into a folder of its own. */
async function answered(
  call: Call,
  name: string,
  args: readonly string[],
): Promise<Ended & { files: object }> {
  const dir = path.join(scratch, name);
  mkdirSync(dir, { recursive: true });
  const { stdout, ...ended } = await call(...args.map((arg) => (arg === 'DIR' ? dir : arg)));
  const files = readdirSync(dir).map((file) => [file, readFileSync(path.join(dir, file), 'utf8')]);
  return { ...ended, stdout: stdout.replaceAll(dir, 'DIR'), files: Object.fromEntries(files) };
}

/** In this order, each on what those before it made; `DIR` is the data folder. */
const BROKER_CALLS: readonly string[] = [
  'user list --data DIR',
  'user add edge-1 --role edge --bind siteId=home-1 --data DIR',
  'user add esp12f-a4cf12b3c4d5 --role board --label K7M2-Q9X4-T1B8-C3D6-F5G0 --data DIR',
  'user add portal --role portal --data DIR --out DIR/portal.json',
  'user add portal --role portal --data DIR',
  'user list --data DIR',
  'acl mosquitto --data DIR',
  'acl emqx --data DIR',
  'user revoke edge-1 --data DIR',
  'user revoke edge-1 --data DIR',
  'ca issue portal --data DIR --out DIR/portal',
  'ca init --data DIR --host localhost',
  'ca issue portal --data DIR --out DIR/portal',
  'serve --data DIR --port 99999',
];

/** What differs from run to run: secrets, instants, the folder. */
const masked = (text: string, dir: string) =>
  text
    .replaceAll(dir, 'DIR')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
    .replaceAll(/(?<=shown only now:\n)\S{16,}/g, 'SECRET')
    .replaceAll(/(?<="?password_hash"?[:,]"?)[^",\s]+/g, 'HASH');

test('the broker: each command says the same, with the same exit code', async () => {
  const called = BROKER_CALLS.map((line) => line.split(' --')[0] ?? '');
  for (const command of await commandsOf(fromBundle(broker)))
    expect(called.filter((line) => line.startsWith(command))).not.toEqual([]);
  const answers = async (call: Call, dir: string) => {
    const said: object[] = [];
    for (const line of BROKER_CALLS) {
      const { code, stdout, stderr } = await call(...line.replaceAll('DIR', dir).split(' '));
      said.push({ line, code, stdout: masked(stdout, dir), stderr: masked(stderr, dir) });
    }
    return said;
  };
  const [shipped, sources] = [path.join(scratch, 'broker'), path.join(scratch, 'broker-sources')];
  const [said, expected] = await Promise.all([
    answers(fromBundle(broker), shipped),
    answers(fromSources('broker'), sources),
  ]);
  expect(said).toEqual(expected);
}, 120_000);

test('the broker from the bundle listens on all its doors', async () => {
  const data = path.join(scratch, 'doors');
  await broker.call('run', ['ca', 'init', '--data', data, '--host', '127.0.0.1', 'localhost']);
  await broker.call('run', [
    'user',
    'add',
    'portal',
    '--role',
    'portal',
    '--data',
    data,
    '--out',
    `${data}/me.json`,
  ]);
  await broker.call('run', ['ca', 'issue', 'portal', '--data', data, '--out', data]);
  const doors = [
    '--port',
    '0',
    '--ws-port',
    '0',
    '--tls-port',
    '0',
    '--wss-port',
    '0',
    '--metrics-port',
    '0',
  ];
  const serving = await broker.start('run', ['serve', '--data', data, ...doors]);
  try {
    const { id, secret } = JSON.parse(readFileSync(`${data}/me.json`, 'utf8')) as {
      id: string;
      secret: string;
    };
    const ca = readFileSync(`${data}/authority.pem`);
    const options = {
      clientId: id,
      username: id,
      password: secret,
      protocolVersion: 4,
      ca,
      reconnectPeriod: 0,
    } as const;
    const { port, wsPort, tlsPort, wssPort, metricsPort } = serving.ready;
    for (const url of [
      `mqtt://127.0.0.1:${port}`,
      `ws://127.0.0.1:${wsPort}`,
      `mqtts://localhost:${tlsPort}`,
      `wss://localhost:${wssPort}`,
    ]) {
      const client = await connectAsync(url, options);
      expect([url, client.connected]).toEqual([url, true]);
      await client.endAsync();
    }
    expect(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()).toContain('# TYPE');
  } finally {
    await serving.stop();
  }
}, 120_000);
