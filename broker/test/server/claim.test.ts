import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FACTORY_TOPICS, type IssuedSecret, newSecret } from '../../src/access/credential.ts';
import { addCredential, readCredentials } from '../../src/access/credentials-file.ts';
import { type Broker, startBroker } from '../../src/server/start-broker.ts';
import { encodeMessage } from '../../src/wire/message.ts';
import { refusalOf, TestClient } from './mqtt-clients.ts';

const CREDENTIAL = 'wattward/v1/board/board-1/credential';
const STATE = 'wattward/v1/board/board-1/state';

let dir = '';
let broker: Broker;
let url = '';
let factory: IssuedSecret;
let edge: IssuedSecret;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'claim-'));
  factory = await addCredential(dir, { id: 'board-1', role: 'board', topics: FACTORY_TOPICS });
  edge = await addCredential(dir, { id: 'edge-home-1', role: 'edge' });
  broker = await startBroker({ dataDir: dir, host: '127.0.0.1', port: 0 });
  url = `mqtt://127.0.0.1:${broker.port}`;
});
afterEach(async () => {
  await broker.close();
  await rm(dir, { recursive: true });
});

test('a claimed board comes back with its own secret and all rights, and its factory secret is void', async () => {
  const board = await TestClient.open(url, factory);
  const box = await TestClient.open(url, edge);
  await board.subscribe(CREDENTIAL);
  const secret = newSecret();
  await box.publish(CREDENTIAL, encodeMessage('boardCredential', { v: 1, board: 'board-1', secret }));
  const { text } = await board.waitFor(({ topic }) => topic === CREDENTIAL);
  expect(JSON.parse(text)).toMatchObject({ secret });
  await board.end();

  const login = { id: 'board-1', secret };
  let claimed: TestClient | undefined;
  while (!claimed) claimed = await TestClient.open(url, login).catch(() => undefined);
  expect(await claimed.publish(STATE, 'in service', true)).toBe('acknowledged');
  expect(await refusalOf(url, factory)).not.toBe('accepted');

  let narrowed = true;
  while (narrowed) narrowed = (await readCredentials(dir)).some(({ topics }) => topics !== undefined);
  expect((await readCredentials(dir)).some(({ pendingSecret }) => pendingSecret)).toBe(false);
  expect(claimed.mqtt.connected).toBe(true);
  await Promise.all([claimed.end(), box.end()]);
});

test('until the new secret has been used the old one still opens, so that a lost message costs nothing', async () => {
  const box = await TestClient.open(url, edge);
  await box.publish(
    CREDENTIAL,
    encodeMessage('boardCredential', { v: 1, board: 'board-1', secret: newSecret() }),
  );
  let pending = false;
  while (!pending) pending = (await readCredentials(dir)).some(({ pendingSecret }) => pendingSecret);
  expect(await refusalOf(url, factory)).toBe('accepted');
  await box.end();
});

test('a message for another board, or none at all, changes no credential', async () => {
  const box = await TestClient.open(url, edge);
  const before = await readCredentials(dir);
  for (const text of [
    '{}',
    'x',
    encodeMessage('boardCredential', { v: 1, board: 'other', secret: newSecret() }),
  ]) {
    await box.publish(CREDENTIAL, text);
  }
  await box.publish(
    'wattward/v1/board/unknown/credential',
    encodeMessage('boardCredential', { v: 1, board: 'unknown', secret: newSecret() }),
  );
  await box.subscribe('wattward/v1/board/+/state');
  await box.end();
  expect(await readCredentials(dir)).toEqual(before);
});
