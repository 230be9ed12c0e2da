/** Builds of several processes: one works, the others wait, and one that dies holds nobody up. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { oneAtATime } from '../../build/one-at-a-time.ts';
import { eventually } from '../home-rig.ts';

let dir: string;
let log: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'lock-'));
  log = path.join(dir, 'log');
  writeFileSync(log, '');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A process that does the same work, and then `after`. */
function worker(after: string) {
  const program = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    import { oneAtATime } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../build/one-at-a-time.ts'))};
    await oneAtATime(${JSON.stringify(dir)}, async () => {
      appendFileSync(${JSON.stringify(log)}, 'begins\\n');
      ${after}
      appendFileSync(${JSON.stringify(log)}, 'ends\\n');
    });
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
}

const lines = () => readFileSync(log, 'utf8').trim().split('\n');

test('the work of six processes never overlaps, and all of them get to it', async () => {
  const workers = Array.from({ length: 6 }, () => worker('await delay(20);'));
  const codes = await Promise.all(workers.map((child) => once(child, 'exit').then(([code]) => code)));
  expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
  expect(lines()).toEqual(Array.from({ length: 6 }, () => ['begins', 'ends']).flat());
});

test('who waits goes on when the holder is killed, and when its work fails', async () => {
  const holder = worker('await delay(60_000);');
  await eventually('the holder works', () => lines().includes('begins'));
  const waiting = oneAtATime(dir, async () => 'done');
  holder.kill('SIGKILL');
  expect(await waiting).toBe('done');
  await expect(oneAtATime(dir, async () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
  expect(await oneAtATime(dir, async () => 'again')).toBe('again');
});
