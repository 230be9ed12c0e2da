import { spawn } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { UnsignedSetpoint } from '@wattward/broker/wire/setpoint';
import { signerAt } from '../../server/setpoints/signer-client.ts';
import { loadKey } from '../../signer/key-file.ts';
import { signingAnswer } from '../../signer/signing-server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'wattward-signer-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const setpoint: UnsignedSetpoint = {
  v: 1,
  id: 'setpoint-1',
  site: 'home-1',
  kind: 'peak-threshold',
  value: { watts: 7000 },
  notBefore: '2026-06-10T12:00:00.000Z',
  expires: '2026-06-10T13:00:00.000Z',
  issuer: 'Max <max@example.org>',
  approver: 'Ann <ann@example.org>',
  expectedSaving: null,
  seq: 1,
  challenge: 'c',
};

test('the process signs over its socket, keeps its key to itself, and ends with its parent', async () => {
  const main = join(import.meta.dirname, '../../signer/main.ts');
  const child = spawn(process.execPath, [main, '--data', dataDir], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [message] = await once(child, 'message');
  expect(message).toMatchObject({ ready: true });
  const socket = join(dataDir, 'signer.sock');
  expect(statSync(join(dataDir, 'setpoint-key.pem')).mode & 0o777).toBe(0o600);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const { signature, ...signed } = await signerAt(socket)(setpoint);
  expect(signed).toEqual(setpoint);
  const key = createPublicKey(readFileSync(join(dataDir, 'setpoint-key.pub')));
  const isRight = (what: object) =>
    verify(null, Buffer.from(canonicalJson(what)), key, Buffer.from(signature, 'base64url'));
  expect(isRight(setpoint)).toBe(true);
  expect(isRight({ ...setpoint, value: { watts: 7001 } })).toBe(false);
  child.disconnect();
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(existsSync(socket)).toBe(false);
  await expect(signerAt(socket)(setpoint)).rejects.toMatchObject({ code: 'signer-unavailable' });
});

test('the key stays the same from start to start', () => {
  const pem = readFileSync(join(dataDir, 'setpoint-key.pub'), 'utf8');
  loadKey(dataDir);
  expect(readFileSync(join(dataDir, 'setpoint-key.pub'), 'utf8')).toBe(pem);
});

test.each([
  ['a proposal approved by its proposer', { approver: setpoint.issuer }, 'own-proposal'],
  ['a set-point for longer than a month', { expires: '2026-07-12T12:00:00.000Z' }, 'too-long'],
  ['a set-point that ends before it begins', { expires: '2026-06-10T11:00:00.000Z' }, 'too-long'],
  ['a kind that does not exist', { kind: 'relay-on' }, 'malformed'],
  ['a value of another kind', { value: { pct: 5 } }, 'malformed'],
  ['a value that is no number', { value: { watts: null } }, 'malformed'],
])('%s is not signed', (_, change, code) => {
  const answer = signingAnswer(loadKey(dataDir), JSON.stringify({ ...setpoint, ...change }));
  expect(answer).toMatchObject({ error: { code } });
});

test('text that is not JSON is not signed', () => {
  expect(signingAnswer(loadKey(dataDir), 'hello')).toMatchObject({ error: { code: 'malformed' } });
});
