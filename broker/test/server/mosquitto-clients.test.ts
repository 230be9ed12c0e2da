import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { TestClient } from './mqtt-clients.ts';

const installed = spawnSync('mosquitto_sub', ['--help']).error === undefined;
const whenInstalled = installed ? describe : describe.skip;

const watcher = { id: 'watcher', secret: 'secret-of-the-watcher2', role: 'observer' as const };
const board = { id: 'board-1', secret: 'secret-of-board-1-22ch', role: 'board' as const };
const edge = { id: 'edge-home-1', secret: 'secret-of-the-edge-22c', role: 'edge' as const };

whenInstalled('mosquitto clients (skipped where mosquitto-clients is not installed)', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker({
      credentials: [{ ...watcher, bindings: { boardId: ['board-1'] }, topics: ['boardState'] }, board, edge],
      host: '127.0.0.1',
      port: 0,
    });
  });
  afterAll(() => broker.close());

  const login = (id: string, secret: string) => ['-p', String(broker.port), '-i', id, '-u', id, '-P', secret];

  test("with its own credential one sees the board's state and nothing else", async () => {
    const subscriber = spawn('stdbuf', [
      ...['-oL', 'mosquitto_sub'],
      ...login(watcher.id, watcher.secret),
      ...['-v', '-d', '-q', '1', '-t', '#', '-t', 'wattward/v1/board/board-1/command'],
      ...['-t', 'wattward/v1/board/+/state', '-t', 'wattward/v1/board/board-1/state', '-W', '20'],
    ]);
    const output = collect(subscriber);
    await output.until('Subscribed');
    const relay = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, board);
    const box = await TestClient.open(`mqtt://127.0.0.1:${broker.port}`, edge);
    await box.publish('wattward/v1/board/board-1/command', 'secret command');
    await relay.publish('wattward/v1/board/board-1/hello', 'secret hello');
    await relay.publish('wattward/v1/board/board-1/state', 'the state');
    await output.until('wattward/v1/board/board-1/state the state');
    subscriber.kill();
    await Promise.all([relay.end(), box.end()]);
    expect(output.text()).toContain('Subscribed (mid: 1): 128, 128, 128, 1');
    expect(output.text()).not.toContain('secret');
  });

  test.each([
    ['a wrong password', board.id, 'wrong', /bad user name or password/i],
    ['an unknown identity', 'nobody', board.secret, /bad user name or password/i],
  ])('%s is refused', async (_, id, secret, words) => {
    const subscriber = spawn('mosquitto_sub', [...login(id, secret), '-t', 'x', '-W', '10']);
    const output = collect(subscriber);
    const [code] = await once(subscriber, 'close');
    expect(code).not.toBe(0);
    expect(output.text()).toMatch(words);
  });

  test('publishing on a foreign topic gets no acknowledgement', async () => {
    const publisher = spawn('mosquitto_pub', [
      ...login(board.id, board.secret),
      ...['-q', '1', '-t', 'wattward/v1/board/board-2/state', '-m', 'x'],
    ]);
    const output = collect(publisher);
    await output.until('connection was lost');
    publisher.kill();
    expect(output.text()).not.toContain('PUBACK');
  });
});

interface Output {
  text(): string;
  until(words: string): Promise<void>;
}

function collect(process: ChildProcess): Output {
  let text = '';
  let wake = () => {};
  const take = (chunk: Buffer) => {
    text += chunk.toString();
    wake();
  };
  process.stdout?.on('data', take);
  process.stderr?.on('data', take);
  const over = once(process, 'close').then(() => true);
  return {
    text: () => text,
    until: async (words) => {
      while (!text.includes(words)) {
        const more = new Promise<false>((resolve) => {
          wake = () => resolve(false);
        });
        if ((await Promise.race([more, over])) && !text.includes(words)) {
          throw new Error(`ended without "${words}": ${text}`);
        }
      }
    },
  };
}
