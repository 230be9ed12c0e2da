/** Which rules protect: what they take off is sent at once, before its state is committed. */
import type { Reason } from './decision.ts';

const PROTECTIVE: readonly string[] = ['trust', 'outage', 'fuse', 'operator-limit', 'peak-watch'];

export function isProtective(reason: Reason): boolean {
  return PROTECTIVE.includes(reason.rule);
}
