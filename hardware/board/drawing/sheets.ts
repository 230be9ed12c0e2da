/**
 * Where each symbol stands on the three sheets, and which pins are joined by a line. A line between pins of
 * different nets is refused; a pin without a line gets the name of its net, so nothing can be left out.
 */

export interface PlacedSymbol {
  readonly ref: string;
  readonly x: number;
  readonly y: number;
  readonly turn?: 0 | 90 | 180 | 270;
}

/** From pin to pin, horizontally first (`hv`), or vertically first (`vh`), or over a given x or y. */
export interface Wire {
  readonly from: string;
  readonly to: string;
  readonly way?: 'hv' | 'vh' | { readonly x: number } | { readonly y: number };
}

export interface Sheet {
  readonly file: string;
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly symbols: readonly PlacedSymbol[];
  readonly wires: readonly Wire[];
  /** Wired pins at which the net is named, because it goes on elsewhere. */
  readonly names: readonly string[];
  /** Where the drawing crosses from low voltage to mains, and on which side mains is. */
  readonly barrier?: {
    readonly x: number;
    readonly fromY: number;
    readonly toY: number;
    readonly mains: 'left' | 'right';
  };
  readonly notes: readonly { readonly x: number; readonly y: number; readonly words: readonly string[] }[];
}

const at = (ref: string, x: number, y: number, turn: 0 | 90 | 180 | 270 = 0): PlacedSymbol => ({
  ref,
  x,
  y,
  turn,
});
const wire = (from: string, to: string, way: Wire['way'] = 'hv'): Wire => ({ from, to, way });

const SUPPLY_SHEET: Sheet = {
  file: 'schematic-1-supply.svg',
  title: 'Sheet 1: mains input, supplies, coil supply switch',
  width: 1180,
  height: 640,
  symbols: [
    at('J1', 110, 170, 180),
    at('F1', 240, 150, 180),
    at('RV1', 330, 190, 90),
    at('PS1', 500, 170),
    at('C1', 680, 190, 90),
    at('C2', 740, 190, 90),
    at('U2', 890, 170),
    at('C3', 990, 190, 90),
    at('C4', 1040, 190, 90),
    at('C5', 1100, 190, 90),
    at('R21', 330, 490),
    at('R22', 400, 540, 90),
    at('Q6', 470, 490),
    at('R20', 480, 390, 90),
    at('Q5', 640, 440),
  ],
  wires: [
    wire('J1.1', 'F1.2'),
    wire('F1.1', 'RV1.1'),
    wire('RV1.1', 'PS1.L', 'vh'),
    wire('J1.3', 'RV1.2', { y: 240 }),
    wire('RV1.2', 'PS1.N', { x: 402 }),
    wire('PS1.+V', 'C1.+'),
    wire('C1.+', 'C2.1', { y: 150 }),
    wire('C2.1', 'U2.IN', 'vh'),
    wire('U2.OUT', 'C3.1'),
    wire('C3.1', 'C4.+', { y: 150 }),
    wire('C4.+', 'C5.1', { y: 150 }),
    wire('R21.2', 'R22.1'),
    wire('R22.1', 'Q6.B', 'vh'),
    wire('R20.2', 'Q6.C'),
    wire('R20.2', 'Q5.G', { y: 440 }),
  ],
  names: ['PS1.+V', 'U2.OUT'],
  barrier: { x: 500, fromY: 60, toY: 300, mains: 'left' },
  notes: [
    { x: 60, y: 290, words: ['Mains 230 V 50 Hz,', 'breaker of 6 A in front'] },
    {
      x: 740,
      y: 420,
      words: [
        'Coil supply switch',
        'R20 and R22 hold it open until the firmware sets IO5 high:',
        'no relay can pull in at reset, at a brown-out or in the boot loader.',
      ],
    },
  ],
};

const CONTROLLER_SHEET: Sheet = {
  file: 'schematic-2-controller.svg',
  title: 'Sheet 2: controller, straps, buttons, status light, serial header',
  width: 1180,
  height: 720,
  symbols: [
    at('U1', 560, 250),
    at('R1', 150, 130),
    at('R2', 150, 200),
    at('C6', 150, 270),
    at('SW1', 150, 340),
    at('R3', 150, 430),
    at('R4', 150, 500),
    at('R7', 150, 570),
    at('D5', 240, 570),
    at('R5', 150, 640),
    at('R6', 960, 470),
    at('SW2', 960, 550),
    at('J2', 1040, 250),
  ],
  wires: [wire('R7.2', 'D5.A')],
  names: [],
  notes: [
    {
      x: 400,
      y: 500,
      words: [
        'Read at reset: IO0 high, IO2 high, IO15 low. IO4 and IO5 float.',
        'IO16 is driven high then, IO12 to IO14 are pulled up:',
        'see the coil supply switch on sheet 1.',
        'Serial header: only with mains disconnected; adapter set to 3.3 V.',
        'A cross marks a pin that stays open.',
      ],
    },
  ],
};

/** Height of one channel on its sheet. */
const ROW = 270;

function channelRow(n: number): Pick<Sheet, 'symbols' | 'wires' | 'names'> {
  const y = 175 + (n - 1) * ROW;
  const [base, pull, lampR, snubR] = [`R${10 + n}`, `R${30 + n}`, `R${40 + n}`, `R${50 + n}`];
  const [snubC, flyback, terminal] = [`C${20 + n}`, `D${10 + n}`, `J${10 + n}`];
  return {
    symbols: [
      at(base, 200, y + 90),
      at(pull, 270, y + 120, 90),
      at(`Q${n}`, 345, y + 90),
      at(lampR, 410, y - 30, 90),
      at(`D${n}`, 410, y + 30, 90),
      at(flyback, 485, y, 270),
      at(`K${n}`, 665, y),
      at(snubR, 810, y - 85),
      at(snubC, 890, y - 85, 180),
      at(terminal, 1010, y),
    ],
    wires: [
      wire(`${base}.2`, `${pull}.1`),
      wire(`${pull}.1`, `Q${n}.B`),
      wire(`${lampR}.2`, `D${n}.A`),
      wire(`${lampR}.1`, `${flyback}.K`),
      wire(`${flyback}.K`, `K${n}.A1`, { y: y - 60 }),
      wire(`Q${n}.C`, `D${n}.K`),
      wire(`D${n}.K`, `${flyback}.A`),
      wire(`${flyback}.A`, `K${n}.A2`, { y: y + 60 }),
      wire(`K${n}.NO`, `${terminal}.1`, { x: 950 }),
      wire(`K${n}.COM`, `${terminal}.2`),
      wire(`K${n}.NC`, `${terminal}.3`, { x: 950 }),
      wire(`${snubR}.1`, `K${n}.NO`, 'vh'),
      wire(`${snubR}.2`, `${snubC}.2`),
      wire(`${snubC}.1`, `K${n}.COM`, 'vh'),
    ],
    names: [`${lampR}.1`],
  };
}

const rows = [1, 2, 3, 4].map(channelRow);

const CHANNEL_SHEET: Sheet = {
  file: 'schematic-3-channels.svg',
  title: 'Sheet 3: relay channels 1 to 4',
  width: 1180,
  height: 60 + 4 * ROW + 80,
  symbols: rows.flatMap((r) => r.symbols),
  wires: rows.flatMap((r) => r.wires),
  names: rows.flatMap((r) => r.names),
  barrier: { x: 637, fromY: 60, toY: 60 + 4 * ROW, mains: 'right' },
  notes: [
    {
      x: 40,
      y: 60 + 4 * ROW + 50,
      words: ['The contact is drawn with its coil at rest. Coils hang on V5_COIL, switched on sheet 1.'],
    },
  ],
};

export const SHEETS: readonly Sheet[] = [SUPPLY_SHEET, CONTROLLER_SHEET, CHANNEL_SHEET];
