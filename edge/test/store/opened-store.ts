/** A store on a real folder for tests, with cycles to feed it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  DecisionRecord,
  Point,
  Stamp,
  Store,
  StoreAlarm,
  StoreOptions,
} from '../../src/record/store.ts';
import { openStore } from '../../src/store/open-store.ts';

export const T0 = Date.parse('2026-11-21T12:00:00.000Z');

export function tempFolder(): string {
  return mkdtempSync(join(tmpdir(), 'wattward-store-'));
}

export function removeFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

export interface Opened {
  readonly store: Store;
  readonly alarms: StoreAlarm[];
}

export async function opened(dir: string, options: Partial<StoreOptions> = {}): Promise<Opened> {
  const alarms: StoreAlarm[] = [];
  const store = await openStore({
    dir,
    site: 'home-1',
    bootId: 'boot-1',
    onAlarm: (alarm) => alarms.push(alarm),
    ...options,
  });
  return { store, alarms };
}

export const at = (ms: number): Stamp => ({ monoMs: ms, wallMs: T0 + ms });
export const untimed = (ms: number): Stamp => ({ monoMs: ms, wallMs: null });

export function sitePoint(gridPowerW: number, gridImportWh = 0): Point {
  return {
    measurement: 'site',
    tags: { site: 'home-1' },
    fields: { gridPowerW, gridImportWh, mode: 'normal' },
  };
}

export function decision(outcome: string, actuator = 'home'): DecisionRecord {
  return {
    actuator,
    outcome,
    reason: { rule: 'peak-watch', code: 'peak-begins', params: { demandW: 9400 } },
    homeMode: 'peak',
    cycle: 1,
    readings: {
      gridPowerW: 9400,
      pvPowerW: 0,
      batteryPowerW: null,
      houseLoadW: 9400,
      managedLoadW: 0,
      batterySocPct: 34,
      demandW: 9400,
    },
  };
}

/** Everything that waits, settled as delivered. */
export async function drained(store: Store): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const batch = await store.nextBatch({ maxLines: 5000, lanes: ['event', 'live', 'backfill'], skip: [] });
    if (!batch) return lines;
    lines.push(...batch.lines);
    await store.settleBatch(batch.id, { deliveredPoints: batch.lines.length, quarantined: [] });
  }
}

/** The equation that must always hold. */
export function isBalanced(store: Store): boolean {
  const s = store.stats();
  const accounts =
    s.deliveredPoints + s.pendingPoints + s.thinnedPoints + s.droppedPoints + s.quarantinedPoints;
  return s.acceptedPoints === accounts;
}
