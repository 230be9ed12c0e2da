import type { Proposal } from '../../contract/api.ts';
import type { Quantities } from '../format/quantity.ts';

/** `7.0 kW` or `20 %`. */
export function valueText(value: Proposal['value'], quantities: Quantities): string {
  return 'watts' in value ? quantities.limitKw(value.watts) : quantities.percent(value.pct);
}
