/** Two hours of a lively evening, decided cycle by cycle and recorded on a real disk as the box does it. */

import { effectiveSettings } from '../../src/core/effective-settings.ts';
import type { Plan } from '../../src/core/plan.ts';
import { MinuteMaker } from '../../src/record/minute-maker.ts';
import type { MinuteRecord, SnapshotBlock, Store } from '../../src/record/store.ts';
import { CycleRecording } from '../../src/replay/cycle-recording.ts';
import type { ReplaySource } from '../../src/replay/replay-range.ts';
import type { LogReader } from '../../src/store/log-reader.ts';
import { home, Run, START_MS, type World } from '../core/home.ts';

export const SOFTWARE = '0.1.0';

export const EVENING = home({
  grid: { fuseA: 35 },
  loads: [
    { id: 'pool', kind: 'interruptible', use: 'always', priority: 3 },
    { id: 'water', priority: 2, target: { runMin: 30, deadline: '22:00' } },
    { id: 'car', kind: 'ev', priority: 4, nominalPowerW: 3700, use: 'manual' },
  ],
  batteries: [{}],
});

/** From kettle to oven: a world that changes with the second, the same in every run. */
export function worldAt(second: number): World {
  const oven = second % 1800 > 1200 ? 7000 : 0;
  const noise = ((second * 7919) % 401) - 200 + (second % 7) / 3;
  const silent = second % 2400 > 2350;
  return {
    gridW: silent ? 'stale' : 800 + oven + noise,
    pvW: Math.max(0, 3000 - second),
    socPct: 44 - second / 500,
    batteryW: (second % 90) * 10,
    orders:
      second > 2000
        ? [{ kind: 'load', id: 'order-1', load: 'car', on: true, fromMs: START_MS, untilMs: START_MS + 4e6 }]
        : [],
  };
}

const PLAN: Plan = {
  id: 'plan-1',
  issuedAtMs: START_MS,
  expiresAtMs: START_MS + 7_200_000,
  slots: [
    {
      startMs: START_MS + 3_600_000,
      endMs: START_MS + 7_200_000,
      batteries: [
        {
          id: 'battery-1',
          mode: 'hold',
          chargeLimitW: 1000,
          dischargeLimitW: 0,
          socMinPct: 0,
          socMaxPct: 100,
        },
      ],
      loadsOn: [],
      houseLoadW: 2000,
      houseLoadBandW: 9000,
      storedValuePerKwh: 0.3,
    },
  ],
};

/** Runs and records `seconds`; a set-point comes after half an hour, a plan after an hour. */
export async function recordEvening(store: Store, boot: string, seconds: number): Promise<void> {
  const run = new Run(EVENING);
  const recording = new CycleRecording(boot, SOFTWARE);
  const minutes = new MinuteMaker();
  const base = { id: 'proposal-1', seq: 1, fromMs: 0, untilMs: Number.POSITIVE_INFINITY };
  const lower = effectiveSettings(EVENING, [{ ...base, kind: 'peak-threshold', watts: 7000 }], 1);
  for (let second = 1; second <= seconds; second++) {
    run.settings = second > 1800 ? lower : EVENING;
    run.plan = second > 3600 ? PLAN : null;
    const before = run.state;
    const world = worldAt(second);
    run.nowMs += 1000;
    const snapshot = run.snapshot(world);
    run.nowMs -= 1000;
    const { decision } = run.step(world);
    const at = { monoMs: second * 1000 + 0.25, wallMs: run.nowMs };
    const { settings: core, plan } = run;
    store.recordSnapshot(recording.next({ at, before, snapshot, core, plan, decision }), at);
    const minute = minutes.add(at, decision, { batterySocPct: 40, recordHash: recording.hash });
    if (minute) store.recordMinute(minute, at);
    if (second % 50 === 0) await store.flush();
  }
  await store.flush();
}

/** Everything on the disk, in memory, so that it can be tampered with a thousand times. */
export interface Tape {
  readonly blocks: SnapshotBlock[];
  readonly minutes: MinuteRecord[];
}

export async function tapeOf(reader: LogReader): Promise<Tape> {
  const blocks: SnapshotBlock[] = [];
  for (let id = -1; ; ) {
    const block = await reader.nextSnapshots(-8e15, 8e15, id);
    if (!block) break;
    blocks.push(block);
    id = block.id;
  }
  return { blocks, minutes: [...(await reader.readMinutes(-8e15, 8e15))] };
}

export function playing({ blocks, minutes }: Tape): ReplaySource {
  return {
    nextSnapshots: async (_, __, afterId) => blocks.find(({ id }) => id > afterId) ?? null,
    readMinutes: async () => minutes,
  };
}
