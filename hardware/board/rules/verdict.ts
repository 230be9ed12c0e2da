/** All rules of the board over one schematic. */
import type { Finding, Schematic } from '../netlist.ts';
import { connectivity } from './connectivity.ts';
import { drive } from './drive.ts';
import { insulation } from './insulation.ts';
import { protection } from './protection.ts';
import { strapping } from './strapping.ts';
import { supplyRule } from './supply.ts';

export function verdict(schematic: Schematic): readonly Finding[] {
  return [connectivity, strapping, supplyRule, drive, insulation, protection].flatMap((rule) =>
    rule(schematic),
  );
}
