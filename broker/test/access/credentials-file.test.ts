import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hashSecret, matchSecret, newSecret } from '../../src/access/credential.ts';
import {
  AccessError,
  addCredential,
  readCredentials,
  revokeCredential,
  writeSecretFile,
} from '../../src/access/credentials-file.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'credentials-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('an identity is added with a 128-bit secret of which only a salted hash is stored', async () => {
  const issued = await addCredential(dir, { id: 'home-1', role: 'site' });
  expect(Buffer.from(issued.secret, 'base64url')).toHaveLength(16);
  expect(await readFile(path.join(dir, 'credentials.json'), 'utf8')).not.toContain(issued.secret);
  const [credential] = await readCredentials(dir);
  expect(matchSecret(credential, issued.secret)).toBe('current');
  expect(matchSecret(credential, `${issued.secret}x`)).toBeUndefined();
  expect(matchSecret(credential, '')).toBeUndefined();
});

test('two secrets never hash alike, not even the same one twice', () => {
  expect(new Set(Array.from({ length: 100 }, newSecret)).size).toBe(100);
  expect(hashSecret('same').hash).not.toBe(hashSecret('same').hash);
});

test('an unknown identity is opened by nothing', () => {
  expect(matchSecret(undefined, '')).toBeUndefined();
  expect(matchSecret(undefined, 'anything')).toBeUndefined();
});

test('the files are readable by their owner only', async () => {
  const issued = await addCredential(dir, { id: 'portal', role: 'portal' });
  await writeSecretFile(path.join(dir, 'portal.json'), issued);
  for (const name of ['credentials.json', 'portal.json']) {
    expect((await stat(path.join(dir, name))).mode & 0o777).toBe(0o600);
  }
  expect(JSON.parse(await readFile(path.join(dir, 'portal.json'), 'utf8'))).toEqual(issued);
});

test('twenty writers at once all get their turn, and no draft or lock is left behind', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `meter-${i}`);
  await Promise.all(ids.map((id) => addCredential(dir, { id, role: 'meter' })));
  expect((await readCredentials(dir)).map(({ id }) => id).sort()).toEqual(ids.sort());
  expect(await readdir(dir)).toEqual(['credentials.json']);
});

test('an id that exists, or that is none, is refused with a remedy', async () => {
  await addCredential(dir, { id: 'home-1', role: 'site' });
  for (const id of ['home-1', 'Home', 'a/b', '#', '', '../x']) {
    const refusal = await addCredential(dir, { id, role: 'site' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AccessError);
    expect((refusal as AccessError).remedy).not.toBe('');
  }
  expect(await readCredentials(dir)).toHaveLength(1);
});

test('a revoked identity is gone; revoking it again says that there was none', async () => {
  await addCredential(dir, { id: 'home-1', role: 'site' });
  expect(await revokeCredential(dir, 'home-1')).toBe(true);
  expect(await revokeCredential(dir, 'home-1')).toBe(false);
  expect(await readCredentials(dir)).toEqual([]);
});

test('a broken list is an error that names the file, and is never written over', async () => {
  const file = path.join(dir, 'credentials.json');
  for (const text of ['', '{', '{"v":1}', '{"v":2,"credentials":[]}', '{"v":1,"credentials":[{"id":"x"}]}']) {
    await writeFile(file, text);
    await expect(addCredential(dir, { id: 'a', role: 'site' })).rejects.toThrow(file);
    expect(await readFile(file, 'utf8')).toBe(text);
  }
});
