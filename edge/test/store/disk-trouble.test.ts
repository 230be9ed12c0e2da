import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { drained, isBalanced, opened, removeFolder, tempFolder } from './opened-store.ts';

const CHILD = fileURLToPath(new URL('./disk-child.ts', import.meta.url));
const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace) process.stderr.write('Failing disks are left out: install strace to inject their errors.\n');
const disk = hasStrace ? test : test.skip;
/** Much longer than a cycle of the child, much shorter than the trouble. */
const LONGEST_CYCLE_MS = 1000;

interface Lived {
  readonly points: number;
  readonly decisions: number;
  readonly durabilities: { readonly durable: number; readonly memory: number };
  readonly longestCycleMs: number;
  readonly codes: readonly string[];
}

let dir: string;
beforeEach(() => {
  dir = tempFolder();
});
afterEach(() => removeFolder(dir));

/** A life of the child with calls of its disk failed or delayed as `rule` says (of strace's `inject`). */
async function lived(rule: string, lastAlarm: string): Promise<Lived> {
  const calls = rule.slice(0, rule.indexOf(':'));
  const options = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${rule}`];
  const child = spawn('strace', [...options, process.execPath, CHILD, dir, lastAlarm], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(said) as Lived;
}

/** All that was recorded, before, during and after the trouble, is there once, and the books say so. */
async function expectAllThere({ points, decisions }: Lived): Promise<void> {
  const { store } = await opened(dir, { bootId: 'look' });
  const lines = await drained(store);
  expect(lines.filter((line) => line.startsWith('site,'))).toHaveLength(points);
  expect(new Set(lines).size).toBe(points + decisions);
  expect(store.stats()).toMatchObject({ acceptedPoints: points + decisions, droppedPoints: 0 });
  expect(isBalanced(store)).toBe(true);
  expect(await store.verifyJournal()).toMatchObject({ ok: true, records: decisions });
  expect(Number(await store.loadState('n'))).toBe((decisions - 1) * 10);
  await store.close();
}

disk.each([
  ['full', 'ENOSPC', 'full'],
  ['read-only', 'EROFS', ''],
  ['failing', 'EIO', 'I/O'],
])(
  'a disk that is %s: control goes on, an alarm says why, nothing is lost when it is well again',
  async (_, error, why) => {
    const life = await lived(`pwrite64:error=${error}:when=80..86`, 'store-recovered');
    const alarm = life.codes.find((code) => code.startsWith('store-disk'));
    expect(alarm).toContain(why);
    expect(life.codes.at(-1)).toContain('store-recovered');
    expect(life.longestCycleMs).toBeLessThan(LONGEST_CYCLE_MS);
    expect(life.durabilities.memory).toBeGreaterThan(0);
    await expectAllThere(life);
  },
);

disk(
  'a disk that takes seconds for a sync: no cycle waits for it, and an alarm says that it is slow',
  async () => {
    const life = await lived('fsync,fdatasync:delay_enter=3000000:when=20..20', 'store-disk');
    expect(life.codes).toEqual(['store-disk slow']);
    expect(life.longestCycleMs).toBeLessThan(LONGEST_CYCLE_MS);
    await expectAllThere(life);
  },
);
