'use client';

import { Button, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { AuditRow } from '../../contract/api.ts';
import { useParameters } from '../format/use-parameters.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { useValueText } from '../live/value-text.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import { PageHeading, Panel, Tag } from '../shell/panel.tsx';
import { useSitePlace } from '../shell/place.ts';
import { auditQuery } from '../shell/queries.ts';
import classes from './audit.module.css';
import { actionName, auditDetail, isRefusal } from './audit-detail.ts';

/** Who did what, and what the box refused. Each row is chained to the one before by its hash. */
export function Audit() {
  const t = useTranslations('audit');
  const { org, site } = useSitePlace();
  const query = useInfiniteQuery(auditQuery(org, site));
  const rows = query.data?.pages.flat();
  return (
    <>
      <PageHeading title={t('title')} lead={t('lead')} />
      {query.error && <FailureNotice error={query.error} />}
      {query.isLoading && <Skeleton height={240} radius="lg" role="status" aria-label={t('title')} />}
      {rows?.length === 0 && <Notice tone="neutral" title={t('none')} />}
      {rows && rows.length > 0 && (
        <Panel flush>
          <ol className={classes.list}>
            {rows.map((row) => (
              <AuditItem key={row.index} row={row} />
            ))}
          </ol>
          {query.hasNextPage && (
            <Button
              variant="subtle"
              fullWidth
              loading={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {t('older')}
            </Button>
          )}
        </Panel>
      )}
    </>
  );
}

function AuditItem({ row }: { readonly row: AuditRow }) {
  const t = useTranslations();
  const { page } = useLiveSite();
  const quantities = useQuantities(page.description?.zone ?? 'UTC');
  const valueText = useValueText(quantities);
  const parameters = useParameters();
  const { setpoint, why, kinship, rest } = auditDetail(row.detail);
  const refusal = useRefusalText(why);
  return (
    <li className={classes.row} data-testid="audit-row" data-action={row.action}>
      <time dateTime={row.at} className={classes.time}>
        {quantities.dateTime(row.at)}
      </time>
      <span className={classes.who}>{row.who}</span>
      <div>
        <p className={classes.action}>
          <Tag tone={isRefusal(row) ? 'alert' : 'neutral'}>{useActionText(row.action)}</Tag>{' '}
          {setpoint && `${t(`setpointKind.${setpoint.kind}`)} ${valueText(setpoint.value)}`}
        </p>
        {refusal && <p className={classes.why}>{refusal}</p>}
        {kinship && <p className={classes.why}>{t(`approvals.kinship-${kinship}`)}</p>}
        <dl className={classes.detail}>
          <div>
            <dt>{t('audit.subject')}</dt>
            <dd>{row.subject}</dd>
          </div>
          {parameters(rest, quantities).map(({ label, text }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </div>
      <code className={classes.hash} title={row.hash}>
        <span className="ww-hidden">{t('audit.hash')} </span>
        {row.hash.slice(0, 10)}
      </code>
    </li>
  );
}

/** The box's refusal in words; what a person wrote stays as it was written. */
function useRefusalText(why: string | null): string | null {
  const t = useTranslations('refusal');
  const key = why as Parameters<typeof t>[0];
  return why !== null && t.has(key) ? t(key) : why;
}

/** An action the page has no words for yet is shown by its name. */
function useActionText(action: string): string {
  const t = useTranslations('auditAction');
  const key = actionName(action) as Parameters<typeof t>[0];
  return t.has(key) ? t(key) : action;
}
