import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LastRefusals, REFUSALS_FILE, readLastRefusals } from '../../src/server/last-refusals.ts';

const refusal = { why: 'foreign-client-id', address: '192.168.1.7', sent: 'DVES_B3C4D5' } as const;
let dir = '';
const problems: unknown[] = [];
const open = () => LastRefusals.open(dir, (error) => problems.push(error));

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'refusals-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
  expect(problems).toEqual([]);
});

test('what is noted is on disk after the end, and there again at the next start', async () => {
  const first = await open();
  first.note('board-1', refusal);
  await first.close();
  const second = await open();
  second.note('board-2', { ...refusal, why: 'bad-credential' });
  await second.close();
  const read = await readLastRefusals(dir);
  expect(read.get('board-1')).toEqual({ ...refusal, at: expect.any(String) });
  expect(read.get('board-2')?.why).toBe('bad-credential');
});

test('there is one a device, of bounded length, for a bounded number of devices, the newest', async () => {
  const refusals = await open();
  refusals.note('first', refusal);
  for (let i = 0; i < 5_000; i += 1) refusals.note(`board-${i}`, { ...refusal, sent: 'x'.repeat(1_000) });
  refusals.note('board-4999', { ...refusal, sent: 'newer' });
  await refusals.close();
  const read = await readLastRefusals(dir);
  expect(read.size).toBe(4_096);
  expect(read.has('first')).toBe(false);
  expect(read.get('board-4999')?.sent).toBe('newer');
  expect(read.get('board-4998')?.sent).toHaveLength(100);
});

test('the same again leaves the file as it is', async () => {
  const first = await open();
  first.note('board-1', refusal);
  await first.close();
  const before = await readFile(path.join(dir, REFUSALS_FILE), 'utf8');
  const second = await open();
  second.note('board-1', refusal);
  await second.close();
  expect(await readFile(path.join(dir, REFUSALS_FILE), 'utf8')).toBe(before);
});

test('an identity that is gone is forgotten', async () => {
  const refusals = await open();
  refusals.note('board-1', refusal);
  refusals.forget('board-1');
  await refusals.close();
  expect((await readLastRefusals(dir)).size).toBe(0);
});

test.each(['', '{"v":1', '{"v":2}', '{"v":1,"refusals":{"board-1":{"at":"never"}}}'])(
  'a list that cannot be read (%j) keeps nobody from starting and is written anew',
  async (text) => {
    await writeFile(path.join(dir, REFUSALS_FILE), text);
    const refusals = await open();
    refusals.note('board-1', refusal);
    await refusals.close();
    expect((await readLastRefusals(dir)).get('board-1')?.sent).toBe(refusal.sent);
  },
);
