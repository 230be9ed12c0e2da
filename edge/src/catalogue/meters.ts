/** Meters that the box reads over Modbus; `profile` in the site settings is an `id` of these. */
import type { MeterFamily } from './meter-family.ts';
import { eastronSdm630 } from './meters/sdm630.ts';

export const METERS: readonly MeterFamily[] = [eastronSdm630];

export function meterFamily(id: string): MeterFamily | undefined {
  return METERS.find((family) => family.id === id);
}
