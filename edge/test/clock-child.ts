/**
 * A box's clock and disk in a process of their own, under a clock that is moved from outside: measures what the
 * monotonic clock says the time is (every 20 ms), and says whether the wall clock is believed. Ends with its input.
 */
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { clockOn } from '../src/clock.ts';
import { opened, sitePoint } from './store/opened-store.ts';

const [dir = ''] = process.argv.slice(2);
const { store } = await opened(dir, { bootId: 'moved', commitEveryMs: 1000 });
const monoMs = () => performance.now();
const readers = { wallMs: () => Date.now(), monoMs, wordMs: () => null, upBeforeMs: 1, settlingMs: 0 };
const clock = clockOn(readers, () => Promise.resolve());
const originMs = Date.now() - performance.now();
let isOver = false;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();
while (!isOver) {
  const isTrusted = clock.wallTrusted();
  const at = { monoMs: monoMs(), wallMs: isTrusted ? clock.wallMs() : null };
  store.recordPoints([sitePoint(Math.round(originMs + performance.now()))], at);
  writeSync(1, isTrusted ? 'trusted\n' : 'untrusted\n');
  await delay(20);
}
await store.close();
