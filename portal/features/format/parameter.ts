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
  if (typeof value !== 'number')
    return { label: name, text: typeof value === 'string' ? value : JSON.stringify(value) };
  if (/[a-z]W$/.test(name)) return { label: name.slice(0, -1), text: quantities.limitKw(value) };
  if (/[a-z]Pct$/.test(name)) return { label: name.slice(0, -3), text: quantities.percent(value) };
  return { label: name, text: String(value) };
}
