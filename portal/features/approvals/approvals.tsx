'use client';

import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Proposal } from '../../contract/api.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { PageHeading, Panel } from '../shell/panel.tsx';
import { useSitePlace } from '../shell/place.ts';
import { olderProposalsQuery, proposalsQuery } from '../shell/queries.ts';
import classes from './approvals.module.css';
import { inGroup, lastOver, type ProposalGroup } from './proposal-groups.ts';
import { ProposalItem } from './proposal-item.tsx';
import { ProposeForm } from './propose-form.tsx';

const GROUPS: readonly ProposalGroup[] = ['inbox', 'active', 'past'];

/** What people want the site to do, what is in force, and what became of the rest. */
export function Approvals({ initial }: { readonly initial: readonly Proposal[] | undefined }) {
  const t = useTranslations('approvals');
  const { org, site } = useSitePlace();
  const { page } = useLiveSite();
  const query = useQuery({ ...proposalsQuery(org, site), ...(initial ? { initialData: [...initial] } : {}) });
  const older = useOlder(query.data ?? []);
  const mayPropose = page.permissions.includes('propose');
  return (
    <>
      <PageHeading title={t('title')} lead={t('lead')} />
      <div className={classes.columns} data-alone={!mayPropose}>
        <div className={classes.groups}>
          {query.error && <FailureNotice error={query.error} />}
          {query.data &&
            GROUPS.map((group) => (
              <Group key={group} group={group} proposals={[...query.data, ...older.proposals]} />
            ))}
          {older.more && (
            <Button variant="subtle" loading={older.isLoading} onClick={older.more}>
              {t('older')}
            </Button>
          )}
        </div>
        {mayPropose && (
          <Panel title={t('propose')}>
            <ProposeForm />
          </Panel>
        )}
      </div>
    </>
  );
}

/** Whole pages of what is over are followed by more, when somebody asks for it. */
const PAGE_ROWS = 50;

function useOlder(first: readonly Proposal[]) {
  const { org, site } = useSitePlace();
  // The page that was last when older ones were first asked for; what has moved since is on the first page too.
  const [before, setBefore] = useState<string | null>(null);
  const query = useInfiniteQuery(olderProposalsQuery(org, site, before));
  const shown = new Set(first.map(({ id }) => id));
  const proposals = (query.data?.pages.flat() ?? []).filter(({ id }) => !shown.has(id));
  const { id: last, count } = lastOver(first);
  const start = before === null && last !== null && count >= PAGE_ROWS ? () => setBefore(last) : null;
  const next = query.hasNextPage && (query.data?.pages.at(-1)?.length ?? 0) >= PAGE_ROWS;
  return {
    proposals,
    isLoading: query.isFetching,
    more: start ?? (next || query.isLoading ? () => void query.fetchNextPage() : null),
  };
}

interface GroupProps {
  readonly group: ProposalGroup;
  readonly proposals: readonly Proposal[];
}

function Group({ group, proposals }: GroupProps) {
  const t = useTranslations('approvals');
  const within = inGroup(proposals, group);
  if (within.length === 0 && group === 'past') return null;
  return (
    <Panel title={t(group)} flush testId={`proposals-${group}`}>
      {within.length === 0 ? (
        <p className={classes.none}>{t(group === 'active' ? 'activeNone' : 'inboxNone')}</p>
      ) : (
        <ul className={classes.list}>
          {within.map((proposal) => (
            <ProposalItem key={proposal.id} proposal={proposal} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
