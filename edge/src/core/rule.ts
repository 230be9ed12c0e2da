/** What a rule is: it may look at the world once per cycle, then take freedom from actuators, never give any. */
import type { Cycle } from './cycle.ts';
import type { RuleName } from './decision.ts';

export interface Rule {
  readonly name: RuleName;
  /** Brings the rule's own latches and means up to date. Runs for all rules before any of them acts. */
  observe?(cycle: Cycle): void;
  /** Takes freedom away, with a reason. Runs in the order of the list. */
  apply(cycle: Cycle): void;
}
