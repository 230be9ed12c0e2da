import { spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseLine } from './delivery/influx-stub.ts';
import { drained, opened, removeFolder, tempFolder } from './store/opened-store.ts';

const CHILD = fileURLToPath(new URL('./clock-child.ts', import.meta.url));
const found = spawnSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketimeMT.so.1']);
const library = found.stdout.toString().trim();

let dir: string;
beforeEach(() => {
  dir = tempFolder();
});
afterEach(() => removeFolder(dir));

(library === '' ? test.skip : test)(
  'a real process whose clock is moved by a year, back a day and to 1970: only true times are on its disk',
  async () => {
    const shift = join(dir, 'shift');
    const say = (text: string) => writeFileSync(shift, `${text}\n`);
    say('+0');
    const env = {
      ...process.env,
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: shift,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    const child = spawn(process.execPath, [CHILD, dir], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const seen: string[] = [];
    let heard = () => {};
    child.stdout.on('data', (data: Buffer) => {
      seen.push(...data.toString().trim().split('\n'));
      heard();
    });
    /** Until the child has measured again under the present shift, and says whether it believes its clock. */
    const until = (word: string) =>
      new Promise<void>((resolve) => {
        const from = seen.length;
        heard = () => {
          if (seen.slice(from).filter((line) => line === word).length >= 3) resolve();
        };
      });
    await until('trusted');
    for (const jump of ['+365d', '-1d', '@1970-01-01 00:00:10']) {
      say(jump);
      await until('untrusted');
    }
    say('+0');
    await until('trusted');
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin.end();
    await ended;
    rmSync(shift);
    const { store } = await opened(dir, { bootId: 'look' });
    const lines = await drained(store);
    const errorsMs = lines.map((line) => {
      const measuredMs = Number(/gridPowerW=(\d+)/.exec(line)?.[1]);
      return Math.abs(Number(parseLine(line)?.time) - measuredMs);
    });
    expect(errorsMs.length).toBeGreaterThanOrEqual(15);
    expect(Math.max(...errorsMs)).toBeLessThan(1000);
    await store.close();
  },
);
