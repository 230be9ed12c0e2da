/**
 * A sheet of the schematic drawn from the netlist. Where the placement on the sheet and the netlist disagree, this
 * throws: a line may only join pins of one net, every other pin bears the name of its net, and a net that goes on
 * elsewhere is named on every piece of it.
 */
import { type Component, partOf, pinsOn, type Schematic } from '../netlist.ts';
import type { PlacedSymbol, Sheet, Wire } from './sheets.ts';
import { circle, drawing, group, line, lines, type Point, path, rect, text } from './svg.ts';
import { type DrawnSymbol, symbolOf } from './symbols.ts';

const MAINS = '#b42318';
const LOW = '#1d4f91';
const QUIET = '#52606d';

interface Placed {
  readonly component: Component;
  readonly symbol: DrawnSymbol;
  readonly place: PlacedSymbol;
  readonly value: string;
}

interface PinAt extends Point {
  readonly id: string;
  readonly net: string | null;
  readonly out: Point;
}

export interface Run {
  readonly net: string;
  readonly points: readonly Point[];
}

/** The sheet as an SVG document. */
export function drawSheet(schematic: Schematic, sheet: Sheet): string {
  const placed = sheet.symbols.map((s) => place(schematic, s));
  const pins = new Map(placed.flatMap(pinsOf).map((p) => [p.id, p]));
  const runs = sheet.wires.map((w) => runOf(w, pins));
  const wired = new Set(sheet.wires.flatMap((w) => [w.from, w.to]));
  checkNames(schematic, sheet, pins);
  const colour = (net: string | null) => (net && schematic.nets[net]?.class === 'mains' ? MAINS : LOW);
  const body = [
    title(sheet),
    ...barrier(sheet),
    ...runs.map((r) => path(r.points, { colour: colour(r.net), width: 1.8 })),
    ...junctions(runs).map((j) => circle(j, 3.4, { colour: colour(j.net), fill: colour(j.net) })),
    ...placed.map(drawn),
    ...placed.map(words),
    ...placed.flatMap((p) => terminalNames(schematic, p)),
    ...[...pins.values()]
      .filter((p) => !wired.has(p.id) || sheet.names.includes(p.id))
      .map((p) => nameTag(schematic, p, colour(p.net), wired.has(p.id))),
    ...sheet.notes.map((n) => lines({ x: n.x, y: n.y }, n.words, { size: 13, colour: QUIET })),
  ];
  return drawing({ title: sheet.title, width: sheet.width, height: sheet.height, body });
}

function title({ title: words, width, height }: Sheet): string {
  return (
    rect({ x: 8, y: 8 }, width - 16, height - 16, { colour: '#9aa5b1', width: 1 }) +
    text({ x: 24, y: 36 }, words, { size: 18, bold: true }) +
    text({ x: width - 24, y: 36 }, 'mains red, low voltage blue', { size: 12, anchor: 'end', colour: QUIET })
  );
}

function barrier(sheet: Sheet): readonly string[] {
  if (!sheet.barrier) return [];
  const { x, fromY, toY, mains } = sheet.barrier;
  const red = { size: 11, colour: MAINS } as const;
  const left = mains === 'left' ? 'mains' : 'low voltage';
  const right = mains === 'left' ? 'low voltage' : 'mains';
  return [
    line({ x, y: fromY }, { x, y: toY }, { colour: MAINS, dash: '10 6', width: 1.2 }),
    text({ x: x - 8, y: fromY + 4 }, left, { ...red, anchor: 'end' }),
    text({ x: x + 8, y: fromY + 4 }, right, red),
  ];
}

function place(schematic: Schematic, at: PlacedSymbol): Placed {
  const component = schematic.components.find((c) => c.ref === at.ref);
  if (!component) throw new RangeError(`${at.ref} is on a sheet but not in the netlist`);
  const part = partOf(schematic, component);
  return { component, symbol: symbolOf(part, at.turn === 180), place: at, value: part.value };
}

const turnOf = ({ symbol, place: at }: Placed) => (symbol.box ? 0 : (at.turn ?? 0));

function turned(point: Point, turn: number): Point {
  const [c, s] = [Math.round(Math.cos((turn * Math.PI) / 180)), Math.round(Math.sin((turn * Math.PI) / 180))];
  return { x: point.x * c - point.y * s, y: point.x * s + point.y * c };
}

function pinsOf(p: Placed): readonly PinAt[] {
  return Object.entries(p.component.nets).map(([pin, net]) => {
    const drawnPin = p.symbol.pins[pin];
    if (!drawnPin) throw new RangeError(`the symbol of ${p.component.ref} has no pin ${pin}`);
    const { x, y } = turned(drawnPin, turnOf(p));
    const out = turned(drawnPin.out, turnOf(p));
    return { id: `${p.component.ref}.${pin}`, net, x: p.place.x + x, y: p.place.y + y, out };
  });
}

function drawn(p: Placed): string {
  return group(p.place, turnOf(p), p.symbol.body);
}

function words(p: Placed): string {
  const { x, y } = p.place;
  const { half, box } = p.symbol;
  const upright = turnOf(p) % 180 !== 0;
  const kind = Object.keys(p.symbol.pins);
  if (kind.includes('COM'))
    return text({ x: x - 20, y: y - 50 }, `${p.component.ref}  ${p.value}`, { bold: true });
  if (kind.includes('B') || kind.includes('G'))
    return lines({ x: x + 30, y: y - 2 }, [p.component.ref, p.value], { size: 11 });
  if (upright) return lines({ x: x + 7 + half.y, y: y - 2 }, [p.component.ref, p.value], { size: 11 });
  const look = { size: box ? 12 : 11, anchor: 'middle', bold: box === true } as const;
  return text({ x, y: y - half.y - (box ? 10 : 4) }, `${p.component.ref}  ${p.value}`, look);
}

/** What stands beside a screw: the name that the wiring diagrams use. */
function terminalNames(schematic: Schematic, p: Placed): readonly string[] {
  if (partOf(schematic, p.component).electrical.kind !== 'terminal') return [];
  return Object.entries(p.component.nets).map(([pin, net]) => {
    const at = p.symbol.pins[pin] ?? { x: 0, y: 0 };
    const outside = at.x < 0 ? p.symbol.half.x + 8 : -p.symbol.half.x - 8;
    const anchor = at.x < 0 ? 'start' : 'end';
    const look = { size: 12, bold: true, anchor, colour: MAINS } as const;
    return text({ x: p.place.x + outside, y: p.place.y + at.y + 4 }, net?.replace('_IN', '') ?? '', look);
  });
}

function runOf({ from, to, way = 'hv' }: Wire, pins: ReadonlyMap<string, PinAt>): Run {
  const [a, b] = [pins.get(from), pins.get(to)];
  if (!a || !b) throw new RangeError(`no such pin on this sheet: ${a ? to : from}`);
  if (a.net === null || a.net !== b.net)
    throw new RangeError(`${from} (${a.net}) and ${to} (${b.net}) differ`);
  const bends: Point[] = [];
  if (way === 'hv') bends.push({ x: b.x, y: a.y });
  else if (way === 'vh') bends.push({ x: a.x, y: b.y });
  else if ('x' in way) bends.push({ x: way.x, y: a.y }, { x: way.x, y: b.y });
  else bends.push({ x: a.x, y: way.y }, { x: b.x, y: way.y });
  const points = [a, ...bends, b].map(({ x, y }) => ({ x, y }));
  return { net: a.net, points: points.filter((q, i) => i === 0 || !same(q, points[i - 1])) };
}

function same(a: Point, b: Point | undefined): boolean {
  return b !== undefined && a.x === b.x && a.y === b.y;
}

/** The lines of a sheet, for the check that lines of different nets never lie on each other. */
export function runsOf(schematic: Schematic, sheet: Sheet): readonly Run[] {
  const pins = new Map(sheet.symbols.flatMap((s) => pinsOf(place(schematic, s))).map((p) => [p.id, p]));
  return sheet.wires.map((w) => runOf(w, pins));
}

export interface Segment {
  readonly net: string;
  readonly a: Point;
  readonly b: Point;
}

export function segmentsOf(runs: readonly Run[]): readonly Segment[] {
  return runs.flatMap(({ net, points }) =>
    points.slice(1).flatMap((b, i) => {
      const a = points[i];
      return a ? [{ net, a, b }] : [];
    }),
  );
}

export function liesOn(p: Point, { a, b }: Segment): boolean {
  const inX = p.x >= Math.min(a.x, b.x) && p.x <= Math.max(a.x, b.x);
  const inY = p.y >= Math.min(a.y, b.y) && p.y <= Math.max(a.y, b.y);
  return inX && inY;
}

/** Where three ends or more of one net meet. */
function junctions(runs: readonly Run[]): readonly (Point & { readonly net: string })[] {
  const segments = segmentsOf(runs);
  const ends = segments.flatMap(({ net, a, b }) => [
    { ...a, net },
    { ...b, net },
  ]);
  const dots = new Map<string, Point & { readonly net: string }>();
  for (const end of ends) {
    const arms = new Set<string>();
    for (const s of segments) {
      if (s.net !== end.net || !liesOn(end, s)) continue;
      for (const far of [s.a, s.b]) {
        if (!same(far, end)) arms.add(`${Math.sign(far.x - end.x)},${Math.sign(far.y - end.y)}`);
      }
    }
    if (arms.size >= 3) dots.set(`${end.x},${end.y}`, end);
  }
  return [...dots.values()];
}

/** Every piece of a net that goes on elsewhere must say its name. */
function checkNames(schematic: Schematic, sheet: Sheet, pins: ReadonlyMap<string, PinAt>): void {
  const groups: Set<string>[] = [];
  for (const { from, to } of sheet.wires) {
    const touching = groups.filter((g) => g.has(from) || g.has(to));
    const merged = new Set([from, to, ...touching.flatMap((g) => [...g])]);
    for (const g of touching) groups.splice(groups.indexOf(g), 1);
    groups.push(merged);
  }
  for (const piece of groups) {
    const [first] = piece;
    const net = first === undefined ? null : pins.get(first)?.net;
    if (!net) continue;
    const whole = pinsOn(schematic, net).length === piece.size;
    if (!whole && ![...piece].some((id) => sheet.names.includes(id)))
      throw new RangeError(`net ${net} goes on elsewhere and is not named at ${[...piece].join(', ')}`);
  }
}

/** Ground, a rail, the name of a net, or a cross for an open pin. */
function nameTag(schematic: Schematic, pin: PinAt, colour: string, onWire: boolean): string {
  const look = { colour, width: 1.8 };
  const end = onWire ? pin : { x: pin.x + pin.out.x * 10, y: pin.y + pin.out.y * 10 };
  const stub = onWire ? '' : line(pin, end, look);
  if (pin.net === null) {
    const arm = (dx: number) =>
      line({ x: pin.x - dx, y: pin.y - 4 }, { x: pin.x + dx, y: pin.y + 4 }, { width: 1.2 });
    return arm(4) + arm(-4);
  }
  const railV = schematic.nets[pin.net]?.railV;
  if (railV === 0) {
    const bars = [12, 7, 3].map((w, i) => {
      const y = end.y + 10 + i * 4;
      return line({ x: end.x - w, y }, { x: end.x + w, y }, look);
    });
    return stub + line(end, { x: end.x, y: end.y + 10 }, look) + bars.join('');
  }
  if (railV !== undefined) {
    const down = pin.out.y > 0 && !onWire;
    const y = end.y + (down ? 12 : -12);
    const bar = line({ x: end.x - 12, y }, { x: end.x + 12, y }, { ...look, width: 2.4 });
    const name = text({ x: end.x, y: down ? y + 14 : y - 5 }, pin.net, {
      size: 11,
      anchor: 'middle',
      colour,
    });
    return stub + line(end, { x: end.x, y }, look) + bar + name;
  }
  const toLeft = pin.out.x < 0;
  const at = { x: end.x + (toLeft ? -4 : 4), y: end.y + 4 };
  return stub + text(at, pin.net, { size: 11, anchor: toLeft ? 'end' : 'start', colour, bold: true });
}
