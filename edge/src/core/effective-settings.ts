/**
 * Approved set-points folded into the installer's settings, before any rule runs.
 *
 * A set-point moves a number within the installer's bounds and never widens them. It acts while it is valid; of
 * several of one kind the one with the highest sequence number counts.
 */
import type { NumberBound, Settings } from './settings.ts';

interface ActiveBase {
  readonly id: string;
  readonly seq: number;
  /** Valid in `[fromMs, untilMs)`, on the time the caller hands in. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A verified set-point of one of the kinds that change a setting. */
export type ActiveSetpoint = ActiveBase &
  (
    | { readonly kind: 'peak-threshold'; readonly watts: number }
    | { readonly kind: 'battery-reserve'; readonly pct: number }
    | { readonly kind: 'hysteresis-bounds'; readonly onPct: number; readonly offPct: number }
    | { readonly kind: 'import-limit'; readonly watts: number }
    | { readonly kind: 'export-limit'; readonly watts: number }
  );

/** Settings as they are in force at `nowMs`. Returns `settings` itself when no set-point acts. */
export function effectiveSettings(
  settings: Settings,
  setpoints: readonly ActiveSetpoint[],
  nowMs: number,
): Settings {
  const acting = setpoints
    .filter((setpoint) => nowMs >= setpoint.fromMs && nowMs < setpoint.untilMs)
    .sort((a, b) => a.seq - b.seq);
  return acting.reduce(fold, settings);
}

/** When the result of `effectiveSettings` changes next by itself; null when it never does. */
export function nextSetpointChangeMs(setpoints: readonly ActiveSetpoint[], nowMs: number): number | null {
  let nextMs: number | null = null;
  for (const { fromMs, untilMs } of setpoints) {
    for (const atMs of [fromMs, untilMs]) {
      if (atMs > nowMs && (nextMs === null || atMs < nextMs)) nextMs = atMs;
    }
  }
  return nextMs;
}

function fold(settings: Settings, setpoint: ActiveSetpoint): Settings {
  const { bounds, grid } = settings;
  switch (setpoint.kind) {
    case 'peak-threshold': {
      const thresholdW = clamped(setpoint.watts, bounds.peakThresholdW);
      return { ...settings, peak: { ...settings.peak, thresholdW } };
    }
    case 'battery-reserve': {
      const reservePct = clamped(setpoint.pct, bounds.batteryReservePct);
      const batteries = settings.batteries.map((battery) => ({
        ...battery,
        reservePct: Math.min(reservePct, battery.ceilingPct),
      }));
      return { ...settings, batteries };
    }
    case 'hysteresis-bounds': {
      const dischargeOffPct = clamped(setpoint.offPct, bounds.dischargeOffPct);
      const dischargeOnPct = Math.max(clamped(setpoint.onPct, bounds.dischargeOnPct), dischargeOffPct);
      return {
        ...settings,
        batteries: settings.batteries.map((b) => ({ ...b, dischargeOnPct, dischargeOffPct })),
      };
    }
    case 'import-limit': {
      const importLimitW = tighter(grid.importLimitW, clamped(setpoint.watts, bounds.importLimitW));
      return { ...settings, grid: { ...grid, importLimitW } };
    }
    case 'export-limit': {
      const exportLimitW = tighter(grid.exportLimitW, clamped(setpoint.watts, bounds.exportLimitW));
      return { ...settings, grid: { ...grid, exportLimitW } };
    }
  }
}

function clamped(value: number, bound: NumberBound): number {
  return Math.min(bound.max, Math.max(bound.min, value));
}

/** An installed limit is a bound too: from afar it can only be made tighter. */
function tighter(installedW: number | null, wantedW: number): number {
  return installedW === null ? wantedW : Math.min(installedW, wantedW);
}
