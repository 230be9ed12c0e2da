'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Proposal, ProposalInput } from '../../contract/api.ts';
import { callApi } from '../shell/api-client.ts';
import { useSitePlace } from '../shell/place.ts';
import { auditQuery, proposalsQuery, sitePath, siteQuery } from '../shell/queries.ts';

export type ProposalAct = Proposal['may'][number];

export interface ActInput {
  readonly id: string;
  readonly act: ProposalAct;
  readonly reason?: string;
}

export function usePropose() {
  const { org, site } = useSitePlace();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: ProposalInput) =>
      callApi<Proposal>(`${sitePath(org, site)}/proposals`, { method: 'POST', body }),
    onSuccess: refresh,
  });
}

/** Approve, reject, withdraw or revoke: whatever the server said this person may do. */
export function useAct() {
  const { org, site } = useSitePlace();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id, act, reason }: ActInput) =>
      callApi<Proposal>(`${sitePath(org, site)}/proposals/${encodeURIComponent(id)}/${act}`, {
        method: 'POST',
        body: reason ? { reason } : {},
      }),
    onSettled: refresh,
  });
}

function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  const { org, site } = useSitePlace();
  return async () => {
    await Promise.all(
      [proposalsQuery(org, site).queryKey, auditQuery(org, site).queryKey, siteQuery(org, site).queryKey].map(
        (queryKey) => client.invalidateQueries({ queryKey }),
      ),
    );
  };
}
