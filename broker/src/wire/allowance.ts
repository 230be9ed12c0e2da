/**
 * What the installer allows from afar: numbers within bounds, names from lists; judged alike by box and portal. Keyed like the description of the
 * site tells it: by set-point kind where its value is one number, by `kind.field` where it is more. A kind of which
 * nothing is named here is not taken at all; nothing ever widens what stands here.
 */
import { type SetpointAck, type SetpointKind, type SetpointValue, VALUE_UNITS } from './setpoint.ts';

export interface AllowedNumber {
  readonly min: number;
  readonly max: number;
  /** What holds without a set-point. */
  readonly default: number;
  readonly unit: string;
}

export interface Allowance {
  readonly numbers: Readonly<Record<string, AllowedNumber>>;
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

export interface Breach {
  readonly why: 'unsupported-kind' | 'unknown-target' | 'out-of-bounds';
  readonly params: SetpointAck['params'];
}

/** The first thing in the value that is not allowed, with its numbers and their unit; null when all is. */
export function breachOf(
  { kind, value: given }: { readonly kind: SetpointKind; readonly value: SetpointValue },
  allowance: Allowance,
): Breach | null {
  if (!isOffered(kind, allowance)) return { why: 'unsupported-kind', params: { kind } };
  for (const [field, value] of Object.entries(given)) {
    const breach = typeof value === 'number' ? tooFar(kind, field, value, allowance) : null;
    const unknown = typeof value === 'string' ? notThere(kind, field, value, allowance) : null;
    if (breach ?? unknown) return breach ?? unknown;
  }
  return null;
}

function isOffered(kind: SetpointKind, { numbers, choices }: Allowance): boolean {
  return [...Object.keys(numbers), ...Object.keys(choices)].some(
    (key) => key === kind || key.startsWith(`${kind}.`),
  );
}

function tooFar(kind: SetpointKind, field: string, value: number, { numbers }: Allowance): Breach | null {
  const bound = numbers[kind] ?? numbers[`${kind}.${field}`];
  const unit = bound?.unit ?? VALUE_UNITS[field] ?? '';
  if (!bound) return { why: 'out-of-bounds', params: { kind, field, value, unit } };
  if (value >= bound.min && value <= bound.max) return null;
  return { why: 'out-of-bounds', params: { kind, field, value, min: bound.min, max: bound.max, unit } };
}

function notThere(kind: SetpointKind, field: string, value: string, { choices }: Allowance): Breach | null {
  const known = choices[`${kind}.${field}`];
  return known?.includes(value) ? null : { why: 'unknown-target', params: { kind, field, value } };
}
