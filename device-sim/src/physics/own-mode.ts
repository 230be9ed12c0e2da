/**
 * What an inverter does with its battery while nobody commands it: its work mode, its charge windows and its reserve,
 * as the menus of real ones have them. Watts at the battery, + discharging; minutes of the local day.
 */
import { OWN_WINDOW, type StorageWindow } from './inverter.ts';
import { type DailyHours, isWithin } from './schedule.ts';

export type WorkMode = 'self-use' | 'backup' | 'feed-in-first';

export interface ChargeWindow extends DailyHours {
  readonly powerW: number;
  /** The grid charges the battery to here. */
  readonly toSocPct: number;
}

export interface OwnMode {
  readonly workMode: WorkMode;
  readonly chargeWindows: readonly ChargeWindow[];
  /** It discharges no further by itself. */
  readonly reservePct: number;
}

export interface OwnMoment {
  readonly minuteOfDay: number;
  readonly weekday: number;
  readonly socPct: number;
}

/** The window that the inverter leaves its own battery at this moment. */
export function ownWindow(mode: OwnMode, { minuteOfDay, weekday, socPct }: OwnMoment): StorageWindow {
  for (const window of mode.chargeWindows) {
    if (!isWithin(window, minuteOfDay, weekday)) continue;
    if (socPct < window.toSocPct)
      return { minPowerW: -window.powerW, maxPowerW: -window.powerW, gridCharge: true };
    return { ...OWN_WINDOW, maxPowerW: 0 };
  }
  if (mode.workMode === 'backup') return { ...OWN_WINDOW, maxPowerW: 0 };
  const maxPowerW = socPct <= mode.reservePct ? 0 : OWN_WINDOW.maxPowerW;
  // Sells the sun first: the battery only gives.
  return {
    ...OWN_WINDOW,
    maxPowerW,
    minPowerW: mode.workMode === 'feed-in-first' ? 0 : OWN_WINDOW.minPowerW,
  };
}
