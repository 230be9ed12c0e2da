/**
 * A number that travels under a name, as text: the unit at the end of the name (`minW`, `socPct`) decides how it is
 * written. Whatever is not a number is shown as it is.
 */
import type { Quantities } from './quantity.ts';

export interface Parameter {
  /** The name without its unit, to be looked up in the texts. */
  readonly label: string;
  readonly text: string;
}

export function parameter(name: string, value: unknown, quantities: Quantities): Parameter {
  if (typeof value !== 'number') return { label: name, text: plainText(value) };
  if (/[a-z]W$/.test(name)) return { label: name.slice(0, -1), text: quantities.limitKw(value) };
  if (/[a-z]Pct$/.test(name)) return { label: name.slice(0, -3), text: quantities.percent(value) };
  return { label: name, text: String(value) };
}

/** Lists side by side, objects as their values; anything deeper stays JSON. */
function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plainText).join(', ');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const values = Object.values(value);
  return values.every((part) => typeof part === 'string') ? values.join(' ') : JSON.stringify(value);
}
