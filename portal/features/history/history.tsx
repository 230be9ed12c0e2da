'use client';

import { Button, Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useMemo } from 'react';
import type { HistoryDay } from '../../contract/api.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Glyph } from '../shell/glyph.tsx';
import { Notice } from '../shell/notice.tsx';
import { PageHeading, Panel } from '../shell/panel.tsx';
import { useSitePlace } from '../shell/place.ts';
import { historyQuery } from '../shell/queries.ts';
import { DayCards } from './day-cards.tsx';
import { dayRows } from './day-chart.ts';
import { DayTable } from './day-table.tsx';
import classes from './history.module.css';

const CHART_HEIGHT_PX = { power: 320, soc: 180, price: 160 } as const;

const DayLines = dynamic(() => import('./day-lines.tsx').then((module) => module.DayLines), {
  ssr: false,
  loading: () => <Skeleton height={CHART_HEIGHT_PX.soc} radius="md" />,
});

/** One local day of a site: the address says which. */
export function History({ initial }: { readonly initial: HistoryDay | undefined }) {
  const { org, site } = useSitePlace();
  const asked = useSearchParams().get('day');
  const query = useQuery({
    ...historyQuery(org, site, asked),
    ...(initial && (asked === null || asked === initial.day) ? { initialData: initial } : {}),
    placeholderData: keepPreviousData,
    // The running day grows; a day that is over does not change.
    refetchInterval: (running) => (running.state.data?.nextDay === null ? 30_000 : false),
  });
  const day = query.data;
  if (!day) return query.error ? <FailureNotice error={query.error} /> : <Loading />;
  return (
    <>
      {query.error && <FailureNotice error={query.error} />}
      <Day day={day} pale={query.isPlaceholderData} />
    </>
  );
}

function Day({ day, pale }: { readonly day: HistoryDay; readonly pale: boolean }) {
  const t = useTranslations('history');
  const quantities = useQuantities(day.zone);
  const rows = useMemo(() => dayRows(day), [day]);
  const hasBattery = rows.some(({ batterySocPct }) => batterySocPct !== null);
  const hasPrice = rows.some(({ importPricePerKwh }) => importPricePerKwh !== null);
  // Noon of the day: on the right date in the site's zone whatever the day's length.
  const noonMs = (Date.parse(day.from) + Date.parse(day.to)) / 2;
  const currency = useLiveSite().page.description?.tariff.currency ?? 'EUR';
  const chart = { day, rows, quantities, currency };
  return (
    <div className={classes.page} data-pale={pale}>
      <PageHeading
        title={quantities.longDay(noonMs)}
        lead={t('resolution', { step: quantities.duration(day.stepS), zone: day.zone })}
        aside={<DaySteps day={day} />}
      />
      {rows.length === 0 ? (
        <Notice tone="neutral" testId="history-empty" title={t('empty')} text={t('emptyText')} />
      ) : (
        <>
          <DayCards day={day} quantities={quantities} />
          <Panel title={t('power')} testId="chart-power">
            <DayLines {...chart} kind="power" heightPx={CHART_HEIGHT_PX.power} label={t('powerLabel')} />
            <DayTable {...chart} kind="power" />
          </Panel>
          {hasBattery && (
            <Panel title={t('soc')} testId="chart-soc">
              <DayLines {...chart} kind="soc" heightPx={CHART_HEIGHT_PX.soc} label={t('socLabel')} />
              <DayTable {...chart} kind="soc" />
            </Panel>
          )}
          {hasPrice && (
            <Panel title={t('price')} testId="chart-price">
              <DayLines {...chart} kind="price" heightPx={CHART_HEIGHT_PX.price} label={t('priceLabel')} />
              <DayTable {...chart} kind="price" />
            </Panel>
          )}
        </>
      )}
    </div>
  );
}

function DaySteps({ day }: { readonly day: HistoryDay }) {
  const t = useTranslations('history');
  const { org, site } = useSitePlace();
  const here = `/${org}/${site}/history`;
  return (
    <>
      <StepButton
        href={day.previousDay && `${here}?day=${day.previousDay}`}
        glyph="left"
        label={t('previous')}
      />
      <StepButton href={day.nextDay && `${here}?day=${day.nextDay}`} glyph="right" label={t('next')} />
      {day.nextDay && (
        <Button component={Link} href={here} variant="default">
          {t('today')}
        </Button>
      )}
    </>
  );
}

function StepButton(props: {
  readonly href: string | null;
  readonly glyph: 'left' | 'right';
  readonly label: string;
}) {
  const content = <Glyph name={props.glyph} size={18} />;
  const look = { variant: 'default', px: 10, 'aria-label': props.label, title: props.label } as const;
  return props.href ? (
    <Button component={Link} href={props.href} scroll={false} {...look}>
      {content}
    </Button>
  ) : (
    <Button disabled {...look}>
      {content}
    </Button>
  );
}

function Loading() {
  return (
    <div className={classes.page} aria-hidden="true">
      <Skeleton height={40} width="50%" />
      <Skeleton height={110} radius="lg" />
      <Skeleton height={CHART_HEIGHT_PX.power} radius="lg" />
    </div>
  );
}
