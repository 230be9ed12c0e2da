'use client';

import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { AuditRow } from '../../contract/api.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import { PageHeading, Panel, Tag } from '../shell/panel.tsx';
import { useSitePlace } from '../shell/place.ts';
import { auditQuery } from '../shell/queries.ts';
import classes from './audit.module.css';
import { detailLines, isRefusal } from './audit-detail.ts';

/** Who did what, and what the box refused. Each row is chained to the one before by its hash. */
export function Audit() {
  const t = useTranslations('audit');
  const { org, site } = useSitePlace();
  const query = useQuery(auditQuery(org, site));
  return (
    <>
      <PageHeading title={t('title')} lead={t('lead')} />
      {query.error && <FailureNotice error={query.error} />}
      {query.isLoading && <Skeleton height={240} radius="lg" aria-label={t('title')} />}
      {query.data?.length === 0 && <Notice tone="neutral" title={t('none')} />}
      {query.data && query.data.length > 0 && (
        <Panel flush>
          <ol className={classes.list}>
            {query.data.map((row) => (
              <AuditItem key={row.index} row={row} />
            ))}
          </ol>
        </Panel>
      )}
    </>
  );
}

function AuditItem({ row }: { readonly row: AuditRow }) {
  const t = useTranslations();
  const { page } = useLiveSite();
  const { dateTime } = useQuantities(page.description?.zone ?? 'UTC');
  const refusal = isRefusal(row);
  const why = useRefusalText(row.detail.why);
  return (
    <li className={classes.row} data-testid="audit-row" data-action={row.action}>
      <time dateTime={row.at} className={classes.time}>
        {dateTime(row.at)}
      </time>
      <span className={classes.who}>{row.who}</span>
      <div>
        <p className={classes.action}>
          <Tag tone={refusal ? 'alert' : 'neutral'}>{useActionText(row.action)}</Tag> {row.subject}
        </p>
        {why && <p className={classes.why}>{why}</p>}
        <dl className={classes.detail}>
          {detailLines(row.detail, why ? ['why'] : []).map(({ name, text }) => (
            <div key={name}>
              <dt>{name}</dt>
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

/** Why the box refused, when the page has words for it. */
function useRefusalText(why: unknown): string | null {
  const t = useTranslations('refusal');
  const key = why as Parameters<typeof t>[0];
  return typeof why === 'string' && t.has(key) ? t(key) : null;
}

/** An action the page has no words for yet is shown by its name. */
function useActionText(action: string): string {
  const t = useTranslations('auditAction');
  const key = action.replaceAll('.', '-') as Parameters<typeof t>[0];
  return t.has(key) ? t(key) : action;
}
