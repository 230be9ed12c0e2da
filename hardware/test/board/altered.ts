/** The schematic with one thing done wrong, to see that a rule finds it. */
import type { Component, Electrical, Schematic } from '../../board/netlist.ts';
import { partOf } from '../../board/netlist.ts';
import { SCHEMATIC } from '../../board/schematic.ts';

export function withComponent(ref: string, change: (c: Component) => Component): Schematic {
  return { ...SCHEMATIC, components: SCHEMATIC.components.map((c) => (c.ref === ref ? change(c) : c)) };
}

export function withNet(ref: string, pin: string, net: string | null): Schematic {
  return withComponent(ref, (c) => ({ ...c, nets: { ...c.nets, [pin]: net } }));
}

export function without(ref: string): Schematic {
  return { ...SCHEMATIC, components: SCHEMATIC.components.filter((c) => c.ref !== ref) };
}

export function moved(ref: string, xMm: number, yMm: number): Schematic {
  return withComponent(ref, (c) => ({ ...c, at: { ...c.at, xMm, yMm } }));
}

/** The part of `ref` with other electrical figures, for this one component. */
export function withData<T extends Electrical>(ref: string, change: Partial<T>): Schematic {
  const component = SCHEMATIC.components.find((c) => c.ref === ref);
  if (!component) throw new RangeError(ref);
  const part = partOf(SCHEMATIC, component);
  const electrical = { ...part.electrical, ...change } as Electrical;
  const altered = withComponent(ref, (c) => ({ ...c, part: 'altered' }));
  return { ...altered, parts: { ...SCHEMATIC.parts, altered: { ...part, electrical } } };
}
