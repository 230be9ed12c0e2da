import { expect, test } from '@jest/globals';
import type { LedgerSlot } from '../../src/core/decision.ts';
import { profitMoney } from '../../src/core/ledger.ts';
import { LEDGER_COLUMNS, ledgerCsv } from '../../src/journal/ledger-csv.ts';
import { type HomeInput, home, Run, type World } from '../core/home.ts';
import { recompute } from '../core/recompute-ledger.ts';

const BATTERY = {
  capacityWh: 10_000,
  reservePct: 10,
  ceilingPct: 100,
  chargeW: 5000,
  dischargeW: 5000,
  efficiency: 0.9,
};
const MINUTE_MS = 60_000;

/** A home from `startMs` on in one-minute steps; the world is asked for each minute. Its closed slots. */
function slotsOf(
  input: HomeInput,
  startMs: number,
  minutes: number,
  worldAt: (minute: number) => World,
): { rows: LedgerSlot[]; run: Run } {
  const run = new Run({ ...home(input), cycleMs: MINUTE_MS });
  run.nowMs = startMs - MINUTE_MS;
  const rows: LedgerSlot[] = [];
  for (let minute = 0; minute <= minutes; minute++) {
    const { closedSlot } = run.step(worldAt(minute), MINUTE_MS).decision;
    if (closedSlot) rows.push(closedSlot);
  }
  return { rows, run };
}

/** Two days of sun, evening peaks and a deferrable load, every quarter of an hour at its own price. */
function twoDays(startMs: number) {
  const priced = Array.from({ length: 192 }, (_, i) => ({
    startMs: startMs + i * 15 * MINUTE_MS,
    endMs: startMs + (i + 1) * 15 * MINUTE_MS,
    importPricePerKwh: 0.2 + 0.01 * (i % 24),
    exportPricePerKwh: 0.05 + 0.001 * (i % 7),
  }));
  let storedWh = 5000;
  const loads = [{ id: 'pool', target: { runMin: 120, deadline: '18:00' } }];
  const input: HomeInput = { batteries: [{}], loads };
  const worldAt = (minute: number): World => {
    // Powers rest for a quarter of an hour, so that its sums are what was computed minute by minute.
    const quarter = Math.floor(minute / 15);
    const pvW = Math.max(0, Math.round(6000 * Math.sin(((quarter - 24) / 48) * Math.PI)));
    const batteryW = pvW > 2000 ? -1500 : quarter % 96 > 70 ? 1000 : 0;
    storedWh = Math.min(9900, Math.max(1100, storedWh - batteryW / 60));
    const houseW = 400 + 100 * (quarter % 9);
    return { gridW: houseW - pvW - batteryW, pvW, batteryW, socPct: storedWh / 100, prices: priced };
  };
  return slotsOf(input, startMs, 48 * 60, worldAt);
}

test('flows, cost, counterfactual, savings and profit can be recomputed from the file alone', () => {
  const { rows, run } = twoDays(Date.UTC(2026, 5, 1, 0, 0, 0));
  expect(rows).toHaveLength(192);
  const { ledger } = run.state;
  // What the running slot holds is not in the file yet: it begins with this very cycle.
  const again = recompute(ledgerCsv(rows), BATTERY, 0.5);
  expect(again.differences).toEqual([]);
  expect(again.importWh).toBeCloseTo(ledger.slotStart.gridImportWh, 3);
  expect(again.exportWh).toBeCloseTo(ledger.slotStart.gridExportWh, 3);
  expect(again.cost).toBeCloseTo(ledger.slotStart.costMoney, 6);
  expect(again.counterfactualCost).toBeCloseTo(ledger.slotStart.counterfactualCostMoney, 3);
  expect(again.profit).toBeCloseTo(profitMoney(ledger.slotStart), 6);
  expect(again.savings).toBeCloseTo(ledger.savingsMoney, 2);
});

test.each([
  ['a price', 'importPricePerKwh', 'the cost'],
  ['a flow', 'gridToLoadWh', 'the import'],
  ['the plain home', 'counterfactualCostMoney', 'the cost of the plain home'],
  ['the plain battery', 'counterfactualStoredWh', 'the store of the plain home'],
])('a file in which %s was changed is found out', (_, column, what) => {
  const { rows } = twoDays(Date.UTC(2026, 5, 1, 0, 0, 0));
  const lines = ledgerCsv(rows).split('\r\n');
  const cells = (lines[100] ?? '').split(',');
  const at = LEDGER_COLUMNS.indexOf(column);
  cells[at] = String(Number(cells[at]) + 1);
  lines[100] = cells.join(',');
  const { differences } = recompute(lines.join('\r\n'), BATTERY, 0.5);
  expect(differences.some((line) => line.includes(what))).toBe(true);
});

test.each([
  { night: 'spring', startMs: Date.UTC(2026, 2, 28, 23), slots: 92, hour: '03:00:00+02:00' },
  { night: 'autumn', startMs: Date.UTC(2026, 9, 24, 22), slots: 100, hour: '02:45:00+01:00' },
])('the day on which clocks are set in $night has $slots slots, each at its own instant', (row) => {
  const { rows } = slotsOf({}, row.startMs, row.slots * 15, () => ({ gridW: 1000 }));
  expect(rows).toHaveLength(row.slots);
  const csv = ledgerCsv(rows);
  const lines = csv.trimEnd().split('\r\n').slice(1);
  const starts = lines.map((line) => line.split(',')[1] ?? '');
  expect(new Set(starts).size).toBe(row.slots);
  expect(starts[0]).toMatch(/T00:00:00\+0[12]:00$/);
  expect(starts.at(-1)).toMatch(/T23:45:00\+0[12]:00$/);
  expect(starts.some((start) => start.endsWith(row.hour))).toBe(true);
  expect(recompute(csv, null).differences).toEqual([]);
});

test('every column says its unit, unknown stores stay empty, west of Greenwich has its sign', () => {
  const { rows } = slotsOf({}, Date.UTC(2026, 5, 1), 15, () => ({ gridW: 1000 }));
  const [first] = rows;
  if (!first) throw new Error('no slot closed');
  const row = { ...first, offsetMs: -12_600_000, storedWh: null, counterfactualStoredWh: null };
  const [head = '', line = ''] = ledgerCsv([row]).split('\r\n');
  for (const name of head.split(',')) expect(name).toMatch(/(Utc|Local|Wh|Money|PricePerKwh)$/);
  expect(line).toContain('2026-06-01T00:00:00.000Z,2026-05-31T20:30:00-03:30,');
  expect(line).toMatch(/,,,0\.08,0$/);
});
