import type { Settings } from '../core/settings.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** State of charge of all batteries together, weighed by capacity; null while one is unknown or there is none. */
export function meanSocPct(core: Settings, snapshot: Snapshot): number | null {
  let weighed = 0;
  let capacityWh = 0;
  for (const [i, battery] of core.batteries.entries()) {
    const soc = snapshot.batteries[i]?.socPct.value ?? null;
    if (soc === null) return null;
    weighed += soc * battery.capacityWh;
    capacityWh += battery.capacityWh;
  }
  return capacityWh === 0 ? null : weighed / capacityWh;
}
