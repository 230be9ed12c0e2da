/**
 * The installer's wizard as it is shipped: the launcher in the copied bundle, its own process at a terminal, over the
 * home broker alone, against the broker's bundle, a real simulated house and the box's bundle. First every wire is wrong,
 * then everything is mended.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { Shipped } from './bundle/shipped.ts';
import { HomeRig, onlyNode } from './home-rig.ts';
import { Terminal } from './terminal.ts';

let rig: HomeRig;
let edge: Shipped;
let broker: Shipped;
let out: string;
let ids: Record<'own' | 'tasmota' | 'shelly' | 'esphome', string>;

beforeAll(async () => {
  out = mkdtempSync(path.join(tmpdir(), 'acceptance-'));
  [edge, broker] = await Promise.all([Shipped.copy('edge'), Shipped.copy('broker')]);
  rig = await HomeRig.prepare(['--home', 'practice', '--headless', '--speed', '10']);
  await rig.startBroker(broker.dir);
  await rig.startSimulator();
  await rig.startBox(edge.dir);
  const named = (make: string) => rig.home.boards.find((id) => id.startsWith(make)) ?? '';
  ids = {
    own: named('esp12f'),
    tasmota: named('tasmota'),
    shelly: named('shelly'),
    esphome: named('esphome'),
  };
}, 180_000);

afterAll(async () => {
  await rig?.stop();
  edge?.remove();
  broker?.remove();
  rmSync(out, { recursive: true, force: true });
});

const wizardArgs = () => [
  ...['--broker', `mqtt://127.0.0.1:${rig.plan.brokerPort}`, '--site', rig.site.id],
  ...['--secret', path.join(rig.plan.secretsDir, `${rig.site.installerId}.json`)],
  ...['--out', out, '--look-ms', '100'],
];

const load = (channel: number, id: string, nominalPowerW: number, phase: string, priority: number) => ({
  ...{ channel, load: id, name: id, nominalPowerW, phase, priority },
});

/** Which boards the answers plan, and what hangs on them. */
function answers(boards: readonly (keyof typeof ids)[]): string {
  const code = rig.home.unclaimed[0]?.label;
  const plans = {
    own: {
      ...{ device: ids.own, code, name: 'Cellar' },
      loads: [load(1, 'pool-heater', 2000, 'L1', 3), load(2, 'pool-pump', 900, 'L2', 4)],
    },
    tasmota: {
      device: ids.tasmota,
      name: 'Kitchen',
      loads: [{ ...load(1, 'boiler', 2100, 'L2', 2), contactor: true }],
    },
    shelly: { device: ids.shelly, name: 'Bath', loads: [load(1, 'bath-heater', 1500, 'L3', 5)] },
    esphome: {
      device: ids.esphome,
      name: 'Garage',
      loads: [{ ...load(1, 'car', 2300, 'L1', 1), contactor: true }],
    },
  };
  const simulator = `http://127.0.0.1:${rig.site.simHttpPort}`;
  const file = path.join(out, 'answers.yaml');
  writeFileSync(
    file,
    stringify({ by: 'Ada', repeats: 1, simulator, boards: boards.map((make) => plans[make]) }),
  );
  return file;
}

interface Wizard {
  readonly code: number;
  readonly text: string;
}

async function wizard(boards: readonly (keyof typeof ids)[]): Promise<Wizard> {
  const program = path.join(edge.dir, 'commission');
  const run = promisify(execFile)(program, [...wizardArgs(), '--answers', answers(boards)], {
    env: onlyNode(),
  });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, text: `${stdout}${stderr}` }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      text: `${error.stdout}${error.stderr}`,
    }),
  );
}

interface Acceptance {
  readonly report: {
    readonly boards: readonly {
      readonly id: string;
      readonly stage: string;
      readonly name: string;
      readonly tests: readonly {
        readonly channel: number;
        readonly faults: readonly { readonly code: string }[];
      }[];
      readonly proofs: readonly { readonly name: string; readonly passed: boolean }[];
    }[];
  };
}

const acceptance = () =>
  (JSON.parse(readFileSync(path.join(out, 'acceptance.json'), 'utf8')) as Acceptance).report.boards;

const spoil = (objectId: string, change: object) => rig.sim('PATCH', `objects/${objectId}`, change);

test('a new board is claimed at the terminal: a wrong code is asked again, typed words are understood', async () => {
  const terminal = new Terminal([path.join(edge.dir, 'commission'), ...wizardArgs()], onlyNode());
  try {
    await terminal.answer('Your name', 'Ada');
    await terminal.answer('How many relay boards', '4');
    await terminal.sees('Found 4 of 4.');
    await terminal.answer('Board to take up', String(1 + rig.home.boards.toSorted().indexOf(ids.own)));
    await terminal.answer('Code on the label', 'K7M2-Q9X4-T1B8-C3D6-F5G0');
    await terminal.sees('this code does not belong to');
    const label = rig.home.unclaimed[0]?.label ?? '';
    await terminal.answer('Code on the label', `${label.slice(0, 10).toLowerCase()} ${label.slice(10)}`);
    await terminal.sees('its light blinks');
    await terminal.answer('in front of you', 'no');
    await terminal.sees('was not confirmed');
    await terminal.answer('Board to take up', '0');
    await terminal.sees('Accepted: 0 of 4');
    expect(await terminal.ended()).toBe(2);
  } finally {
    terminal.kill();
  }
  expect(rig.secret(ids.own).secret).not.toBe(rig.home.unclaimed[0]?.label);
}, 90_000);

test('where nobody can be asked it says so at once, and what can be done', async () => {
  const { code, stdout, stderr } = await edge.call('commission', wizardArgs());
  expect([code, stdout, stderr]).toEqual([
    1,
    '',
    'Nobody can be asked here: the input is no terminal. Start it at a terminal, or give it --answers FILE.\n',
  ]);
});

test('each planted fault is found and named: swapped wires, wrong phase, stuck, welded, reversed transformer', async () => {
  await spoil('cellar', { contacts: { swapped: [[1, 2]] } });
  await spoil('boiler', { phase: 'L3' });
  await spoil('bath', { contacts: { stuck: [1] } });
  await spoil('garage', { contacts: { welded: [1] } });
  const { code, text } = await wizard(['own', 'tasmota', 'shelly', 'esphome']);
  expect(code).toBe(2);
  // It is read in a cellar: nothing of the inside of the program stands in front of it.
  expect(text).not.toMatch(/warning/i);
  const found = acceptance().flatMap(({ id, tests }) =>
    tests.map(({ channel, faults }) => `${id} ${channel} ${faults[0]?.code}`),
  );
  expect(found.sort()).toEqual([
    `${ids.own} 1 swapped-relays`,
    `${ids.own} 2 swapped-relays`,
    `${ids.esphome} 1 welded`,
    `${ids.shelly} 1 no-power`,
    `${ids.tasmota} 1 wrong-phase`,
  ]);
  expect(text).toContain('hangs on L3, not on L2');
  for (const { stage } of acceptance()) expect(stage).toBe('assigned');

  await spoil('boiler', { phase: 'L2' });
  await spoil('grid-meter', { reversed: ['L2'] });
  const again = await wizard(['tasmota']);
  expect(again.text).toContain('the current transformer there is reversed');
  await spoil('grid-meter', { reversed: [] });
  for (const board of ['cellar', 'bath', 'garage']) await spoil(board, { contacts: {} });
}, 300_000);

test('mended, all four come from where they stood to accepted, each with four proofs of its safe state', async () => {
  const { code, text } = await wizard(['own', 'tasmota', 'shelly', 'esphome']);
  expect([code, text.split('\n').filter((line) => line.includes('FAILED'))]).toEqual([0, []]);
  expect(text).toContain('Accepted: 4 of 4 expected.');
  for (const { stage, proofs } of acceptance()) {
    expect(stage).toBe('accepted');
    expect(proofs.map(({ name, passed }) => `${name} ${passed}`)).toEqual([
      'lease true',
      'broker true',
      'will true',
      'power true',
    ]);
  }
  expect(readFileSync(path.join(out, 'acceptance.html'), 'utf8')).toContain(
    '4 of 4 expected boards accepted',
  );
}, 600_000);
