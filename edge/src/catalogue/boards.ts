/** Relay boards that the box drives; `protocol` in the site settings is an `id` of these. */
import type { BoardFamily } from './board-family.ts';
import { esphome } from './boards/esphome.ts';
import { shelly } from './boards/shelly.ts';
import { tasmota } from './boards/tasmota.ts';
import { wattward } from './boards/wattward.ts';

const FAMILIES = [wattward, tasmota, shelly, esphome] as const satisfies readonly BoardFamily[];

export type Protocol = (typeof FAMILIES)[number]['id'];
export const BOARDS: readonly (BoardFamily & { readonly id: Protocol })[] = FAMILIES;
export const PROTOCOLS: readonly Protocol[] = BOARDS.map(({ id }) => id);

export function boardFamily(id: Protocol): BoardFamily;
export function boardFamily(id: string): BoardFamily | undefined;
export function boardFamily(id: string): BoardFamily | undefined {
  return BOARDS.find((family) => family.id === id);
}
