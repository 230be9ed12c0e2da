/**
 * Is there enough current and voltage at the worst moment: all four coils pulled in, their windings at the low end
 * of their tolerance, every LED lit, and the radio in its highest burst? Amperes, volts, watts.
 */
import { type Finding, ofKind, type Schematic } from '../netlist.ts';

/** Share of a supply's rating that may be used in the worst case. */
const FILL = 0.85;
/** Copper winding warmed by use and by the cellar: resistance and pull-in voltage rise by 0.393 % per kelvin. */
const WARM_COIL_K = 85 - 23;
const COPPER_PER_K = 0.003_93;
const SOT223_K_PER_W = 110;

export interface SupplyBudget {
  readonly coilsA: number;
  readonly radioA: number;
  readonly lampsA: number;
  readonly controlA: number;
  readonly rail5A: number;
  readonly rail3V3A: number;
  readonly supplyMaxA: number;
  readonly regulatorMaxA: number;
  /** Lowest voltage at a coil, and what a warm one needs to pull in. */
  readonly coilMinV: number;
  readonly coilNeedsV: number;
  /** Least input voltage over output that the regulator sees, and what it needs. */
  readonly headroomV: number;
  readonly dropoutV: number;
  /** Warming of the regulator above its surroundings, kelvin. */
  readonly regulatorRiseK: number;
}

export function supplyBudget(schematic: Schematic): SupplyBudget {
  const relays = ofKind(schematic, 'relay');
  const supply = one(ofKind(schematic, 'supply'), 'supply');
  const regulator = one(ofKind(schematic, 'regulator'), 'regulator');
  const radio = one(ofKind(schematic, 'module'), 'module');
  const coilSwitch = one(ofKind(schematic, 'pmos'), 'pmos');
  const coilsA = sum(relays.map(({ data }) => data.coilV / (data.coilOhm * (1 - data.coilTolerance))));
  const lampsA = sum(ofKind(schematic, 'led').map(({ data }) => (5 - data.forwardV) / 1000));
  // Base currents, gate and strap resistors: all resistors on the low-voltage side at full rail, at the most.
  const controlA = sum(
    ofKind(schematic, 'resistor')
      .filter(({ component }) => Object.values(component.nets).every((n) => isSelv(schematic, n)))
      .map(({ data }) => 3.3 / data.ohm),
  );
  const rail3V3A = radio.peakA + controlA;
  const minV = supply.outV * (1 - supply.outTolerance);
  const satV = Math.max(...ofKind(schematic, 'npn').map(({ data }) => data.satV));
  return {
    coilsA,
    radioA: radio.peakA,
    lampsA,
    controlA,
    rail5A: coilsA + lampsA + rail3V3A,
    rail3V3A,
    supplyMaxA: supply.maxA,
    regulatorMaxA: regulator.maxA,
    coilMinV: minV - coilsA * coilSwitch.onOhm - satV,
    coilNeedsV: Math.max(...relays.map(({ data }) => data.operateV)) * (1 + WARM_COIL_K * COPPER_PER_K),
    headroomV: minV - regulator.outV,
    dropoutV: regulator.dropoutV,
    regulatorRiseK: (supply.outV - regulator.outV) * (radio.averageA + controlA) * SOT223_K_PER_W,
  };
}

export function supplyRule(schematic: Schematic): readonly Finding[] {
  const b = supplyBudget(schematic);
  const findings: Finding[] = [];
  const check = (ok: boolean, where: string, what: string) => {
    if (!ok) findings.push({ rule: 'supply', where, what });
  };
  const mA = (amps: number) => `${Math.round(amps * 1000)} mA`;
  check(b.rail5A <= FILL * b.supplyMaxA, 'V5', `needs ${mA(b.rail5A)} of ${mA(b.supplyMaxA)}`);
  check(b.rail3V3A <= FILL * b.regulatorMaxA, 'V3V3', `needs ${mA(b.rail3V3A)} of ${mA(b.regulatorMaxA)}`);
  check(
    b.headroomV >= b.dropoutV,
    'V3V3',
    `regulator has ${b.headroomV} V of headroom, needs ${b.dropoutV} V`,
  );
  check(b.coilMinV >= b.coilNeedsV, 'V5_COIL', `warm coil gets ${b.coilMinV} V, needs ${b.coilNeedsV} V`);
  check(b.regulatorRiseK <= 40, 'U2', `warms by ${Math.round(b.regulatorRiseK)} K`);
  for (const rail of ['V5', 'V3V3']) {
    const farad = sum(
      ofKind(schematic, 'capacitor')
        .filter(({ component: { nets } }) => nets['+'] === rail && nets['-'] === 'GND')
        .map(({ data }) => data.farad),
    );
    // A burst of 1 ms at the peak current must not pull the rail down by more than 1 V without the source.
    const droopV = farad > 0 ? (b.radioA * 1e-3) / farad : Number.POSITIVE_INFINITY;
    check(droopV <= 1, rail, `droops by ${droopV.toFixed(1)} V in a burst of 1 ms`);
  }
  return findings;
}

function isSelv(schematic: Schematic, net: string | null): boolean {
  return net === null || schematic.nets[net]?.class === 'selv';
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function one<T>(found: readonly { readonly data: T }[], what: string): T {
  const [first] = found;
  if (!first || found.length > 1) throw new RangeError(`${found.length} parts of kind ${what}, 1 expected`);
  return first.data;
}
