import { describe, expect, test } from '@jest/globals';
import type { Schematic } from '../../board/netlist.ts';
import { baseDrives } from '../../board/rules/drive.ts';
import { placedPads, REINFORCED_MM, smallestGapMm } from '../../board/rules/insulation.ts';
import { trackWidthMm } from '../../board/rules/protection.ts';
import { supplyBudget } from '../../board/rules/supply.ts';
import { verdict } from '../../board/rules/verdict.ts';
import { SCHEMATIC } from '../../board/schematic.ts';
import { moved, withComponent, withData, withNet, without } from './altered.ts';

test('the board as drawn breaks no rule', () => {
  expect(verdict(SCHEMATIC)).toEqual([]);
});

describe('a planted fault is found and named', () => {
  const faults: [what: string, schematic: Schematic, rule: string, where: string][] = [
    ['a pin left floating', withNet('U1', 'EN', null), 'connectivity', 'U1.EN'],
    [
      'a pin forgotten in the netlist',
      withComponent('U2', (c) => ({ ...c, nets: {} })),
      'connectivity',
      'U2.IN',
    ],
    ['a flash pin wired to something', withNet('U1', 'MOSI', 'IO0'), 'connectivity', 'U1.MOSI'],
    ['a net that does not exist', withNet('R1', '1', 'V33'), 'connectivity', 'R1.1'],
    ['a resistor across one net', withNet('R1', '2', 'V3V3'), 'connectivity', 'R1'],
    ['two outputs on one net', withNet('U1', 'IO12', 'RELAY2'), 'connectivity', 'RELAY2'],
    ['an output shorted to a rail', withNet('U1', 'IO14', 'V3V3'), 'connectivity', 'V3V3'],
    ['two supplies on one rail', withNet('U2', 'OUT', 'V5'), 'connectivity', 'V5'],
    ['a rail that nothing feeds', withNet('U2', 'OUT', 'EN'), 'connectivity', 'V3V3'],
    ['a net with one pin', without('D1'), 'connectivity', 'LAMP1'],
    ['one reference used twice', withComponent('R2', (c) => ({ ...c, ref: 'R1' })), 'connectivity', 'R1'],
    ['no pull-up on IO0', without('R3'), 'strapping', 'U1.IO0'],
    ['IO15 pulled up', withNet('R5', '2', 'V3V3'), 'strapping', 'U1.IO15'],
    ['a strap pulled too weakly', withData('R4', { ohm: 100_000 }), 'strapping', 'U1.IO2'],
    ['a relay on another pin than the firmware drives', withNet('U1', 'IO16', 'RELAY2'), 'strapping', 'IO16'],
    ['a coil that is supplied at reset', withNet('K1', 'A1', 'V5'), 'strapping', 'K1'],
    ['a coil switch that may be on at reset', without('R22'), 'strapping', 'ENABLE_B'],
    ['a gate that floats', without('R20'), 'strapping', 'GATE'],
    ['a transistor with a floating base', without('R33'), 'strapping', 'Q3.B'],
    ['a supply that is too small', withData('PS1', { maxA: 0.6 }), 'supply', 'V5'],
    ['a regulator that is too small', withData('U2', { maxA: 0.5 }), 'supply', 'V3V3'],
    ['a regulator with too little headroom', withData('U2', { dropoutV: 1.7 }), 'supply', 'V3V3'],
    ['a rail without a buffer for the radio', without('C4'), 'supply', 'V3V3'],
    ['a coil that does not pull in when warm', withData('K2', { operateV: 4 }), 'supply', 'V5_COIL'],
    ['too little base current', withData('R12', { ohm: 4700 }), 'drive', 'Q2'],
    ['too much current from a pin', withData('R12', { ohm: 150 }), 'drive', 'Q2'],
    ['no flyback diode', without('D13'), 'drive', 'K3'],
    [
      'a flyback diode the wrong way round',
      withComponent('D13', (c) => ({ ...c, nets: { A: 'V5_COIL', K: 'COIL3' } })),
      'drive',
      'K3',
    ],
    ['no transistor', without('Q4'), 'drive', 'K4'],
    ['a mains part in the low-voltage half', moved('C21', 58, 90), 'insulation', 'C21.1'],
    ['a low-voltage part beyond the barrier', moved('R44', 80, 90), 'insulation', 'R44.1'],
    ['a part in the barrier', moved('C1', 68, 60), 'insulation', 'C1.+'],
    ['a relay with too little insulation inside', withData('K1', { insulationMm: 4 }), 'insulation', 'K1'],
    ['a resistor from mains to low voltage', withNet('R44', '1', 'COM4'), 'insulation', 'R44'],
    ['two channels too close to each other', moved('J12', 122, 23), 'insulation', 'J11.3 to J12.1'],
    ['a part off the board', moved('J14', 129, 70.75), 'insulation', 'J14'],
    ['two parts on one place', moved('C3', 22, 47), 'insulation', 'U2'],
    ['a supply before the fuse', withNet('PS1', 'L', 'L_IN'), 'protection', 'PS1'],
    ['a fuse that is too strong', withData('F1', { ratedA: 6.3 }), 'protection', 'PS1'],
    ['no varistor', without('RV1'), 'protection', 'PS1'],
    ['no snubber', without('C23'), 'protection', 'COM3'],
    ['a snubber without a resistor', without('R53'), 'protection', 'C23'],
    ['a snubber capacitor that is not X2', withData('C23', { ratedV: 50 }), 'protection', 'C23'],
    ['a snubber that leaks too much', withData('C23', { farad: 100e-9 }), 'protection', 'C23'],
    ['a contact used up to its limit', withData('K4', { contactA: 10 }), 'protection', 'K4'],
    ['a terminal that is too weak', withData('J11', { ratedA: 8 }), 'protection', 'J11'],
    ['a contact without a screw', withNet('J11', '3', null), 'protection', 'NC1'],
  ];
  test.each(faults)('%s', (_, schematic, rule, where) => {
    expect(verdict(schematic)).toContainEqual(expect.objectContaining({ rule, where }));
  });
});

test('four cold coils, the radio at its peak and all lamps stay below 85 % of the supply', () => {
  const budget = supplyBudget(SCHEMATIC);
  expect(budget.coilsA).toBeCloseTo(4 * 0.0889, 3);
  expect(budget.rail5A).toBeGreaterThan(0.75);
  expect(budget.rail5A).toBeLessThan(0.85 * budget.supplyMaxA);
});

test('each relay has a transistor of its own with a fivefold margin of base current', () => {
  const drives = baseDrives(SCHEMATIC);
  expect(drives.map((d) => d.ref)).toEqual(['Q1', 'Q2', 'Q3', 'Q4']);
  for (const d of drives) expect((250 * d.baseA) / d.collectorA).toBeGreaterThan(5);
});

test('no copper of mains is nearer than 6.5 mm to low voltage, measured pad by pad', () => {
  const pads = placedPads(SCHEMATIC);
  const of = (netClass: string) =>
    pads.filter((p) => p.net !== null && SCHEMATIC.nets[p.net]?.class === netClass);
  const gaps = of('mains').flatMap((m) =>
    of('selv').map((s) => Math.hypot(m.xMm - s.xMm, m.yMm - s.yMm) - m.diameterMm / 2 - s.diameterMm / 2),
  );
  expect(gaps.length).toBeGreaterThan(1000);
  expect(Math.min(...gaps)).toBeCloseTo(smallestGapMm(SCHEMATIC), 9);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(REINFORCED_MM);
});

test('a track for 10 A on 70 um copper is 2 to 3 mm wide, twice that on 35 um', () => {
  expect(trackWidthMm(10, 70)).toBeGreaterThan(2);
  expect(trackWidthMm(10, 70)).toBeLessThan(3);
  expect(trackWidthMm(10, 35)).toBeCloseTo(2 * trackWidthMm(10, 70), 6);
});
