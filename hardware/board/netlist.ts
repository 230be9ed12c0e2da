/**
 * What a schematic is here: parts with named pins, and for each pin the net it hangs on. Everything else (rules,
 * drawings, bill of materials) is computed from that. Lengths are millimetres, x to the right, y downwards.
 */

/** `mains`: may carry 230/400 V against earth. `selv`: safe to touch, at most 5 V. */
export type NetClass = 'mains' | 'selv';

export interface Net {
  readonly class: NetClass;
  /** Nets of different circuits may hang on different phases. */
  readonly circuit?: string;
  /** Nominal volts against GND of a supply rail. */
  readonly railV?: number;
}

/** What the pin asks of its net. */
export type PinRole = 'passive' | 'power-in' | 'power-out' | 'input' | 'output' | 'optional' | 'never';

export interface Pad {
  readonly xMm: number;
  readonly yMm: number;
  readonly diameterMm: number;
}

export interface Footprint {
  /** Body as x, y, width, height around the pads, before rotation. */
  readonly body: readonly [number, number, number, number];
  /** Pads by pin; a pin may have several. */
  readonly pads: Readonly<Record<string, readonly Pad[]>>;
}

export type Electrical =
  | { readonly kind: 'resistor'; readonly ohm: number; readonly ratedW: number }
  | { readonly kind: 'capacitor'; readonly farad: number; readonly ratedV: number; readonly safety?: 'X2' }
  | { readonly kind: 'diode'; readonly ratedA: number; readonly reverseV: number }
  | { readonly kind: 'led'; readonly forwardV: number }
  | {
      readonly kind: 'npn';
      readonly minGain: number;
      readonly ratedA: number;
      readonly satV: number;
      readonly ratedV: number;
    }
  | { readonly kind: 'pmos'; readonly onOhm: number; readonly ratedA: number; readonly thresholdV: number }
  | {
      readonly kind: 'relay';
      readonly coilV: number;
      readonly coilOhm: number;
      readonly coilTolerance: number;
      readonly operateV: number;
      readonly contactA: number;
      readonly insulationMm: number;
    }
  | {
      readonly kind: 'supply';
      readonly outV: number;
      readonly outTolerance: number;
      readonly maxA: number;
      readonly insulationMm: number;
    }
  | { readonly kind: 'regulator'; readonly outV: number; readonly maxA: number; readonly dropoutV: number }
  | { readonly kind: 'fuse'; readonly ratedA: number; readonly ratedV: number }
  | { readonly kind: 'varistor'; readonly ratedV: number }
  | { readonly kind: 'module'; readonly peakA: number; readonly averageA: number; readonly gpioMaxA: number }
  | { readonly kind: 'terminal'; readonly ratedA: number; readonly ratedV: number }
  | { readonly kind: 'header' }
  | { readonly kind: 'button' };

export interface Part {
  readonly description: string;
  readonly manufacturer: string;
  readonly mpn: string;
  readonly value: string;
  readonly pins: Readonly<Record<string, PinRole>>;
  readonly footprint: Footprint;
  readonly electrical: Electrical;
}

export interface Component {
  readonly ref: string;
  readonly part: string;
  /** Net of each pin; null: left open on purpose. */
  readonly nets: Readonly<Record<string, string | null>>;
  /** Position of the footprint's origin, and its rotation clockwise. */
  readonly at: { readonly xMm: number; readonly yMm: number; readonly turn: 0 | 90 | 180 | 270 };
}

export interface Schematic {
  readonly parts: Readonly<Record<string, Part>>;
  readonly nets: Readonly<Record<string, Net>>;
  readonly components: readonly Component[];
  readonly outline: { readonly widthMm: number; readonly heightMm: number };
  /** Band without any copper between low voltage (left) and mains (right). */
  readonly barrier: { readonly fromXMm: number; readonly toXMm: number };
}

/** A breach of a rule: which part, pin or net, and what is wrong with it. */
export interface Finding {
  readonly rule: string;
  readonly where: string;
  readonly what: string;
}

export interface PinOnNet {
  readonly component: Component;
  readonly pin: string;
}

export function partOf(schematic: Schematic, component: Component): Part {
  const part = schematic.parts[component.part];
  if (!part) throw new RangeError(`${component.ref} is of unknown part "${component.part}"`);
  return part;
}

export function pinsOn(schematic: Schematic, net: string): readonly PinOnNet[] {
  return schematic.components.flatMap((component) =>
    Object.entries(component.nets).flatMap(([pin, on]) => (on === net ? [{ component, pin }] : [])),
  );
}

export type OfKind<K extends Electrical['kind']> = Extract<Electrical, { kind: K }>;

/** All components whose part is of `kind`, with its electrical data. */
export function ofKind<K extends Electrical['kind']>(
  schematic: Schematic,
  kind: K,
): readonly { readonly component: Component; readonly data: OfKind<K> }[] {
  return schematic.components.flatMap((component) => {
    const { electrical } = partOf(schematic, component);
    return isKind(electrical, kind) ? [{ component, data: electrical }] : [];
  });
}

function isKind<K extends Electrical['kind']>(electrical: Electrical, kind: K): electrical is OfKind<K> {
  return electrical.kind === kind;
}

/** Components of `kind` with one pin on net `a` and another on net `b`. */
export function between<K extends Electrical['kind']>(
  schematic: Schematic,
  kind: K,
  a: string,
  b: string,
): readonly { readonly component: Component; readonly data: OfKind<K> }[] {
  return ofKind(schematic, kind).filter(({ component }) => {
    const on = Object.values(component.nets);
    return on.includes(a) && on.includes(b);
  });
}
