import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { clockOn, keepClock, openClock } from '../src/clock.ts';
import { type ClockReaders, LONGEST_OFF_MS } from '../src/clock-trust.ts';
import type { Stamp, Store } from '../src/record/store.ts';
import { drained, opened, removeFolder, sitePoint, tempFolder } from './store/opened-store.ts';

const START_MS = Date.parse('2026-11-21T12:00:00.000Z');
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const SETTLING_MS = 600_000;

/** A machine whose wall clock shows `errorMs` more than the true time. */
class Machine implements ClockReaders {
  readonly settlingMs = SETTLING_MS;
  readonly upBeforeMs: number;
  errorMs: number;
  word: number | null = null;
  #monoMs = 0;

  constructor(options: { readonly errorMs?: number; readonly upBeforeMs?: number } = {}) {
    this.errorMs = options.errorMs ?? 0;
    this.upBeforeMs = options.upBeforeMs ?? SETTLING_MS;
  }

  monoMs(): number {
    return this.#monoMs;
  }

  trueMs(): number {
    return START_MS + this.#monoMs;
  }

  wallMs(): number {
    return this.trueMs() + this.errorMs;
  }

  wordMs(): number | null {
    return this.word;
  }

  pass(ms: number): void {
    this.#monoMs += ms;
  }

  /** The time service sets the clock and says so. */
  synchronise(): void {
    this.errorMs = 0;
    this.word = this.wallMs();
  }
}

const clockOf = (machine: Machine) => clockOn(machine, () => Promise.resolve());

let dir: string;
beforeEach(() => {
  dir = tempFolder();
});
afterEach(() => removeFolder(dir));

/** A box that measures the true second of every cycle, so that a line's time can be held against it. */
class Box {
  readonly machine: Machine;
  readonly store: Store;
  readonly events: string[] = [];
  readonly #clock;

  private constructor(machine: Machine, store: Store) {
    this.machine = machine;
    this.store = store;
    this.#clock = clockOf(machine);
  }

  static async open(machine: Machine, bootId = 'boot-1'): Promise<Box> {
    const { store } = await opened(dir, { bootId, commitEveryMs: 10_000 });
    const box = new Box(machine, store);
    await keepClock({ clock: box.#clock, store, event: ({ code }) => box.events.push(code) });
    return box;
  }

  get isTrusted(): boolean {
    return this.#clock.wallTrusted();
  }

  async run(cycles: number): Promise<void> {
    for (let i = 0; i < cycles; i++) {
      this.machine.pass(1000);
      const clock = this.#clock;
      const stamp: Stamp = { monoMs: clock.monoMs(), wallMs: clock.wallTrusted() ? clock.wallMs() : null };
      this.store.recordPoints([sitePoint(this.machine.trueMs() / 1000)], stamp);
      if (i % 500 === 0) await this.store.flush();
    }
  }

  /** Delivers all that may leave; for each point how far its time is from when it was measured. */
  async left(): Promise<number[]> {
    await this.store.flush();
    return (await drained(this.store)).map((line) => {
      const measuredMs = Number(/gridPowerW=([\d.]+)/.exec(line)?.[1]) * 1000;
      return Math.abs(Number(line.split(' ').at(-1)) - measuredMs);
    });
  }
}

const worst = (errorsMs: readonly number[]) => Math.max(0, ...errorsMs);

test.each([
  ['forward a year', YEAR_MS],
  ['back a day', -DAY_MS],
  ['to 1970', -START_MS],
  ['forward ten seconds', 10_000],
])(
  'the clock jumps %s: no point with a wrong time leaves, and all leave once it is set right',
  async (_, jumpMs) => {
    const box = await Box.open(new Machine());
    await box.run(20);
    expect(await box.left()).toHaveLength(20);
    box.machine.errorMs = jumpMs;
    await box.run(1500);
    expect(box.isTrusted).toBe(false);
    expect(worst(await box.left())).toBe(0);
    box.machine.errorMs = 0;
    await box.run(20);
    expect(box.isTrusted).toBe(true);
    expect(worst(await box.left())).toBe(0);
    expect(box.store.stats()).toMatchObject({
      acceptedPoints: 1540,
      deliveredPoints: 1540,
      pendingPoints: 0,
    });
    await box.store.close();
  },
);

test('started in 1970, points wait; when the time service has set the clock they leave with their true time', async () => {
  const box = await Box.open(new Machine({ errorMs: -START_MS, upBeforeMs: 0 }));
  await box.run(1000);
  expect(await box.left()).toEqual([]);
  box.machine.synchronise();
  await box.run(10);
  const errorsMs = await box.left();
  expect(errorsMs).toHaveLength(1010);
  expect(worst(errorsMs)).toBe(0);
  await box.store.close();
});

test('a word from before the jump does not vouch for the time after it', async () => {
  for (const jumpMs of [YEAR_MS, 1_800_000, -1_800_000, -DAY_MS]) {
    const machine = new Machine();
    machine.synchronise();
    const clock = clockOf(machine);
    expect(clock.wallTrusted()).toBe(true);
    machine.pass(1000);
    machine.errorMs = jumpMs;
    expect(clock.wallTrusted()).toBe(false);
    machine.pass(DAY_MS);
    expect(clock.wallTrusted()).toBe(false);
    expect(clock.wallMs()).toBe(machine.trueMs());
  }
});

test('a clock that was believed and is moved by the time service is believed at its new time', () => {
  const machine = new Machine({ errorMs: -60_000 });
  const clock = clockOf(machine);
  expect(clock.wallTrusted()).toBe(true);
  machine.pass(1000);
  machine.synchronise();
  expect(clock.wallTrusted()).toBe(true);
  expect(clock.wallMs()).toBe(machine.trueMs());
});

test('a machine just switched on settles first; a word makes the wait unnecessary', () => {
  const machine = new Machine({ upBeforeMs: 30_000 });
  const clock = clockOf(machine);
  expect(clock.trust.distrust()).toBe('settling');
  machine.pass(SETTLING_MS - 30_001);
  expect(clock.wallTrusted()).toBe(false);
  machine.pass(1);
  expect(clock.wallTrusted()).toBe(true);
  const told = new Machine({ upBeforeMs: 0 });
  told.synchronise();
  expect(clockOf(told).wallTrusted()).toBe(true);
});

test('time is never before what an earlier run knew, and not believed long after it without a word', async () => {
  const box = await Box.open(new Machine());
  await box.run(5);
  await box.store.close();
  for (const [errorMs, why] of [
    [-DAY_MS, 'before-newest'],
    [LONGEST_OFF_MS + DAY_MS, 'long-after-newest'],
  ] as const) {
    const machine = new Machine({ errorMs });
    const { store } = await opened(dir, { bootId: `boot-${why}` });
    const clock = clockOf(machine);
    await keepClock({ clock, store, event: () => {} });
    machine.pass(DAY_MS / 2);
    expect(clock.trust.distrust()).toBe(why);
    machine.word = machine.wallMs();
    expect(clock.wallTrusted()).toBe(true);
    await store.close();
    removeFolder(dir);
    const fresh = await Box.open(new Machine());
    await fresh.store.close();
  }
});

test('slewing, a slow cycle and a small correction are no jumps', () => {
  const machine = new Machine();
  const clock = clockOf(machine);
  for (let i = 0; i < 1000; i++) {
    machine.pass(i % 100 === 0 ? 60_000 : 1000);
    machine.errorMs += 0.4;
    expect(clock.wallTrusted()).toBe(true);
  }
  machine.errorMs += 2000;
  expect(clock.wallTrusted()).toBe(true);
});

test('what changes is told once', async () => {
  const machine = new Machine({ upBeforeMs: 0 });
  const box = await Box.open(machine);
  expect(box.events).toEqual(['clock-untrusted']);
  await box.store.close();
});

test('the scaled clock of a simulated home is believed in any year', () => {
  const clock = openClock({ speed: 600, anchorRealMs: Date.now(), anchorSiteMs: 0 });
  expect(clock.wallTrusted()).toBe(true);
});
