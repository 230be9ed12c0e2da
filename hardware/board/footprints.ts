/** Pads and bodies of the parts used, in millimetres. Sources: the manufacturers' drawings named at each one. */
import type { Footprint, Pad } from './netlist.ts';

const pad = (xMm: number, yMm: number, diameterMm: number): Pad => ({ xMm, yMm, diameterMm });

/** Two pads side by side, the body between and around them. */
function twoPads(
  pitchMm: number,
  diameterMm: number,
  body: readonly [number, number],
  names: readonly [string, string] = ['1', '2'],
): Footprint {
  return {
    body: [pitchMm / 2 - body[0] / 2, -body[1] / 2, body[0], body[1]],
    pads: { [names[0]]: [pad(0, 0, diameterMm)], [names[1]]: [pad(pitchMm, 0, diameterMm)] },
  };
}

const chip = (names?: readonly [string, string]) => twoPads(1.9, 1.3, [3.4, 1.9], names);

function column(pins: readonly string[], x: number, fromY: number, stepY: number): Record<string, Pad[]> {
  return Object.fromEntries(pins.map((pin, i) => [pin, [pad(x, fromY + i * stepY, 1)]]));
}

function row(pins: readonly string[], fromX: number, stepX: number, y: number, d = 1): Record<string, Pad[]> {
  return Object.fromEntries(pins.map((pin, i) => [pin, [pad(fromX + i * stepX, y, d)]]));
}

export const FOOTPRINTS = {
  chip0805: chip(),
  chip0805Diode: chip(['A', 'K']),
  sod123: twoPads(3.3, 1.2, [5, 2.2], ['A', 'K']),
  sot23Npn: {
    body: [-1.8, -1.6, 4, 3.2],
    pads: { B: [pad(-1, -0.95, 1)], E: [pad(-1, 0.95, 1)], C: [pad(1.2, 0, 1)] },
  },
  sot23Pmos: {
    body: [-1.8, -1.6, 4, 3.2],
    pads: { G: [pad(-1, -0.95, 1)], S: [pad(-1, 0.95, 1)], D: [pad(1.2, 0, 1)] },
  },
  sot223: {
    body: [-4.5, -3.6, 9, 7.2],
    pads: { GND: [pad(-3, -2.3, 1.5)], OUT: [pad(-3, 0, 1.5), pad(3.2, 0, 3)], IN: [pad(-3, 2.3, 1.5)] },
  },
  /** Radial electrolytic, 8 mm can, 3.5 mm pitch. */
  radial8: twoPads(3.5, 1.6, [8.2, 8.2], ['+', '-']),
  /** X2 film, 13 x 6 mm, 10 mm pitch (TDK B32921). */
  filmX2: twoPads(10, 1.8, [13, 6]),
  /** Axial 1 W, bent to 12.7 mm (Vishay PR01). */
  axial: twoPads(12.7, 1.8, [12.7, 3]),
  /** Disc 14 mm, 7.5 mm pitch (TDK S14K275). */
  disc14: twoPads(7.5, 2, [15.5, 5.5]),
  /** TE5 fuse, 5.08 mm pitch (Littelfuse 392). */
  te5: twoPads(5.08, 1.8, [8.5, 4]),
  /** Body 45.7 x 25.4, AC side at x = 0 (Mean Well IRM-05). */
  irm05: {
    body: [-3.6, -7.3, 45.7, 25.4],
    pads: {
      N: [pad(0, 0, 2.5)],
      L: [pad(0, 10.75, 2.5)],
      '-V': [pad(38.5, 10.75, 2.5)],
      '+V': [pad(38.5, 2.75, 2.5)],
    },
  },
  /** Body 29 x 12.7, coil at x = 0, contacts at 15, 20 and 25, two pads each (Omron G5RL-1-E). */
  g5rl: {
    body: [-2, -2.6, 29, 12.7],
    pads: {
      A1: [pad(0, 0, 2.2)],
      A2: [pad(0, 7.5, 2.2)],
      NC: [pad(15, 0, 2.4), pad(15, 7.5, 2.4)],
      COM: [pad(20, 0, 2.4), pad(20, 7.5, 2.4)],
      NO: [pad(25, 0, 2.4), pad(25, 7.5, 2.4)],
    },
  },
  /** Lever terminal, 5 mm pitch, poles downwards (WAGO 2604). */
  wago3: {
    body: [-8, -3.3, 13, 16.6],
    pads: { '1': [pad(0, 0, 2)], '2': [pad(0, 5, 2)], '3': [pad(0, 10, 2)] },
  },
  header6: {
    body: [-1.4, -1.4, 15.5, 2.8],
    pads: row(['3V3', 'TX', 'RX', 'IO0', 'RST', 'GND'], 0, 2.54, 0, 1.7),
  },
  /** 6 x 6 mm push button, 6.5 x 4.5 mm (Omron B3F-1000). */
  tact6: {
    body: [-0.5, -0.8, 7.5, 6],
    pads: { '1': [pad(0, 0, 1.6), pad(6.5, 0, 1.6)], '2': [pad(0, 4.5, 1.6), pad(6.5, 4.5, 1.6)] },
  },
  /** 16 x 24 mm, antenna at the negative end of y (Ai-Thinker ESP-12F). */
  esp12f: {
    body: [-8, -15, 16, 24],
    pads: {
      ...column(['RST', 'ADC', 'EN', 'IO16', 'IO14', 'IO12', 'IO13', 'VCC'], -7.6, -6, 2),
      ...column(['TXD', 'RXD', 'IO5', 'IO4', 'IO0', 'IO2', 'IO15', 'GND'], 7.6, -6, 2),
      ...row(['CS0', 'MISO', 'IO9', 'IO10', 'MOSI', 'SCLK'], -5, 2, 8.6),
    },
  },
} as const satisfies Record<string, Footprint>;
