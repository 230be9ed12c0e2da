/** How each kind of part is drawn, around its middle, and where its pins come out. Pixels on a grid of 10. */
import type { Electrical, Part } from '../netlist.ts';
import { circle, line, type Point, path, rect, text } from './svg.ts';

export interface SymbolPin extends Point {
  /** Way out of the symbol. */
  readonly out: Point;
}

export interface DrawnSymbol {
  readonly body: string;
  readonly pins: Readonly<Record<string, SymbolPin>>;
  /** Half width and half height, for where the words go. */
  readonly half: Point;
  /** Holds letters and is never turned, only flipped. */
  readonly box?: boolean;
}

const LEFT: Point = { x: -1, y: 0 };
const RIGHT: Point = { x: 1, y: 0 };
const UP: Point = { x: 0, y: -1 };
const DOWN: Point = { x: 0, y: 1 };
const p = (x: number, y: number): Point => ({ x, y });
const pin = (x: number, y: number, out: Point): SymbolPin => ({ x, y, out });

function lying(names: readonly [string, string], reach: number, body: string, halfY = 10): DrawnSymbol {
  return {
    body,
    pins: { [names[0]]: pin(-reach, 0, LEFT), [names[1]]: pin(reach, 0, RIGHT) },
    half: p(reach, halfY),
  };
}

const leads = (reach: number, inner: number) =>
  line(p(-reach, 0), p(-inner, 0)) + line(p(inner, 0), p(reach, 0));

function diode(lit: boolean): DrawnSymbol {
  const arrows = lit
    ? path([p(4, -12), p(12, -20)]) +
      path([p(8, -20), p(12, -20), p(12, -16)]) +
      path([p(-4, -12), p(4, -20)]) +
      path([p(0, -20), p(4, -20), p(4, -16)])
    : '';
  const body =
    leads(30, 9) + path([p(-9, -9), p(-9, 9), p(9, 0), p(-9, -9)]) + line(p(9, -9), p(9, 9)) + arrows;
  return lying(['A', 'K'], 30, body, lit ? 20 : 10);
}

function capacitor(polar: boolean): DrawnSymbol {
  const plates = line(p(-4, -12), p(-4, 12), { width: 2.4 }) + line(p(4, -12), p(4, 12), { width: 2.4 });
  const plus = polar ? text(p(-17, -6), '+', { size: 13, bold: true }) : '';
  return lying(polar ? ['+', '-'] : ['1', '2'], 30, leads(30, 4) + plates + plus, 14);
}

function transistor(): DrawnSymbol {
  const body =
    circle(p(2, 0), 22) +
    line(p(-30, 0), p(-8, 0)) +
    line(p(-8, -12), p(-8, 12), { width: 3 }) +
    path([p(-8, -5), p(10, -17), p(10, -30)]) +
    path([p(-8, 5), p(10, 17), p(10, 30)]) +
    path([p(3, 18), p(10, 17), p(6, 10)]);
  return {
    body,
    pins: { B: pin(-30, 0, LEFT), C: pin(10, -30, UP), E: pin(10, 30, DOWN) },
    half: p(26, 30),
  };
}

function mosfet(): DrawnSymbol {
  const body =
    circle(p(2, 0), 22) +
    line(p(-30, 0), p(-12, 0)) +
    line(p(-12, -11), p(-12, 11), { width: 2.4 }) +
    line(p(-6, -14), p(-6, -6), { width: 2.4 }) +
    line(p(-6, -4), p(-6, 4), { width: 2.4 }) +
    line(p(-6, 6), p(-6, 14), { width: 2.4 }) +
    path([p(-6, -10), p(10, -10), p(10, -30)]) +
    path([p(-6, 10), p(10, 10), p(10, 30)]) +
    path([p(-6, 0), p(10, 0), p(10, -10)]) +
    path([p(2, -4), p(8, 0), p(2, 4)]);
  return {
    body,
    pins: { G: pin(-30, 0, LEFT), S: pin(10, -30, UP), D: pin(10, 30, DOWN) },
    half: p(26, 30),
  };
}

function relay(): DrawnSymbol {
  const mains = { colour: '#b42318' };
  const body =
    rect(p(-90, -15), 30, 30, { fill: '#fff8e1' }) +
    line(p(-90, 15), p(-60, -15)) +
    line(p(-75, -30), p(-75, -15)) +
    line(p(-75, 15), p(-75, 30)) +
    line(p(-60, 0), p(34, 0), { dash: '5 4', width: 1 }) +
    path([p(90, -30), p(20, -30), p(20, -20)], mains) +
    path([p(90, 30), p(20, 30), p(20, 19)], mains) +
    path([p(90, 0), p(52, 0), p(19, 19)], { ...mains, width: 2.2 }) +
    circle(p(52, 0), 3, { ...mains, fill: '#ffffff' }) +
    rect(p(-100, -42), 180, 84, { dash: '2 4', width: 1, colour: '#9aa5b1', round: 4 });
  return {
    body,
    pins: {
      A1: pin(-75, -30, UP),
      A2: pin(-75, 30, DOWN),
      NO: pin(90, -30, RIGHT),
      COM: pin(90, 0, RIGHT),
      NC: pin(90, 30, RIGHT),
    },
    half: p(100, 42),
  };
}

/** Pins on the sides of a box; an empty name leaves a gap. */
interface BoxSides {
  readonly left: readonly string[];
  readonly right: readonly string[];
  readonly halfWidth: number;
}

function box({ left, right, halfWidth: w }: BoxSides): DrawnSymbol {
  const rows = Math.max(left.length, right.length);
  const top = -((rows - 1) * 20) / 2;
  const pins: Record<string, SymbolPin> = {};
  let body = rect(p(-w, top - 18), 2 * w, rows * 20 + 16, { fill: '#fbfcfd', round: 3 });
  for (const [i, name] of left.entries()) {
    if (!name) continue;
    const y = top + i * 20;
    pins[name] = pin(-w - 20, y, LEFT);
    body += line(p(-w - 20, y), p(-w, y)) + text(p(-w + 6, y + 4), name, { size: 11 });
  }
  for (const [i, name] of right.entries()) {
    if (!name) continue;
    const y = top + i * 20;
    pins[name] = pin(w + 20, y, RIGHT);
    body += line(p(w, y), p(w + 20, y)) + text(p(w - 6, y + 4), name, { size: 11, anchor: 'end' });
  }
  return { body, pins, half: p(w, rows * 10 + 8), box: true };
}

const BOXES: Partial<Record<Electrical['kind'], BoxSides>> = {
  module: {
    left: ['VCC', 'EN', 'RST', 'ADC', '', 'IO0', 'IO2', 'IO15', 'IO4', '', '', 'CS0', 'MISO', 'IO9'],
    right: ['IO16', 'IO14', 'IO12', 'IO13', '', 'IO5', '', 'TXD', 'RXD', 'GND', '', 'IO10', 'MOSI', 'SCLK'],
    halfWidth: 90,
  },
  regulator: { left: ['IN', '', 'GND'], right: ['OUT'], halfWidth: 55 },
  supply: { left: ['L', '', 'N'], right: ['+V', '', '-V'], halfWidth: 70 },
  terminal: { left: ['1', '2', '3'], right: [], halfWidth: 26 },
  header: { left: ['3V3', 'TX', 'RX', 'IO0', 'RST', 'GND'], right: [], halfWidth: 36 },
};

const PLAIN: Partial<Record<Electrical['kind'], () => DrawnSymbol>> = {
  resistor: () => lying(['1', '2'], 30, leads(30, 18) + rect(p(-18, -7), 36, 14, { fill: '#fbfcfd' })),
  fuse: () => lying(['1', '2'], 30, line(p(-30, 0), p(30, 0)) + rect(p(-18, -7), 36, 14)),
  varistor: () =>
    lying(
      ['1', '2'],
      30,
      leads(30, 18) + rect(p(-18, -7), 36, 14) + path([p(-22, 14), p(-14, 14), p(18, -14)]),
      14,
    ),
  button: () =>
    lying(
      ['1', '2'],
      30,
      leads(30, 14) +
        circle(p(-12, 0), 2.5) +
        circle(p(12, 0), 2.5) +
        line(p(-16, -9), p(16, -9)) +
        line(p(0, -9), p(0, -18)),
      18,
    ),
  diode: () => diode(false),
  led: () => diode(true),
  npn: transistor,
  pmos: mosfet,
  relay,
};

/** The symbol of `part`; `flipped` puts the pins of a box on its other side and keeps its letters upright. */
export function symbolOf(part: Part, flipped = false): DrawnSymbol {
  const { kind } = part.electrical;
  if (kind === 'capacitor') return capacitor('+' in part.pins);
  const sides = BOXES[kind];
  if (sides) return box(flipped ? { ...sides, left: sides.right, right: sides.left } : sides);
  const plain = PLAIN[kind];
  if (!plain) throw new RangeError(`no symbol for ${kind}`);
  return plain();
}
