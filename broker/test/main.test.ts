import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readCredentials } from '../src/access/credentials-file.ts';
import { refusalOf, TestClient } from './server/mqtt-clients.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let dir = '';
const children: ChildProcess[] = [];
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'broker-main-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});
afterAll(() => rm(dir, { recursive: true }));

interface Ready {
  readonly ready: true;
  readonly port: number;
  readonly wsPort: number;
  readonly metricsPort: number;
}

/** One run of the command line to its end. */
async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...words, '--data', dir]);
  children.push(child);
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...text };
}

function serve(...words: string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, 'serve', '--data', dir, '--port', '0', ...words], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  return child;
}

async function firstMessage(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}

test('a broker started by a parent says when it is ready, serves, shows its numbers and ends on SIGTERM', async () => {
  const secretFile = path.join(dir, 'home-9.json');
  expect(await run('user', 'add', 'home-9', '--role', 'site', '--out', secretFile)).toMatchObject({
    code: 0,
  });
  const login = JSON.parse(await readFile(secretFile, 'utf8')) as { id: string; secret: string };
  const child = serve('--ws-port', '0', '--metrics-port', '0');
  const { port, wsPort, metricsPort } = (await firstMessage(child)) as Ready;
  for (const url of [`mqtt://127.0.0.1:${port}`, `ws://127.0.0.1:${wsPort}`]) {
    const client = await TestClient.open(url, login);
    expect(await client.publish('wattward/v1/site/home-9/event', '{}')).toBe('acknowledged');
    await client.end();
  }
  await refusalOf(`mqtt://127.0.0.1:${port}`, { ...login, secret: 'wrong' });
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(metrics).toContain('ems_mqtt_received_messages_total{role="site"} 2');
  expect(metrics).toContain('ems_mqtt_refusals_total{why="bad-credential"} 1');
  expect(metrics).not.toContain(login.secret);
  expect(await (await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).text()).toBe('ok\n');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

test('a broker whose parent goes away ends by itself', async () => {
  const child = serve();
  await firstMessage(child);
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a taken port is told to the parent and to the person in one sentence', async () => {
  const first = serve();
  const { port } = (await firstMessage(first)) as Ready;
  const second = spawn(process.execPath, [MAIN, 'serve', '--data', dir, '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  children.push(second);
  let err = '';
  second.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [message] = await Promise.all([firstMessage(second), once(second, 'close')]);
  expect(message).toEqual({
    failed: {
      code: 'BROKER_PORT_TAKEN',
      message: expect.stringContaining(String(port)),
      remedy: expect.any(String),
    },
  });
  expect(second.exitCode).toBe(1);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toContain('BROKER_PORT_TAKEN');
});

test('identities are added with bindings, listed without secrets and revoked', async () => {
  const added = await run(
    'user',
    'add',
    'edge-home-1',
    '--role',
    'edge',
    '--bind',
    'boardId=b-1',
    'boardId=b-2',
  );
  expect(added.code).toBe(0);
  const secret = added.out.trim().split('\n').at(-1) ?? '';
  expect(Buffer.from(secret, 'base64url')).toHaveLength(16);
  expect((await readCredentials(dir)).find(({ id }) => id === 'edge-home-1')?.bindings).toEqual({
    boardId: ['b-1', 'b-2'],
  });
  const listed = await run('user', 'list');
  expect(listed.out).toContain('edge-home-1\tedge\t');
  expect(listed.out).not.toContain(secret);
  expect((await run('acl', 'mosquitto')).out).toContain('topic readwrite wattward/v1/board/b-1/command');
  expect((await run('user', 'revoke', 'edge-home-1')).code).toBe(0);
  expect(await run('user', 'revoke', 'edge-home-1')).toMatchObject({
    code: 1,
    err: expect.stringContaining('BROKER_ID_UNKNOWN'),
  });
});

test('the list of identities says why a device was last refused, when, from where and what to set', async () => {
  const logins = ['tasmota-a4cf12b3c4d5', 'board-7', 'board-8', 'board-9'].map((id) => ({
    id,
    file: path.join(dir, `${id}.json`),
  }));
  const secrets: string[] = [];
  for (const { id, file } of logins) {
    await run('user', 'add', id, '--role', 'board', '--out', file);
    secrets.push((JSON.parse(await readFile(file, 'utf8')) as { secret: string }).secret);
  }
  const child = serve();
  let log = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const { port } = (await firstMessage(child)) as Ready;
  const url = `mqtt://127.0.0.1:${port}`;
  const login = (i: number) => ({ id: logins[i]?.id ?? '', secret: secrets[i] ?? '' });
  expect(await refusalOf(url, login(0), { clientId: 'DVES_\u001b[2JB3C4D5' })).toContain(
    'Identifier rejected',
  );
  const will = { topic: 'tele/board-8/LWT', payload: Buffer.from('Offline'), qos: 1, retain: true } as const;
  expect(await refusalOf(url, login(2), { will })).toContain('Not authorized');
  const talker = await TestClient.open(url, login(3));
  expect(await talker.publish('stat/board-9/RESULT', 'x')).toBe('closed');
  await talker.end();
  await refusalOf(url, { id: 'board-7', secret: 'wrong' });
  await refusalOf(url, { id: 'nobody', secret: 'wrong' });
  child.kill('SIGTERM');
  await once(child, 'close');

  const listed = (await run('user', 'list')).out;
  const when = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';
  for (const [id, sentence] of [
    [
      'tasmota-a4cf12b3c4d5',
      'set the client id to the same as the user name \\(it sent "DVES_\\\\u001b\\[2JB3C4D5"\\)',
    ],
    ['board-7', 'no such identity or a wrong secret: set user name and password as "user add" gave them'],
    ['board-8', 'its last will .*set the topic .*\\(it sent "tele/board-8/LWT"\\)'],
    ['board-9', 'it published what it may not: set the topic .*\\(it sent "stat/board-9/RESULT"\\)'],
  ]) {
    const line = `^${id}\t.*\n  last refused ${when} from 127\\.0\\.0\\.1: .*${sentence}$`;
    expect(listed).toMatch(new RegExp(line, 'm'));
  }
  expect(log).toContain('set the client id to the same as the user name');
  for (const text of [log, listed, await readFile(path.join(dir, 'refusals.json'), 'utf8')]) {
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).not.toContain('nobody');
  }
  expect((await stat(path.join(dir, 'refusals.json'))).mode & 0o777).toBe(0o600);
});

test.each([
  [['user', 'add', 'Bad/Id', '--role', 'site'], 'BROKER_ID_INVALID'],
  [['user', 'add', 'x', '--role', 'king'], 'king'],
  [['user', 'add', 'x', '--role', 'edge', '--bind', 'roomId=1'], 'boardId'],
  [['serve', '--port', '70000'], '65535'],
  [['serve', '--port', '0', '--tls-port', '0'], 'BROKER_CA_MISSING'],
])('the mistake %j is one clear sentence', async (words, clue) => {
  const { code, err } = await run(...words);
  expect(code).toBe(1);
  expect(err).toContain(clue);
});

test('a list without identities says how to make the first one', async () => {
  const empty = await mkdtemp(path.join(tmpdir(), 'broker-empty-'));
  const child = spawn(process.execPath, [MAIN, 'user', 'list', '--data', empty]);
  children.push(child);
  const [chunk] = (await once(child.stderr, 'data')) as [Buffer];
  expect(chunk.toString()).toContain('user add portal --role portal');
  expect(await once(child, 'close')).toEqual([0, null]);
  await rm(empty, { recursive: true });
});

test('a broken list of credentials stops the start and is left as it is', async () => {
  const own = await mkdtemp(path.join(tmpdir(), 'broker-broken-'));
  await writeFile(path.join(own, 'credentials.json'), '{"v":1');
  const child = spawn(process.execPath, [MAIN, 'serve', '--data', own, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const [chunk] = (await once(child.stderr, 'data')) as [Buffer];
  expect(chunk.toString()).toContain('BROKER_CREDENTIALS_BROKEN');
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(await readFile(path.join(own, 'credentials.json'), 'utf8')).toBe('{"v":1');
  await rm(own, { recursive: true });
});
