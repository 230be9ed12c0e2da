/** What a home with eight loads records, day after day: made here, so that a benchmark of the disk needs no home. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DecisionRecord, Point, Stamp, Store } from '../src/record/store.ts';

export const RECORD_MS = 10_000;
const STATE_EVERY_MS = 300_000;
/** Changes of outcome in a lively home: one in seven minutes. */
const DECISION_EVERY_MS = 420_000;
const LOADS = 8;
/** Cycles between two looks whether the disk has caught up. */
const BURST = 200;

export const stamp = (ms: number): Stamp => ({ monoMs: ms, wallMs: Date.UTC(2026, 10, 1) + ms });

export function pointsAt(ms: number): Point[] {
  const wave = (shift: number, size: number) => Math.round(Math.sin(ms / 600_000 + shift) * size * 10) / 10;
  const noise = (n: number) => (Math.imul(ms / 1000 + n, 2_654_435_761) >>> 16) % 100;
  const wh = (rate: number) => Math.round((ms / 3_600_000) * rate * 1000) / 1000;
  const site = { site: 'home-1' };
  return [
    {
      measurement: 'site',
      tags: site,
      fields: {
        gridPowerW: wave(0, 2000) + noise(1),
        pvPowerW: Math.max(0, wave(1, 5000)) + noise(2),
        batteryPowerW: wave(2, 3000) + noise(3),
        houseLoadW: 400 + noise(4),
        managedLoadW: wave(3, 500) + 500,
        batterySocPct: 50 + wave(4, 40),
        demandWindowW: 1000 + noise(5),
        gridImportWh: wh(700),
        gridExportWh: wh(500),
        pvWh: wh(900),
        batteryChargedWh: wh(300),
        batteryDischargedWh: wh(280),
        importPricePerKwh: 0.3,
        exportPricePerKwh: 0.08,
        mode: 'normal',
      },
    },
    {
      measurement: 'flow',
      tags: { ...site, currency: 'EUR' },
      fields: {
        solarToLoadWh: wh(400),
        solarToBatteryWh: wh(300),
        gridToLoadWh: wh(200),
        costMoney: wh(0.1),
      },
    },
    ...['grid-meter', 'inverter', 'battery', 'board'].map((device, i) => ({
      measurement: 'device',
      tags: { ...site, device, role: device },
      fields: {
        powerW: wave(i, 2000) + noise(i),
        voltageV: 230 + noise(i) / 10,
        currentA: noise(i + 1) / 10,
      },
    })),
    ...Array.from({ length: LOADS }, (_, i) => ({
      measurement: 'load',
      tags: { ...site, load: `load-${i}` },
      fields: { on: i % 2 === 0, powerW: 2000 + noise(i), cause: 'surplus', switches: Math.floor(ms / 1e7) },
    })),
  ];
}

export const POINTS_A_RECORD = pointsAt(0).length;

function snapshotAt(ms: number): string {
  const signal = (n: number) => ({ value: ((ms / 1000 + n * 37) % 997) / 3, atMs: ms - n, quality: 'good' });
  const signals = Array.from({ length: 30 }, (_, n) => [`signal${n}`, signal(n)]);
  return JSON.stringify({ snapshot: Object.fromEntries(signals), nowMs: ms, cycle: ms / 1000 });
}

const decision = (ms: number): DecisionRecord => ({
  actuator: `load:load-${(ms / DECISION_EVERY_MS) % LOADS}`,
  outcome: 'on',
  reason: { rule: 'loads', code: 'surplus', params: { surplusW: 2300, nominalW: 2000 } },
  homeMode: 'normal',
  cycle: ms / 1000,
  readings: {
    gridPowerW: -200,
    pvPowerW: 4000,
    batteryPowerW: 0,
    houseLoadW: 400,
    managedLoadW: 0,
    batterySocPct: 100,
    demandW: 0,
  },
});

/** Everything a box writes in `[fromMs, toMs)` of site time at one cycle a second. */
export async function liveThrough(store: Store, fromMs: number, toMs: number): Promise<void> {
  const state = JSON.stringify({ filler: 'x'.repeat(6000) });
  for (let ms = fromMs; ms < toMs; ms += 1000) {
    const at = stamp(ms);
    store.recordSnapshot(snapshotAt(ms), at);
    if (ms % RECORD_MS === 0) store.recordPoints(pointsAt(ms), at);
    if (ms % STATE_EVERY_MS === 0) await store.saveState('control', state);
    if (ms % DECISION_EVERY_MS === 0) {
      await store.recordDecisions([decision(ms)], at);
      await store.saveState('control', state);
    }
    if ((ms / 1000) % BURST === 0) await caughtUp(store);
  }
  await store.flush();
}

/** Only the points, for an outage of weeks. */
export async function recordThrough(store: Store, fromMs: number, toMs: number): Promise<void> {
  for (let ms = fromMs; ms < toMs; ms += RECORD_MS) {
    store.recordPoints(pointsAt(ms), stamp(ms));
    if ((ms / RECORD_MS) % BURST === 0) await caughtUp(store);
  }
  await store.flush();
}

async function caughtUp(store: Store): Promise<void> {
  await store.pendingEvents(0);
  await delay(0);
}
