/**
 * Four eyes are two people, not two accounts. Who invites people can make an account of his own to nod through what he
 * proposes; a look at who made which account tells, for as long as the account is young. An account that the proposer
 * made, directly or through another young one, does not approve for him. Where the approver made the proposer's
 * account, or a third person made both, the approval counts, and everybody is shown how the two belong together.
 */
import type { Kinship } from '../../contract/api.ts';

export interface Account {
  readonly id: string;
  /** Null: the first account, or one from before this was kept. */
  readonly invitedBy: string | null;
  readonly createdMs: number;
}

/** An account, the one that made it, the one that made that, ... */
export type Lineage = readonly Account[];

/** Longer chains than this of young accounts are nobody's habit. */
export const LONGEST_LINEAGE = 10;

export function kinshipOf(
  proposer: Lineage,
  approver: Lineage,
  young: { readonly nowMs: number; readonly youngMs: number },
): Kinship | null {
  const [proposerMakers, approverMakers] = [makers(proposer, young), makers(approver, young)];
  const isMadeBy = (made: readonly string[], person: Lineage) => made.some((id) => id === person[0]?.id);
  if (isMadeBy(approverMakers, proposer)) return 'proposer-made-approver';
  if (isMadeBy(proposerMakers, approver)) return 'approver-made-proposer';
  return approverMakers.some((id) => proposerMakers.includes(id)) ? 'same-maker' : null;
}

/** Who made it, as far up as young accounts reach. */
function makers(lineage: Lineage, { nowMs, youngMs }: { nowMs: number; youngMs: number }): string[] {
  const found: string[] = [];
  for (const { invitedBy, createdMs } of lineage) {
    if (invitedBy === null || nowMs - createdMs >= youngMs) break;
    found.push(invitedBy);
  }
  return found;
}
