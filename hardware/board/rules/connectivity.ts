/**
 * Is everything connected that must be, and nothing that must not? Nets and pins exist, no pin floats that needs a
 * level, no net ends nowhere, two sources never meet, and no component short-circuits itself.
 */
import { type Finding, partOf, pinsOn, type Schematic } from '../netlist.ts';

export function connectivity(schematic: Schematic): readonly Finding[] {
  return [
    ...duplicates(schematic),
    ...schematic.components.flatMap((c) => pinFindings(schematic, c)),
    ...netFindings(schematic),
  ];
}

function found(where: string, what: string): Finding {
  return { rule: 'connectivity', where, what };
}

function duplicates({ components }: Schematic): readonly Finding[] {
  const seen = new Set<string>();
  return components.flatMap(({ ref }) => {
    if (seen.has(ref)) return [found(ref, 'reference is used twice')];
    seen.add(ref);
    return [];
  });
}

function pinFindings(schematic: Schematic, component: Schematic['components'][number]): readonly Finding[] {
  const { pins, footprint } = partOf(schematic, component);
  const findings: Finding[] = [];
  for (const [pin, role] of Object.entries(pins)) {
    const net = component.nets[pin];
    const where = `${component.ref}.${pin}`;
    if (!footprint.pads[pin]?.length) findings.push(found(where, 'has no pad'));
    if (net === undefined) findings.push(found(where, 'is neither connected nor left open on purpose'));
    else if (net === null && role !== 'optional' && role !== 'never') findings.push(found(where, 'floats'));
    else if (net !== null && role === 'never') findings.push(found(where, 'must stay open'));
    else if (net !== null && !schematic.nets[net]) findings.push(found(where, `unknown net "${net}"`));
  }
  for (const pin of Object.keys(component.nets)) {
    if (!pins[pin]) findings.push(found(`${component.ref}.${pin}`, 'the part has no such pin'));
  }
  const on = Object.values(component.nets).filter((net) => net !== null);
  if (on.length > 1 && new Set(on).size === 1)
    findings.push(found(component.ref, 'all its pins are on one net'));
  return findings;
}

function netFindings(schematic: Schematic): readonly Finding[] {
  return Object.entries(schematic.nets).flatMap(([name, net]) => {
    const pins = pinsOn(schematic, name);
    const roles = pins.map(({ component, pin }) => partOf(schematic, component).pins[pin]);
    const count = (role: string) => roles.filter((r) => r === role).length;
    const findings: Finding[] = [];
    if (pins.length < 2) findings.push(found(name, `ends nowhere: ${pins.length} pin`));
    if (count('output') > 1) findings.push(found(name, 'two outputs drive it'));
    if (count('power-out') > 1 && net.railV !== 0) findings.push(found(name, 'two supplies feed it'));
    if (count('output') > 0 && net.railV !== undefined) findings.push(found(name, 'an output drives a rail'));
    const fed = count('power-out') > 0 || net.class === 'mains';
    if (count('power-in') > 0 && !fed) findings.push(found(name, 'nothing feeds it'));
    return findings;
  });
}
