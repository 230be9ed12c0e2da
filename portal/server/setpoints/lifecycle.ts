/**
 * The life of a proposal, as a table: what may follow what. Nothing else decides it; the store refuses every other
 * step, so that a late or repeated acknowledgement changes nothing.
 */
import type { Permission, Proposal, ProposalStatus } from '../../contract/api.ts';

export const FOLLOWS: Readonly<Record<ProposalStatus, readonly ProposalStatus[]>> = {
  proposed: ['approved', 'rejected', 'withdrawn', 'expired'],
  approved: ['delivered', 'accepted', 'active', 'refused', 'expired', 'revoking', 'revoked'],
  delivered: ['accepted', 'active', 'refused', 'expired', 'revoking', 'revoked', 'superseded', 'completed'],
  accepted: ['active', 'completed', 'superseded', 'expired', 'revoking', 'revoked'],
  active: ['completed', 'superseded', 'expired', 'revoking', 'revoked'],
  // A person wants it ended; the box has not said yet that it is.
  revoking: ['revoked', 'completed', 'superseded', 'expired'],
  rejected: [],
  withdrawn: [],
  refused: [],
  completed: [],
  superseded: [],
  expired: [],
  revoked: [],
};

export function mayFollow(from: ProposalStatus, to: ProposalStatus): boolean {
  return FOLLOWS[from].includes(to);
}

/** Not over yet: something can still happen to it. */
export function isOpen(status: ProposalStatus): boolean {
  return FOLLOWS[status].length > 0;
}

/** Approved, not answered by the box: to be sent again and again. */
export const UNDERWAY = ['approved', 'delivered'] as const satisfies readonly ProposalStatus[];
/** In force, or about to be. */
export const IN_FORCE = ['accepted', 'active'] as const satisfies readonly ProposalStatus[];
/** To be ended, and perhaps still in force. */
export const ENDING = ['revoking'] as const satisfies readonly ProposalStatus[];
/** Not over yet. */
export const OPEN = ['proposed', ...UNDERWAY, ...IN_FORCE, ...ENDING] as const;

/** What somebody may do with a proposal: who made it withdraws it, another approves or rejects it. */
export function mayDo(
  proposal: { readonly status: ProposalStatus; readonly proposedById: string },
  person: { readonly id: string; readonly permissions: readonly Permission[] },
): Proposal['may'] {
  const own = proposal.proposedById === person.id;
  const holds = (permission: Permission) => person.permissions.includes(permission);
  const may: Proposal['may'][number][] = [];
  if (proposal.status === 'proposed') {
    if (!own && holds('approve')) may.push('approve', 'reject');
    if (own && holds('propose')) may.push('withdraw');
  }
  if (holds('revoke') && mayFollow(proposal.status, 'revoking')) may.push('revoke');
  return may;
}
