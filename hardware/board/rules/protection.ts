/**
 * Does a fault stay small? A fuse before everything on the board that mains feeds, a varistor behind it, parts over
 * the contacts that may stand there, contacts and terminals stronger than what the board is sold for, and tracks
 * wide enough to carry it.
 */
import { between, type Finding, ofKind, pinsOn, type Schematic } from '../netlist.ts';
import { RATINGS } from '../ratings.ts';

const MAINS_V = 230;
/** Highest current a snubber may leak through an open contact: more keeps small loads alive. */
const MAX_LEAK_A = 0.002;

export function protection(schematic: Schematic): readonly Finding[] {
  const findings: Finding[] = [];
  const check = (ok: boolean, where: string, what: string) => {
    if (!ok) findings.push({ rule: 'protection', where, what });
  };
  for (const { component } of ofKind(schematic, 'supply')) {
    const live = component.nets.L ?? '';
    const neutral = component.nets.N ?? '';
    const fuses = ofKind(schematic, 'fuse').filter(({ component: f }) =>
      Object.values(f.nets).includes(live),
    );
    check(fuses.length === 1, component.ref, 'is not behind a fuse');
    check(
      fuses.every(({ data }) => data.ratedA <= 1 && data.ratedV >= 250),
      component.ref,
      'fuse is too weak',
    );
    const terminals = pinsOn(schematic, live).filter(({ component: c }) => c.part === 'terminal');
    check(terminals.length === 0, component.ref, 'is reached by a terminal around its fuse');
    const varistors = between(schematic, 'varistor', live, neutral);
    check(
      varistors.some(({ data }) => data.ratedV >= 275),
      component.ref,
      'has no varistor behind the fuse',
    );
  }
  for (const { component, data } of ofKind(schematic, 'relay')) {
    check(data.contactA >= 1.25 * RATINGS.own.maxResistiveA, component.ref, 'contact is not derated to 80 %');
    findings.push(...snubber(schematic, component.nets.COM ?? '', component.nets.NO ?? ''));
    for (const net of [component.nets.COM, component.nets.NO, component.nets.NC]) {
      const out = pinsOn(schematic, net ?? '').some(({ component: c }) => c.part === 'terminal');
      check(out, `${net}`, 'leads to no terminal');
    }
  }
  for (const { component, data } of ofKind(schematic, 'terminal')) {
    check(data.ratedA >= 1.25 * RATINGS.own.maxResistiveA, component.ref, 'terminal is too weak');
    check(data.ratedV >= 300, component.ref, 'terminal is not made for mains');
  }
  return findings;
}

function snubber(schematic: Schematic, com: string, no: string): readonly Finding[] {
  const found = (where: string, what: string): Finding => ({ rule: 'protection', where, what });
  const caps = ofKind(schematic, 'capacitor').filter(({ component: c }) =>
    Object.values(c.nets).some((net) => net === com || net === no),
  );
  const [cap] = caps;
  if (!cap || caps.length > 1) return [found(com, 'contact has no snubber')];
  const middle = Object.values(cap.component.nets).find((net) => net !== com && net !== no) ?? '';
  const other = Object.values(cap.component.nets).includes(com) ? no : com;
  const resistor = between(schematic, 'resistor', middle, other)[0];
  if (!resistor) return [found(cap.component.ref, 'snubber has no resistor in series')];
  const findings: Finding[] = [];
  if (cap.data.safety !== 'X2' || cap.data.ratedV < 275)
    findings.push(found(cap.component.ref, 'is no X2 capacitor of at least 275 VAC'));
  const leakA = 2 * Math.PI * 50 * cap.data.farad * MAINS_V;
  if (leakA > MAX_LEAK_A) findings.push(found(cap.component.ref, `leaks ${(leakA * 1000).toFixed(1)} mA`));
  const surgeA = (MAINS_V * Math.SQRT2) / resistor.data.ohm;
  if (surgeA > 5)
    findings.push(found(resistor.component.ref, `lets ${surgeA.toFixed(1)} A through at closing`));
  return findings;
}

/**
 * Least width of an outer copper track for `currentA` at a rise of `riseK`, millimetres. [IPC-2221, 6.2]
 * @param thicknessUm copper: 35 or 70 um
 */
export function trackWidthMm(currentA: number, thicknessUm: number, riseK = 20): number {
  const areaMil2 = (currentA / (0.048 * riseK ** 0.44)) ** (1 / 0.725);
  const thicknessMil = thicknessUm / 25.4;
  return (areaMil2 / thicknessMil) * 0.0254;
}
