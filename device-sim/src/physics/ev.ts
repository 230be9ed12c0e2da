/**
 * An electric car at a charger with an enable contact: it comes home, wants to be full by departure, and takes what
 * the charger gives while the contact is closed. On the road it uses its daily need.
 */
import type { LoadMoment, LoadStep } from './load.ts';

export interface Ev {
  readonly chargeW: number;
  readonly standbyW: number;
  readonly batteryWh: number;
  readonly efficiencyPct: number;
  /** Local time; a car that never leaves has both equal. */
  readonly arrivalMinute: number;
  readonly departureMinute: number;
  readonly needWhPerDay: number;
  /** Days it goes out, 0 is Sunday. */
  readonly drivingDays: readonly number[];
}

export interface EvState {
  readonly storedJ: number;
  readonly plugged: boolean;
}

export function stepEv(ev: Ev, state: EvState, moment: LoadMoment): LoadStep<EvState> {
  const plugged = isHome(ev, moment);
  // The whole day's drive is taken from the battery at the moment it comes back.
  const back = plugged && !state.plugged;
  const usedJ = back ? Math.min(state.storedJ, ev.needWhPerDay * 3600) : 0;
  const roomJ = ev.batteryWh * 3600 - (state.storedJ - usedJ);
  const charges = plugged && moment.energised && roomJ > 0;
  const eta = ev.efficiencyPct / 100;
  const chargeJ = charges ? Math.min(ev.chargeW * moment.dtS, roomJ / eta) : 0;
  const standbyJ = moment.energised ? ev.standbyW * moment.dtS : 0;
  const storedJ = chargeJ * eta - usedJ;
  return {
    state: { storedJ: state.storedJ + storedJ, plugged },
    drawnJ: chargeJ + standbyJ,
    storedJ,
    heatJ: chargeJ * (1 - eta) + standbyJ,
    usedJ,
  };
}

function isHome(ev: Ev, moment: LoadMoment): boolean {
  if (ev.arrivalMinute === ev.departureMinute || !ev.drivingDays.includes(moment.weekday)) return true;
  const away =
    ev.departureMinute < ev.arrivalMinute
      ? moment.minuteOfDay >= ev.departureMinute && moment.minuteOfDay < ev.arrivalMinute
      : moment.minuteOfDay >= ev.departureMinute || moment.minuteOfDay < ev.arrivalMinute;
  return !away;
}
