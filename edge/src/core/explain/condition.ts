/** Builds the conditions of an explanation. */
import type { Condition } from '@wattward/broker/wire/explanation';
import type { Cycle } from '../cycle.ts';
import type { Reason, RuleName } from '../decision.ts';

/** All conditions of one way: every one of them must hold. */
export type Way = Condition[];

type Need = Omit<Condition, 'rule' | 'forMs' | 'params'> &
  Partial<Pick<Condition, 'forMs' | 'params'>> & { readonly rule: RuleName };

export function need(wanted: Need): Condition {
  return { forMs: 0, params: {}, ...wanted };
}

/** Nothing but time is missing; no condition at all when none is. */
export function wait(rule: RuleName, leftMs: number): Condition[] {
  if (leftMs <= 0) return [];
  return [need({ rule, signal: 'waitMs', comparison: 'at-most', present: leftMs, needed: 0 })];
}

/** How long the order behind a reason still holds, ms. */
export function orderLeftMs(reason: Reason): number {
  return Number(reason.params.leftS) * 1000;
}

/** How long the slot of the plan that is in force still lasts, ms. */
export function slotLeftMs(cycle: Cycle): number {
  return cycle.planSlot === null ? 0 : cycle.planSlot.endMs - cycle.snapshot.time.wallMs;
}

/** What rule 1 asks for before anything is switched on, or a battery is used again. */
export function trustNeeds(cycle: Cycle): Condition[] {
  const { trust } = cycle.state;
  const limits = cycle.settings.trust;
  if (cycle.outage || trust.level === 'trusted') return [];
  const { quality } = cycle.snapshot.grid.powerW;
  const starting = trust.level === 'starting';
  const out: Condition[] = [];
  const rule = 'trust';
  if (quality !== 'good') {
    out.push(
      need({ rule, signal: 'gridPowerQuality', comparison: 'equals', present: quality, needed: 'good' }),
    );
  }
  out.push(
    need({
      rule,
      signal: 'goodSamples',
      comparison: 'at-least',
      present: trust.goodCount,
      needed: starting ? Math.min(limits.startingSamples, limits.goodSamples) : limits.goodSamples,
    }),
  );
  const goodForMs = trust.goodCount === 0 ? 0 : cycle.nowMs - trust.goodSinceMs;
  return starting ? out : [...out, ...wait(rule, limits.goodMs - goodForMs)];
}
