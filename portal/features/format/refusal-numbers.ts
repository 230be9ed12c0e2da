/**
 * The numbers of a refusal, named with their unit as everywhere else. The box names the unit beside them; one that
 * does not is read by the kind of the set-point.
 */
import { SETPOINT_VALUES, type SetpointKind, VALUE_UNITS } from '@wattward/broker/wire/setpoint';

const SUFFIX: Readonly<Record<string, string>> = { W: 'W', '%': 'Pct' };
const BARE = new Set(['value', 'min', 'max']);

/** The unit of the first number in a value of this kind; empty when it has none. */
export function unitOf(kind: SetpointKind): string {
  const [field] = Object.keys(SETPOINT_VALUES[kind].shape).filter((name) => name in VALUE_UNITS);
  return (field && VALUE_UNITS[field]) ?? '';
}

export function withUnits(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { unit, kind: _, field: __, ...rest } = params;
  const suffix = SUFFIX[String(unit)] ?? '';
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      BARE.has(name) && typeof value === 'number' ? `${name}${suffix}` : name,
      value,
    ]),
  );
}
