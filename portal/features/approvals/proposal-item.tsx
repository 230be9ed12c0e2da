'use client';

import { Button } from '@mantine/core';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Proposal } from '../../contract/api.ts';
import { personName } from '../format/person-name.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { useValueText } from '../live/value-text.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Tag } from '../shell/panel.tsx';
import classes from './approvals.module.css';
import { STATUS_LOOK } from './proposal-groups.ts';
import { ReasonDialog } from './reason-dialog.tsx';
import { useStuckText } from './stuck-text.ts';
import { type ProposalAct, useAct } from './use-proposals.ts';
import { useWhyText } from './why-text.ts';

/** One proposal with all that happened to it, and what the person looking may do. */
export function ProposalItem({ proposal }: { readonly proposal: Proposal }) {
  const t = useTranslations();
  const { page } = useLiveSite();
  const quantities = useQuantities(page.description?.zone ?? 'UTC');
  const valueText = useValueText(quantities);
  const whyText = useWhyText(quantities);
  const why = whyText(proposal);
  const stuck = useStuckText()(proposal);
  return (
    <li className={classes.item} data-testid="proposal-row" data-status={proposal.status}>
      <div className={classes.head}>
        <p className={classes.what}>
          {t(`setpointKind.${proposal.kind}`)}: <strong>{valueText(proposal.value)}</strong>
        </p>
        <Tag tone={STATUS_LOOK[proposal.status].tone} testId="proposal-status">
          {t(`proposalStatus.${proposal.status}`)}
        </Tag>
      </div>
      {proposal.note && <p className={classes.note}>{proposal.note}</p>}
      {why && (
        <p className={classes.why} data-testid="proposal-why">
          {why}
        </p>
      )}
      {stuck && (
        <p className={classes.why} data-testid="proposal-stuck">
          {stuck}
        </p>
      )}
      {proposal.kinship && (
        <p className={classes.why} data-testid="proposal-kinship">
          {t(`approvals.kinship-${proposal.kinship}`)}
        </p>
      )}
      <p className={classes.who}>
        {t('approvals.proposedBy', {
          who: personName(proposal.proposedBy),
          when: quantities.dateTime(proposal.proposedAt),
        })}
        {proposal.decidedBy &&
          proposal.decidedAt &&
          ` · ${t(proposal.status === 'rejected' ? 'approvals.rejectedBy' : 'approvals.approvedBy', {
            who: personName(proposal.decidedBy),
            when: quantities.dateTime(proposal.decidedAt),
          })}`}
        {` · ${t(proposal.status === 'proposed' ? 'approvals.lapses' : 'approvals.until', {
          when: quantities.dateTime(proposal.expires),
        })}`}
      </p>
      <Acts proposal={proposal} />
      <details className={classes.details}>
        <summary>{t('approvals.course')}</summary>
        <ol>
          {proposal.transitions.map(({ at, status, by }) => (
            <li key={`${at} ${status}`}>
              <time dateTime={at}>{quantities.dateTime(at)}</time> {t(`proposalStatus.${status}`)} (
              {personName(by)})
            </li>
          ))}
        </ol>
      </details>
    </li>
  );
}

const LOOK = {
  approve: { variant: 'filled', asks: false },
  reject: { variant: 'default', asks: true },
  withdraw: { variant: 'default', asks: false },
  revoke: { variant: 'default', asks: true },
} as const satisfies Record<ProposalAct, { variant: string; asks: boolean }>;

function Acts({ proposal }: { readonly proposal: Proposal }) {
  const t = useTranslations('approvals');
  const act = useAct();
  const [asking, setAsking] = useState<ProposalAct | null>(null);
  const run = (name: ProposalAct, reason?: string) =>
    act.mutate({ id: proposal.id, act: name, ...(reason ? { reason } : {}) });
  return (
    <>
      {proposal.may.length > 0 && (
        <div className={classes.acts}>
          {proposal.may.map((name) => (
            <Button
              key={name}
              size="sm"
              variant={LOOK[name].variant}
              loading={act.isPending && act.variables.act === name}
              disabled={act.isPending}
              onClick={() => (LOOK[name].asks ? setAsking(name) : run(name))}
            >
              {t(name)}
            </Button>
          ))}
        </div>
      )}
      {act.error && <FailureNotice error={act.error} />}
      {asking && (
        <ReasonDialog
          act={asking}
          onCancel={() => setAsking(null)}
          onGiven={(reason) => {
            setAsking(null);
            run(asking, reason);
          }}
        />
      )}
    </>
  );
}
