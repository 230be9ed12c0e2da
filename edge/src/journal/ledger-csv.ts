/**
 * The ledger's quarters of an hour as CSV, complete enough to recompute it: flows, prices, stores, money.
 *
 * Every column says its unit. Times stand twice, in UTC and in local time with its offset, so that the two hours of
 * an autumn night stay apart. Numbers are written in full: what is summed from the file is what the box has booked.
 */
import { csvLine } from '@wattward/broker/wire/csv';
import type { LedgerSlot } from '../core/decision.ts';
import { emptyTotals, type LedgerTotals } from '../core/ledger-state.ts';

const USED = Object.keys(emptyTotals()) as (keyof LedgerTotals)[];

/** The columns in their order. */
export const LEDGER_COLUMNS: readonly string[] = [
  'startUtc',
  'startLocal',
  'endUtc',
  'importPricePerKwh',
  'exportPricePerKwh',
  ...USED,
  'storedWh',
  'counterfactualStoredWh',
  'storedPricePerKwh',
  'owedMoney',
];

/** Header and one line per slot. Unknown values are empty. */
export function ledgerCsv(rows: readonly LedgerSlot[]): string {
  return [LEDGER_COLUMNS, ...rows.map(cells)].map(csvLine).join('');
}

function cells(row: LedgerSlot): (string | number)[] {
  return [
    utc(row.startMs),
    local(row.startMs, row.offsetMs),
    utc(row.endMs),
    row.importPricePerKwh,
    row.exportPricePerKwh,
    ...USED.map((key) => row.used[key]),
    row.storedWh ?? '',
    row.counterfactualStoredWh ?? '',
    row.storedPricePerKwh,
    row.owedMoney,
  ];
}

function utc(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** `2026-10-25T02:15:00+01:00`. */
function local(atMs: number, offsetMs: number): string {
  const sign = offsetMs < 0 ? '-' : '+';
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.trunc(value)).padStart(2, '0');
  return `${utc(atMs + offsetMs).slice(0, 19)}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}
