/**
 * A state of charge that stands still while energy leaves the battery is frozen, and a fault like any other.
 *
 * Standing still alone proves nothing: a battery at rest keeps its charge for days. But what has been discharged
 * must show. Charging only pays back what was counted: at the top of the curve a battery may take energy for hours
 * without its reading moving, and nothing is endangered by it. A reading that moves is believed again at once.
 */
import type { Cycle } from './cycle.ts';
import { missing } from './signal.ts';

const HOUR_MS = 3_600_000;

/** Replaces the charge of each battery by a fault where it is not to be believed. */
export function observeCharge(cycle: Cycle): void {
  const limitPct = cycle.settings.signals.stillSocPct;
  if (limitPct === 0) return;
  for (const battery of cycle.batteries) {
    const { state, settings, reading } = battery;
    const { socPct, powerW } = reading;
    if (socPct.quality !== 'good') continue;
    if (socPct.value !== state.seenSocPct) {
      state.seenSocPct = socPct.value;
      state.sinceSocMovedWh = 0;
      continue;
    }
    const movedWh = powerW.quality === 'good' ? (powerW.value * cycle.dtMs) / HOUR_MS : 0;
    state.sinceSocMovedWh = Math.max(0, state.sinceSocMovedWh + movedWh);
    if (state.sinceSocMovedWh * 100 <= limitPct * settings.capacityWh) continue;
    battery.reading = { ...reading, socPct: missing('fault', socPct.atMs) };
  }
}
