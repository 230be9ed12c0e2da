'use client';

import { Button, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { DecisionPage, DecisionRow } from '../../contract/api.ts';
import type { Quantities } from '../format/quantity.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { callApi } from '../shell/api-client.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import { PageHeading, Panel } from '../shell/panel.tsx';
import { useSitePlace } from '../shell/place.ts';
import { sitePath } from '../shell/queries.ts';
import { CsvDownload } from './csv-download.tsx';
import { DecisionItem } from './decision-item.tsx';
import classes from './decisions.module.css';

const EVERYTHING = '';
const LOOK_AGAIN_MS = 5000;

/** Every switch and every change of mode, newest first, each with its reason. */
export function Decisions({ initial }: { readonly initial: DecisionPage | undefined }) {
  const t = useTranslations('decisions');
  const { page } = useLiveSite();
  const quantities = useQuantities(page.description?.zone ?? 'UTC');
  const [actuator, setActuator] = useState(EVERYTHING);
  const query = useDecisions(actuator, initial);
  const rows = query.data?.pages.flatMap((one) => one.rows) ?? [];
  return (
    <>
      <PageHeading title={t('title')} lead={t('lead')} aside={<CsvDownload />} />
      <div className={classes.filters}>
        <ActuatorFilter value={actuator} onChange={setActuator} />
      </div>
      {query.error && <FailureNotice error={query.error} />}
      {query.isSuccess && rows.length === 0 && (
        <Notice tone="neutral" title={t('none')} text={t('noneText')} />
      )}
      {byDay(rows, quantities).map(([day, within]) => (
        <section key={day} className={classes.day} aria-label={day}>
          <h2 className={classes.dayName}>{day}</h2>
          <Panel flush>
            <ol className={classes.list}>
              {within.map((row) => (
                <DecisionItem key={row.seq} row={row} quantities={quantities} />
              ))}
            </ol>
          </Panel>
        </section>
      ))}
      {query.hasNextPage && (
        <Button
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('more')}
        </Button>
      )}
    </>
  );
}

function useDecisions(actuator: string, initial: DecisionPage | undefined) {
  const { org, site } = useSitePlace();
  return useInfiniteQuery({
    queryKey: ['decisions', org, site, actuator],
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams();
      if (pageParam) asked.set('before', pageParam);
      if (actuator) asked.set('actuator', actuator);
      return callApi<DecisionPage>(`${sitePath(org, site)}/decisions?${asked}`, { signal });
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    ...(initial && actuator === EVERYTHING
      ? { initialData: { pages: [initial], pageParams: [''] }, staleTime: 0 }
      : {}),
    // New ones come on top; further back nothing changes, so only the first page alone is asked again.
    refetchInterval: (running) => ((running.state.data?.pages.length ?? 0) <= 1 ? LOOK_AGAIN_MS : false),
  });
}

function ActuatorFilter(props: { readonly value: string; readonly onChange: (value: string) => void }) {
  const t = useTranslations('decisions');
  const { description } = useLiveSite().page;
  const choices = [
    { value: EVERYTHING, label: t('everything') },
    { value: 'home', label: t('home') },
    ...(description?.batteries ?? []).map(({ id, name }) => ({ value: `battery:${id}`, label: name })),
    ...(description?.loads ?? []).map(({ id, name }) => ({ value: `load:${id}`, label: name })),
  ];
  return (
    <Select
      label={t('filter')}
      data={choices}
      value={props.value}
      onChange={(value) => props.onChange(value ?? EVERYTHING)}
      allowDeselect={false}
      w={260}
    />
  );
}

function byDay(rows: readonly DecisionRow[], quantities: Quantities): [string, DecisionRow[]][] {
  return [...Map.groupBy(rows, ({ at }) => quantities.longDay(at))];
}
