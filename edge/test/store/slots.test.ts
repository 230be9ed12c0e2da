import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from '@jest/globals';
import type { LedgerSlot } from '../../src/core/decision.ts';
import { emptyTotals } from '../../src/core/ledger-state.ts';
import { openLogReader } from '../../src/store/log-reader.ts';
import { at, opened, removeFolder, T0, tempFolder } from './opened-store.ts';

const SLOT_MS = 900_000;
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach(removeFolder));

function folder(): string {
  const dir = tempFolder();
  folders.push(dir);
  return dir;
}

function slot(n: number, gridToLoadWh: number): LedgerSlot {
  return {
    startMs: T0 + n * SLOT_MS,
    endMs: T0 + (n + 1) * SLOT_MS,
    offsetMs: 3_600_000,
    importPricePerKwh: 0.3,
    exportPricePerKwh: 0.08,
    storedWh: 5000 + n,
    counterfactualStoredWh: 5000,
    storedPricePerKwh: 0.1,
    owedMoney: 0,
    used: { ...emptyTotals(), gridToLoadWh, gridImportWh: gridToLoadWh },
  };
}

/** What the box of this boot leaves on the disk. */
async function written(dir: string, bootId: string, slots: readonly LedgerSlot[]): Promise<void> {
  const { store } = await opened(dir, { bootId });
  for (const [i, one] of slots.entries()) store.recordSlot(one, at(i * SLOT_MS));
  await store.flush();
  await store.close();
}

async function readBack(dir: string): Promise<readonly LedgerSlot[]> {
  const reader = openLogReader(dir);
  if (!reader) throw new Error('no log');
  const slots = await reader.readSlots(T0, T0 + 1000 * SLOT_MS);
  reader.close();
  return slots;
}

test('closed slots are read as they were booked, by half-open span', async () => {
  const dir = folder();
  const slots = [0, 1, 2].map((n) => slot(n, 100 + n / 3));
  await written(dir, 'boot-1', slots);
  expect(await readBack(dir)).toEqual(slots);
  const { store } = await opened(dir, { bootId: 'boot-2' });
  expect(await store.readSlots(T0 + SLOT_MS, T0 + 2 * SLOT_MS)).toEqual([slots[1]]);
  await store.close();
});

test('a box that goes on from an older state books a slot anew: it stands once', async () => {
  const dir = folder();
  await written(dir, 'boot-1', [slot(0, 100), slot(1, 200)]);
  await written(dir, 'boot-2', [slot(1, 203), slot(2, 300)]);
  expect((await readBack(dir)).map(({ used }) => used.gridToLoadWh)).toEqual([100, 203, 300]);
});

test('a clock set back within one run adds to the slot it meets again', async () => {
  const dir = folder();
  await written(dir, 'boot-1', [slot(0, 100), slot(1, 200), slot(1, 50)]);
  const [, second] = await readBack(dir);
  expect(second?.used).toMatchObject({ gridToLoadWh: 250, gridImportWh: 250 });
});

test('a damaged slot is left out, never read wrong', async () => {
  const dir = folder();
  await written(dir, 'boot-1', [slot(0, 100), slot(1, 200)]);
  const db = new DatabaseSync(path.join(dir, 'log.db'));
  db.exec(`UPDATE ledger_slot SET body = x'00ff' WHERE start_ms = ${T0}`);
  db.close();
  expect((await readBack(dir)).map(({ startMs }) => startMs)).toEqual([T0 + SLOT_MS]);
});

test('a log from before there was a ledger reads as one without slots', async () => {
  const dir = folder();
  await written(dir, 'boot-1', [slot(0, 100)]);
  const db = new DatabaseSync(path.join(dir, 'log.db'));
  db.exec('DROP TABLE ledger_slot');
  db.close();
  expect(await readBack(dir)).toEqual([]);
});
