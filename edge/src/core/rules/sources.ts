/**
 * Rule 11, sources: solar first, then the battery (rule 7 permitting), then the grid.
 *
 * A battery that no earlier rule gave a mode supplies the home itself: it takes what the sun leaves over and gives
 * what the home still needs. Surplus goes to the battery first, then to deferrable loads (rule 12), then to the
 * grid as far as the export limit of rule 4 allows.
 */
import { chooseSelfConsume } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { ManagedBattery } from '../managed.ts';
import type { Rule } from '../rule.ts';

/** Below this a flow is not worth naming, watts. */
const NOTICEABLE_W = 50;

export const sources: Rule = { name: 'sources', apply };

function apply(cycle: Cycle): void {
  for (const battery of cycle.batteries) chooseSelfConsume(cycle, battery, sourceReason(battery));
}

function sourceReason(battery: ManagedBattery): Reason {
  const power = battery.reading.powerW;
  if (power.quality !== 'good') return BALANCE;
  if (power.value > NOTICEABLE_W) {
    return { rule: 'sources', code: 'sources-battery', params: { powerW: power.value } };
  }
  if (power.value < -NOTICEABLE_W) {
    return { rule: 'sources', code: 'sources-charging', params: { powerW: -power.value } };
  }
  return BALANCE;
}

const BALANCE: Reason = { rule: 'sources', code: 'sources-balance', params: {} };
