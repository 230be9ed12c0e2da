/** Modbus RTU as it is shipped: the copied bundle of the box on a pseudo terminal, at its other end a meter that is not ours. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../home-rig.ts';
import { ShippedHome } from './shipped-home.ts';

const installed = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const HAS_PEERS =
  installed('socat', '-V') && installed('/usr/bin/python3', '-c', 'import pymodbus, serial_asyncio');
if (!HAS_PEERS)
  console.warn('socat, python3-pymodbus or python3-serial-asyncio is missing: a serial line is not tested');
const wired = HAS_PEERS ? test : test.skip;

let home: ShippedHome;
const peers: ChildProcess[] = [];

beforeAll(async () => {
  home = await ShippedHome.open();
}, 180_000);

beforeEach(() => home.renew(), 120_000);

afterEach(() => {
  for (const peer of peers.splice(0)) peer.kill();
});

afterAll(() => home?.close());

/** A serial line: one end for the box, the far one for the meter. */
async function serialLine(name: string): Promise<{ ours: string; theirs: string; cut(): Promise<void> }> {
  const [ours, theirs] = [path.join(home.dir, name), path.join(home.dir, `${name}-far`)];
  const end = (link: string) => `pty,raw,echo=0,link=${link}`;
  const socat = spawn('socat', [end(ours), end(theirs)], { stdio: 'ignore' });
  peers.push(socat);
  await eventually('the pseudo terminals', () => existsSync(ours) && existsSync(theirs));
  const cut = async () => {
    socat.kill();
    await once(socat, 'exit');
  };
  return { ours, theirs, cut };
}

/** An SDM630 by pymodbus, unit 1: `powersW` by phase, 231 V, 50 Hz, what belongs to it. */
async function meterAt(port: string, powersW: readonly [number, number, number]): Promise<void> {
  const script = `
import struct
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer
from pymodbus.transaction import ModbusRtuFramer
powers = [${powersW.join(', ')}]
values = {0x34: sum(powers), 0x46: 50.0, 0x48: 4321.5, 0x4a: 12.25}
for phase, power in enumerate(powers):
    values.update({2 * phase: 231.0, 6 + 2 * phase: abs(power) / 231.0, 12 + 2 * phase: power})
words = [0] * 128
for address, value in values.items():
    words[address:address + 2] = struct.unpack('>HH', struct.pack('>f', value))
store = ModbusSlaveContext(ir=ModbusSequentialDataBlock(0, words), zero_mode=True)
context = ModbusServerContext(slaves={1: store}, single=False)
print('serves', flush=True)
StartSerialServer(context=context, framer=ModbusRtuFramer, port='${port}', baudrate=9600, stopbits=2)
`;
  const server = spawn('/usr/bin/python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  peers.push(server);
  await once(server.stdout, 'data');
}

const rtu = (file: string) => ({ kind: 'modbus-rtu', path: file, baud: 9600, unit: 1 });

const gridPowerW = (expected: number) =>
  home.stateTold(({ power }) => Math.abs((power.gridPowerW ?? Number.NaN) - expected) < 1 || undefined);

wired(
  'the copied bundle reads a meter over a serial line: the portal and `status` are told its values',
  async () => {
    const line = await serialLine('meter');
    await meterAt(line.theirs, [1200, -350, 2000]);
    home.describe({ 'grid-meter': rtu(line.ours) });
    await home.startBox();
    await gridPowerW(2850);
    await home.stopBox();
    expect(await home.status()).toMatch(/gridPowerW +2850 W/);
  },
  120_000,
);

wired(
  'a plug that is drawn is told with what to do; plugged in again, the values come back',
  async () => {
    const line = await serialLine('meter');
    await meterAt(line.theirs, [1200, -350, 2000]);
    home.describe({ 'grid-meter': rtu(line.ours) });
    await home.startBox();
    await gridPowerW(2850);
    await line.cut();
    await eventually('the failure in `status`', async () =>
      /grid-meter: .* there is no such file/.test(await home.status()),
    );
    const again = await serialLine('meter');
    await meterAt(again.theirs, [100, 100, 100]);
    await gridPowerW(300);
  },
  120_000,
);

wired(
  'each port that does not open is told by name, cause and remedy, in the log and in `status`',
  async () => {
    const [held, foreign] = [await serialLine('held'), await serialLine('foreign')];
    writeFileSync(path.join(home.dir, 'text'), '');
    home.describe({
      'grid-meter': rtu(path.join(home.dir, 'ttyUSB7')),
      'held-meter': rtu(held.ours),
      'foreign-meter': rtu(foreign.ours),
      'text-meter': rtu(path.join(home.dir, 'text')),
    });
    chmodSync(held.ours, 0o666);
    chmodSync(foreign.ours, 0o000);
    peers.push(spawn('flock', [held.ours, 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] }));
    // Root may open everything.
    const box = await home.startBox(process.getuid?.() === 0 ? 65_534 : undefined);
    const expected = [
      /grid-meter: .*ttyUSB7 does not open: there is no such file\n +Plug the adapter in; `ls \/dev\/serial\/by-id`/,
      /held-meter: .*another program holds it\n +End the other program: `fuser -v/,
      /foreign-meter: .*permission denied\n +Let the user of the box open it \(usermod -aG dialout/,
      /text-meter: .*it is no serial port\n +`ls \/dev\/serial\/by-id`/,
    ];
    let status = '';
    await eventually('all four in `status`', async () => {
      status = await home.status();
      return (status.match(/device-failed/g)?.length ?? 0) >= 4;
    });
    for (const told of expected) expect(status).toMatch(told);
    const logged = box
      .output()
      .split('\n')
      .filter((line) => line.includes('"msg":"device-failed"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged.map(({ device }) => device).sort()).toEqual([
      ...['foreign-meter', 'grid-meter', 'held-meter', 'text-meter'],
    ]);
    for (const { why, remedy } of logged) expect([why, remedy]).not.toContain(undefined);
  },
  120_000,
);

const OTHER_MACHINE = process.arch === 'x64' ? 'arm64' : 'x64';
const prebuilds = (machine: string) => path.join(home.edge.dir, 'serialport/prebuilds', `linux-${machine}`);

test.each([
  ['left behind', () => rmSync(path.join(home.edge.dir, 'serialport'), { recursive: true })],
  ['without a native part for this machine', () => rmSync(prebuilds(process.arch), { recursive: true })],
  [
    'with the native part of another machine',
    () => {
      const [other] = readdirSync(prebuilds(OTHER_MACHINE));
      for (const file of readdirSync(prebuilds(process.arch)))
        cpSync(path.join(prebuilds(OTHER_MACHINE), other ?? ''), path.join(prebuilds(process.arch), file));
    },
  ],
])(
  'a serial module %s ends `run` and `check` with its name and the remedy',
  async (_, spoil) => {
    spoil();
    home.describe({ 'grid-meter': rtu('/dev/ttyUSB0') });
    for (const command of ['run', 'check']) {
      const { code, stderr } = await home.edge.call('run', [command, '--config', home.configFile]);
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toEqual([
        expect.stringMatching(
          /^module-missing: grid-meter: the module serialport, .*cannot be loaded on linux-/,
        ),
        expect.stringContaining('Copy the whole folder of the bundle again'),
      ]);
    }
    home.describe({ 'grid-meter': { kind: 'modbus-tcp', host: '127.0.0.1' } });
    const { code } = await home.edge.call('run', ['check', '--config', home.configFile]);
    expect(code).toBe(0);
  },
  120_000,
);

test('a bundle without the worker of its store ends with what is missing and what to do', async () => {
  rmSync(path.join(home.edge.dir, 'store-worker.js'));
  home.describe({ 'grid-meter': { kind: 'modbus-tcp', host: '127.0.0.1' } });
  const { code, stderr } = await home.edge.call('run', ['run', '--config', home.configFile]);
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/^module-missing: the worker of the store is not there: .*store-worker\.js$/),
    'Copy the whole folder of the bundle again.',
  ]);
}, 120_000);
