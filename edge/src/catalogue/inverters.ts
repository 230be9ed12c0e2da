/** Inverters that the box reads and commands over Modbus; `profile` in the site settings is an `id` of these. */
import type { InverterFamily } from './inverter-family.ts';
import { smaHybridFamily } from './inverters/sma-hybrid.ts';
import { sunspec } from './inverters/sunspec.ts';

export const INVERTERS: readonly InverterFamily[] = [sunspec, smaHybridFamily];

export function inverterFamily(id: string): InverterFamily | undefined {
  return INVERTERS.find((family) => family.id === id);
}
