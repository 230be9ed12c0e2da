/** One moment of a home with one load, as the box publishes it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SiteState } from '@wattward/broker/wire/site';
import { EXAMPLES } from '../../../broker/test/wire/examples.ts';

export interface Moment {
  readonly gridPowerW: number;
  readonly batterySocPct: number;
  readonly desired?: boolean;
}

export function stateOfMoment({ gridPowerW, batterySocPct, desired = false }: Moment): SiteState {
  const example = EXAMPLES.siteState;
  return {
    ...example,
    power: { ...example.power, gridPowerW },
    batterySocPct,
    loads: example.loads.slice(0, 1).map((load) => ({ ...load, desired })),
  };
}

export function homeSettingsText(): string {
  return readFileSync(path.resolve(import.meta.dirname, '../settings/home.site.yaml'), 'utf8');
}
