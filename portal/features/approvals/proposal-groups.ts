/** Where a proposal stands on the page: waiting for a person, on its way or holding, or over. */
import type { Proposal, ProposalStatus } from '../../contract/api.ts';
import type { BadgeTone } from '../shell/panel.tsx';

export type ProposalGroup = 'inbox' | 'active' | 'past';

interface StatusLook {
  readonly group: ProposalGroup;
  readonly tone: BadgeTone;
}

export const STATUS_LOOK: Readonly<Record<ProposalStatus, StatusLook>> = {
  proposed: { group: 'inbox', tone: 'solar' },
  approved: { group: 'active', tone: 'grid' },
  delivered: { group: 'active', tone: 'grid' },
  accepted: { group: 'active', tone: 'grid' },
  active: { group: 'active', tone: 'battery' },
  revoking: { group: 'active', tone: 'alert' },
  rejected: { group: 'past', tone: 'neutral' },
  withdrawn: { group: 'past', tone: 'neutral' },
  refused: { group: 'past', tone: 'alert' },
  completed: { group: 'past', tone: 'neutral' },
  superseded: { group: 'past', tone: 'neutral' },
  expired: { group: 'past', tone: 'neutral' },
  revoked: { group: 'past', tone: 'neutral' },
};

export function inGroup(proposals: readonly Proposal[], group: ProposalGroup): Proposal[] {
  return proposals
    .filter(({ status }) => STATUS_LOOK[status].group === group)
    .sort((a, b) => b.proposedAt.localeCompare(a.proposedAt));
}

/** Where the first page ends: the oldest of those that are over, and how many they are. */
export function lastOver(proposals: readonly Proposal[]): {
  readonly id: string | null;
  readonly count: number;
} {
  const over = proposals.filter(({ status }) => STATUS_LOOK[status].group === 'past');
  return { id: over.at(-1)?.id ?? null, count: over.length };
}
