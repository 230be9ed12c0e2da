/** What each kind of set-point in force does: move a setting, order something of rule 8, or say who decides. */
import type { PlanPolicy } from '@wattward/broker/wire/setpoint';
import type { ActiveSetpoint } from '../core/effective-settings.ts';
import type { Order } from '../core/snapshot.ts';
import type { Held } from './book.ts';

/** Those that are folded into the settings. The desk has judged the time already; here it simply holds. */
export function foldedOf(held: Held): ActiveSetpoint[] {
  const { id, order } = held;
  const base = { id, seq: order, fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
  switch (held.kind) {
    case 'peak-threshold':
    case 'import-limit':
    case 'export-limit':
      return [{ ...base, kind: held.kind, watts: held.value.watts }];
    case 'battery-reserve':
      return [{ ...base, kind: held.kind, pct: held.value.pct }];
    case 'hysteresis-bounds':
      return [{ ...base, kind: held.kind, onPct: held.value.onPct, offPct: held.value.offPct }];
    case 'battery-mode':
    case 'load':
    case 'policy':
      return [];
  }
}

/** Orders of rule 8. The first that speaks counts there, so the newest stand first. */
export function ordersOf(held: readonly Held[]): Order[] {
  return [...held].sort((a, b) => b.order - a.order).flatMap(orderOf);
}

export function policyOf(held: readonly Held[]): PlanPolicy | null {
  const found = held.find((one) => one.kind === 'policy');
  return found ? found.value.policy : null;
}

function orderOf(held: Held): Order[] {
  const { id } = held;
  const fromMs = Date.parse(held.notBefore);
  const untilMs = Date.parse(held.expires);
  if (held.kind === 'battery-mode') return [{ id, fromMs, untilMs, ...held.value, kind: 'battery-mode' }];
  if (held.kind !== 'load') return [];
  const { load, on, windows } = held.value;
  const whole = { id, kind: 'load', load, on, fromMs, untilMs } as const;
  if (!windows) return [whole];
  return windows.map(({ from, until }) => ({
    ...whole,
    fromMs: Math.max(fromMs, Date.parse(from)),
    untilMs: Math.min(untilMs, Date.parse(until)),
  }));
}
