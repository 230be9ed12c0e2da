/**
 * Are mains and low voltage apart? Distances are measured between the copper of pads, in the plane of the board, so
 * they are clearance and creepage at once (no slots are counted on).
 *
 * Mains to low voltage is reinforced insulation: 300 V to neutral, overvoltage category III, pollution degree 2,
 * material IIIa asks 5.5 mm of clearance and 6.0 mm of creepage [IEC 60664-1 tables F.2, F.5]; we keep 6.5 mm.
 * Circuits that may hang on different phases: 400 V, basic, 4.0 mm. Inside one circuit: 2.5 mm.
 */
import { type Component, type Finding, type Net, type Pad, partOf, type Schematic } from '../netlist.ts';

export const REINFORCED_MM = 6.5;
export const BASIC_400_MM = 4;
export const BASIC_230_MM = 2.5;

export interface PlacedPad extends Pad {
  readonly ref: string;
  readonly pin: string;
  readonly net: string | null;
}

/** All pads of the board, in board coordinates. */
export function placedPads(schematic: Schematic): readonly PlacedPad[] {
  return schematic.components.flatMap((component) =>
    Object.entries(partOf(schematic, component).footprint.pads).flatMap(([pin, pads]) =>
      pads.map((pad) => ({
        ...placed(component, pad.xMm, pad.yMm),
        diameterMm: pad.diameterMm,
        ref: component.ref,
        pin,
        net: component.nets[pin] ?? null,
      })),
    ),
  );
}

/** A point of a footprint on the board, turned clockwise as seen from above. */
export function placed({ at }: Component, x: number, y: number): { xMm: number; yMm: number } {
  const turned: Record<number, readonly [number, number]> = {
    0: [x, y],
    90: [-y, x],
    180: [-x, -y],
    270: [y, -x],
  };
  const [dx, dy] = turned[at.turn] ?? [x, y];
  return { xMm: at.xMm + dx, yMm: at.yMm + dy };
}

/** Millimetres that must lie between two nets; 0: they may touch as far as safety goes. */
export function requiredMm(a: Net, b: Net): number {
  if (a.class !== b.class) return REINFORCED_MM;
  if (a.class === 'selv') return 0;
  return a.circuit === b.circuit ? BASIC_230_MM : BASIC_400_MM;
}

/** The least distance between pads of any two nets of the given classes, for the report. */
export function smallestGapMm(schematic: Schematic): number {
  let least = Number.POSITIVE_INFINITY;
  eachPair(schematic, (a, b, needMm) => {
    if (needMm === REINFORCED_MM) least = Math.min(least, gapMm(a, b));
  });
  return least;
}

export function insulation(schematic: Schematic): readonly Finding[] {
  const findings: Finding[] = [];
  eachPair(schematic, (a, b, needMm) => {
    const mm = gapMm(a, b);
    if (mm < needMm - 1e-9)
      findings.push(
        found(`${a.ref}.${a.pin} to ${b.ref}.${b.pin}`, `${mm.toFixed(1)} mm, ${needMm} mm needed`),
      );
  });
  return [...findings, ...bridges(schematic), ...barrier(schematic), ...bodies(schematic)];
}

function found(where: string, what: string): Finding {
  return { rule: 'insulation', where, what };
}

function eachPair(schematic: Schematic, see: (a: PlacedPad, b: PlacedPad, needMm: number) => void): void {
  const pads = placedPads(schematic);
  for (const [i, a] of pads.entries()) {
    for (const b of pads.slice(i + 1)) {
      const netA = a.net === null ? undefined : schematic.nets[a.net];
      const netB = b.net === null ? undefined : schematic.nets[b.net];
      if (netA && netB && a.net !== b.net) see(a, b, requiredMm(netA, netB));
    }
  }
}

function gapMm(a: PlacedPad, b: PlacedPad): number {
  return Math.hypot(a.xMm - b.xMm, a.yMm - b.yMm) - (a.diameterMm + b.diameterMm) / 2;
}

/** Only parts built for it may reach over the barrier. */
function bridges(schematic: Schematic): readonly Finding[] {
  return schematic.components.flatMap((component) => {
    const classes = new Set(
      Object.values(component.nets).flatMap((net) => (net ? [schematic.nets[net]?.class] : [])),
    );
    if (classes.size < 2) return [];
    const { electrical } = partOf(schematic, component);
    const mm = electrical.kind === 'relay' || electrical.kind === 'supply' ? electrical.insulationMm : 0;
    return mm >= REINFORCED_MM
      ? []
      : [found(component.ref, `joins mains and low voltage with ${mm} mm inside`)];
  });
}

function barrier(schematic: Schematic): readonly Finding[] {
  const { fromXMm, toXMm } = schematic.barrier;
  const findings: Finding[] = [];
  if (toXMm - fromXMm < REINFORCED_MM) findings.push(found('barrier', 'is narrower than 6.5 mm'));
  for (const pad of placedPads(schematic)) {
    const r = pad.diameterMm / 2;
    const side = pad.net === null ? undefined : schematic.nets[pad.net]?.class;
    const inside = pad.xMm + r > fromXMm && pad.xMm - r < toXMm;
    const wrong = (side === 'selv' && pad.xMm > toXMm) || (side === 'mains' && pad.xMm < fromXMm);
    if (inside || wrong) findings.push(found(`${pad.ref}.${pad.pin}`, 'is on the wrong side of the barrier'));
  }
  return findings;
}

/** Bodies lie on the board and not on each other. */
function bodies(schematic: Schematic): readonly Finding[] {
  const boxes = schematic.components.map((component) => ({
    ref: component.ref,
    ...box(schematic, component),
  }));
  const { widthMm, heightMm } = schematic.outline;
  return boxes.flatMap((a, i) => {
    const off = a.x < 0 || a.y < 0 || a.x + a.w > widthMm || a.y + a.h > heightMm;
    const hits = boxes
      .slice(i + 1)
      .filter((b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h);
    return [
      ...(off ? [found(a.ref, 'reaches over the edge of the board')] : []),
      ...hits.map((b) => found(a.ref, `lies on ${b.ref}`)),
    ];
  });
}

/** The body of a component on the board: x, y of its upper left corner, width and height, millimetres. */
export function box(
  schematic: Schematic,
  component: Component,
): { readonly x: number; readonly y: number; readonly w: number; readonly h: number } {
  const [x, y, w, h] = partOf(schematic, component).footprint.body;
  const a = placed(component, x, y);
  const b = placed(component, x + w, y + h);
  return {
    x: Math.min(a.xMm, b.xMm),
    y: Math.min(a.yMm, b.yMm),
    w: Math.abs(a.xMm - b.xMm),
    h: Math.abs(a.yMm - b.yMm),
  };
}
