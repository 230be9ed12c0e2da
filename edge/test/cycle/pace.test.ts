import { expect, test } from '@jest/globals';
import type { Clock } from '../../src/clock.ts';
import { keepPace } from '../../src/cycle/pace.ts';

/** Time that passes only where somebody waits for it. */
class StillClock implements Clock {
  readonly speed = 1;
  nowMs = 0;
  wallMs = () => this.nowMs;
  monoMs = () => this.nowMs;
  wallTrusted = () => true;
  async sleep(siteMs: number, signal?: AbortSignal): Promise<void> {
    this.nowMs += Math.max(0, siteMs);
    await Promise.resolve();
    signal?.throwIfAborted();
  }
}

/** When each cycle begins and ends if they last so long, one after another. */
async function paced(lastMs: readonly number[]): Promise<[number, number][]> {
  const clock = new StillClock();
  const ending = new AbortController();
  const cycles: [number, number][] = [];
  await keepPace(clock, 1000, ending.signal, async () => {
    const beganMs = clock.nowMs;
    await clock.sleep(lastMs[cycles.length] ?? 0);
    cycles.push([beganMs, clock.nowMs]);
    if (cycles.length === lastMs.length) ending.abort();
  });
  return cycles;
}

test('cycles begin on a grid, however long each takes within it', async () => {
  expect(await paced([10, 900, 300])).toEqual([
    [0, 10],
    [1000, 1900],
    [2000, 2300],
  ]);
});

test('a cycle that takes too long is waited for, and what it missed is not made up', async () => {
  expect(await paced([2500, 10, 10])).toEqual([
    [0, 2500],
    [3000, 3010],
    [4000, 4010],
  ]);
});

test('a cycle that breaks ends the pace with its error', async () => {
  const clock = new StillClock();
  const pace = keepPace(clock, 1000, new AbortController().signal, async () => {
    await clock.sleep(10);
    throw new RangeError('broken');
  });
  await expect(pace).rejects.toThrow('broken');
  expect(clock.nowMs).toBe(10);
});
