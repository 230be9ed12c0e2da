/** Programs written by others agree with ours: mosquitto's clients on the bus, mbpoll on the meter. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { addCredential } from '@wattward/broker/access/credentials-file';
import { parseMessage } from '@wattward/broker/wire/message';
import { topic } from '@wattward/broker/wire/topics';
import { eventually, HomeRig } from './home-rig.ts';
import { testWith } from './installed.ts';

const run = promisify(execFile);
let rig: HomeRig;

beforeAll(async () => {
  rig = await HomeRig.prepare(['--home', 'peak', '--headless']);
  await rig.startBroker();
  await rig.startSimulator();
  await rig.startBox();
}, 60_000);

afterAll(() => rig.stop());

function asUser({ id, secret }: { id: string; secret: string }): string[] {
  return ['-h', '127.0.0.1', '-p', String(rig.plan.brokerPort), '-i', id, '-u', id, '-P', secret];
}

/** Lines that mosquitto_sub prints for `filters` within `seconds`. */
async function heard(
  user: { id: string; secret: string },
  filters: readonly string[],
  seconds: number,
): Promise<string[]> {
  const args = asUser(user);
  const child = spawn('mosquitto_sub', [
    ...args,
    ...filters.flatMap((filter) => ['-t', filter]),
    '-v',
    '-W',
    String(seconds),
  ]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text.split('\n').filter(Boolean);
}

testWith('mosquitto_sub')(
  'mosquitto_sub with its own credential sees the state of its board and nothing else',
  async () => {
    const board = rig.home.boards[0] ?? '';
    const watcher = await addCredential(rig.plan.brokerDir, {
      id: 'watcher',
      role: 'installer',
      bindings: { boardId: [board] },
      topics: ['boardState'],
    });
    const own = topic('boardState', { boardId: board });
    const lines = await eventually('the board state is heard', async () => {
      const found = await heard(watcher, [own], 3);
      return found.length > 0 && found;
    });
    for (const line of lines) {
      const [name, ...payload] = line.split(' ');
      expect(name).toBe(own);
      expect(parseMessage('boardState', payload.join(' '))).toMatchObject({ ok: true, message: { board } });
    }
    expect(await heard(watcher, ['#', '$SYS/#', topic('siteState'), topic('boardCommand')], 3)).toEqual([]);
  },
);

testWith('mosquitto_pub')(
  'mosquitto_pub asks the simulated home over the bus, and switches in it',
  async () => {
    const asker = await addCredential(rig.plan.brokerDir, { id: 'asker', role: 'portal' });
    const ids = { siteId: rig.site.id };
    const asked = async (verb: string, more: Record<string, unknown> = {}) => {
      const answers = heard(rig.secret('portal'), [topic('simResponse', { ...ids, verb })], 3);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const question = JSON.stringify({ v: 1, transaction: 't-1', ...more });
      await run('mosquitto_pub', [
        ...asUser(asker),
        '-t',
        topic('simRequest', { ...ids, verb }),
        '-m',
        question,
      ]);
      const [line = ''] = await answers;
      return JSON.parse(line.slice(line.indexOf(' ') + 1)) as { transaction: string; status: string };
    };
    const listed = await asked('list-objects');
    expect(listed).toMatchObject({ transaction: 't-1', status: 'ok' });
    expect(JSON.stringify(listed)).toContain('"oven"');
    expect(await asked('switch-object', { id: 'oven', body: { on: true } })).toMatchObject({ status: 'ok' });
    const nothing = await asked('switch-object', { id: 'no-such-thing', body: { on: true } });
    expect(nothing).toMatchObject({ status: 'error' });
  },
);

testWith('mbpoll')('mbpoll reads the grid power from the meter that the box reports', async () => {
  const portal = rig.secret('portal');
  await eventually(
    'both say the same',
    async () => {
      const [box, meter] = await Promise.all([stateHeard(portal), gridPowerByMbpoll()]);
      return box !== null && Math.abs(box - meter) <= 2 && { box, meter };
    },
    25_000,
  );
});

async function stateHeard(user: { id: string; secret: string }): Promise<number | null> {
  const [line = ''] = await heard({ ...user, id: user.id }, [topic('siteState', { siteId: rig.site.id })], 2);
  const parsed = parseMessage('siteState', line.slice(line.indexOf(' ') + 1));
  return parsed.ok ? parsed.message.power.gridPowerW : null;
}

async function gridPowerByMbpoll(): Promise<number> {
  // SDM630: total system power is input register 53 (30053), a big-endian 32-bit float.
  const args = ['-m', 'tcp', '-a', '1', '-t', '3:float', '-B', '-r', '53', '-c', '1', '-1', '-q'];
  const { stdout } = await run('mbpoll', [...args, '-p', String(rig.site.meterPort), '127.0.0.1']);
  const value = /\[53\]:\s*(-?[\d.]+)/.exec(stdout)?.[1];
  if (value === undefined) throw new Error(`mbpoll printed ${stdout}`);
  return Number(value);
}
