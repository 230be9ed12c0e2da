import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bomRows } from '../../board/bom.ts';
import { outputs } from '../../board/drawing/outputs.ts';
import { drawSheet, liesOn, runsOf, segmentsOf } from '../../board/drawing/schematic-sheet.ts';
import { SHEETS } from '../../board/drawing/sheets.ts';
import { SCHEMATIC } from '../../board/schematic.ts';
import { withNet } from './altered.ts';

const BOARD = path.resolve(import.meta.dirname, '../../board');

test.each([...outputs().keys()])('%s is what the netlist gives; else run: npm run draw-board', (file) => {
  expect(readFileSync(path.join(BOARD, file), 'utf8')).toBe(outputs().get(file));
});

test('no drawing lies around that nothing generates', () => {
  const drawn = [...outputs().keys()].filter((f) => f.startsWith('drawings/')).map((f) => path.basename(f));
  expect(readdirSync(path.join(BOARD, 'drawings')).sort()).toEqual(drawn.sort());
});

test('every component of the netlist is in the bill of materials once, with maker and part number', () => {
  const rows = bomRows(SCHEMATIC);
  const refs = rows.flatMap((r) => r.refs);
  expect([...refs].sort()).toEqual(SCHEMATIC.components.map((c) => c.ref).sort());
  expect(new Set(rows.map((r) => r.mpn)).size).toBe(rows.length);
  for (const row of rows) expect(row.mpn.length * row.manufacturer.length).toBeGreaterThan(0);
});

describe('the schematic sheets', () => {
  test('show every component exactly once', () => {
    const shown = SHEETS.flatMap((s) => s.symbols.map((x) => x.ref));
    expect([...shown].sort()).toEqual(SCHEMATIC.components.map((c) => c.ref).sort());
  });

  test.each(SHEETS)('$title: no line lies on a line or an end of another net', (sheet) => {
    const segments = segmentsOf(runsOf(SCHEMATIC, sheet));
    const clashes = segments.flatMap((a) =>
      segments
        .filter((b) => b.net !== a.net && (liesOn(b.a, a) || liesOn(b.b, a)))
        .map((b) => `${a.net} and ${b.net}`),
    );
    expect(clashes).toEqual([]);
  });

  test('refuse a line between pins of different nets', () => {
    const [, , channels] = SHEETS;
    expect(channels && (() => drawSheet(withNet('Q1', 'B', 'BASE2'), channels))).toThrow('BASE2');
  });

  test('refuse a net that goes on elsewhere and is not named', () => {
    const [supply] = SHEETS;
    const nameless = supply && { ...supply, names: [] };
    expect(nameless && (() => drawSheet(SCHEMATIC, nameless))).toThrow('V5 goes on elsewhere');
  });
});
