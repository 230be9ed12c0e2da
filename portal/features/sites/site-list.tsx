'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect } from 'react';
import type { SiteRow } from '../../contract/api.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import { PageHeading, Panel, Tag } from '../shell/panel.tsx';
import { usePlace } from '../shell/place.ts';
import { sitesQuery } from '../shell/queries.ts';
import classes from './site-list.module.css';

/** Every site of the organisation. With one there is nothing to choose. */
export function SiteList({ initial }: { readonly initial: readonly SiteRow[] | undefined }) {
  const t = useTranslations('sites');
  const { org } = usePlace();
  const router = useRouter();
  const sites = useQuery({ ...sitesQuery(org), ...(initial ? { initialData: [...initial] } : {}) });
  const rows = sites.data;
  const only = rows?.length === 1 ? rows[0] : undefined;
  useEffect(() => {
    if (only) router.replace(`/${org}/${only.id}`);
  }, [only, org, router]);
  if (only) return null;
  return (
    <>
      <PageHeading title={t('title')} lead={rows ? t('count', { count: rows.length }) : ''} />
      {sites.error && <FailureNotice error={sites.error} />}
      {rows?.length === 0 && <Notice tone="neutral" title={t('none')} text={t('noneText')} />}
      {rows && rows.length > 0 && (
        <Panel flush>
          <table className={classes.table}>
            <thead>
              <tr>
                {(['site', 'state', 'grid', 'solar', 'battery', 'peakMargin', 'proposals'] as const).map(
                  (column) => (
                    <th key={column} scope="col">
                      {t(column)}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} row={row} org={org} />
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </>
  );
}

function Row({ row, org }: { readonly row: SiteRow; readonly org: string }) {
  const t = useTranslations();
  const { powerKw, percent, dateTime } = useQuantities(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const live = row.connection === 'online' ? row.state : null;
  const { demandW, thresholdW } = live?.peak ?? { demandW: null, thresholdW: 0 };
  return (
    <tr data-testid={`site-${row.id}`}>
      <th scope="row">
        <Link href={`/${org}/${row.id}`} className={classes.site}>
          {row.name}
        </Link>
        <span className={classes.contact} suppressHydrationWarning>
          {row.connection === 'online' || !row.lastContact
            ? row.id
            : t('sites.lastContact', { when: dateTime(row.lastContact) })}
        </span>
      </th>
      <td data-label={t('sites.state')}>
        {live ? (
          <Tag tone={live.mode === 'normal' ? 'battery' : 'alert'}>{t(`mode.${live.mode}`)}</Tag>
        ) : (
          <Tag>{t(`connection.${row.connection}`)}</Tag>
        )}
      </td>
      <td data-label={t('sites.grid')}>{powerKw(live?.power.gridPowerW)}</td>
      <td data-label={t('sites.solar')}>{powerKw(live?.power.pvPowerW)}</td>
      <td data-label={t('sites.battery')}>{percent(live?.batterySocPct)}</td>
      <td data-label={t('sites.peakMargin')}>{powerKw(demandW === null ? null : thresholdW - demandW)}</td>
      <td data-label={t('sites.proposals')}>
        {row.proposalsWaiting > 0 ? <Tag tone="grid">{row.proposalsWaiting}</Tag> : '–'}
      </td>
    </tr>
  );
}
