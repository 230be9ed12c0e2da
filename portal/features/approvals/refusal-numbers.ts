/** The box names bounds without their unit; the kind of the set-point tells it. */
import type { Proposal } from '../../contract/api.ts';

const UNITS: Readonly<Record<Proposal['kind'], string>> = { 'peak-threshold': 'W', 'battery-reserve': 'Pct' };
const BARE = new Set(['value', 'min', 'max']);

export function withUnits(
  kind: Proposal['kind'],
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [BARE.has(name) ? `${name}${UNITS[kind]}` : name, value]),
  );
}
