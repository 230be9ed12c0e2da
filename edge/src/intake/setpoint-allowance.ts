/** What may be changed from afar in this home, from the installer's bounds and what there is to be changed. */

import type { Allowance, AllowedNumber } from '@wattward/broker/wire/allowance';
import { PLAN_POLICIES, type PlanPolicy } from '@wattward/broker/wire/setpoint';
import type { NumberBound, Settings } from '../core/settings.ts';

/** @param planPolicy the installer's: `advise` leaves no choice, the others let a person say for how long which. */
export function allowanceOf(core: Settings, planPolicy: PlanPolicy): Allowance {
  const { bounds, grid, peak, batteries, loads } = core;
  const allowed = (bound: NumberBound, preset: number, unit: string): AllowedNumber => ({
    min: bound.min,
    max: bound.max,
    default: preset,
    unit,
  });
  const [first] = batteries;
  const commanded = batteries.filter(({ capability }) => capability !== 'observe');
  const maxW = Math.max(0, ...commanded.map((b) => Math.max(b.maxChargeW, b.maxDischargeW)));
  const modes = ['self-consume', 'hold', 'idle', 'discharge-grid'];
  if (commanded.some(({ gridChargeAllowed }) => gridChargeAllowed)) modes.push('charge-grid');
  return {
    numbers: {
      'peak-threshold': allowed(bounds.peakThresholdW, peak.thresholdW, 'W'),
      'import-limit': allowed(bounds.importLimitW, grid.importLimitW ?? bounds.importLimitW.max, 'W'),
      'export-limit': allowed(bounds.exportLimitW, grid.exportLimitW ?? bounds.exportLimitW.max, 'W'),
      ...(first && {
        'battery-reserve': allowed(bounds.batteryReservePct, first.reservePct, '%'),
        'hysteresis-bounds.onPct': allowed(bounds.dischargeOnPct, first.dischargeOnPct, '%'),
        'hysteresis-bounds.offPct': allowed(bounds.dischargeOffPct, first.dischargeOffPct, '%'),
      }),
      ...(commanded.length > 0 && {
        'battery-mode.limitW': { min: 0, max: maxW, default: maxW, unit: 'W' },
      }),
    },
    choices: {
      ...(commanded.length > 0 && {
        'battery-mode.battery': commanded.map(({ id }) => id),
        'battery-mode.mode': modes,
      }),
      ...(loads.length > 0 && { 'load.load': loads.map(({ id }) => id) }),
      'policy.policy': planPolicy === 'advise' ? ['advise'] : PLAN_POLICIES,
    },
  };
}
