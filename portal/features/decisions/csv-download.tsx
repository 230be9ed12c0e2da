'use client';

import { Button, NativeSelect } from '@mantine/core';
import { useLocale, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useLiveSite } from '../live/live-site.tsx';
import { Glyph } from '../shell/glyph.tsx';
import { useSitePlace } from '../shell/place.ts';
import { sitePath } from '../shell/queries.ts';
import { latestMonths } from './latest-months.ts';

const MONTHS_OFFERED = 13;

/** The journal of one month as a file, the same rows as on the screen. */
export function CsvDownload() {
  const t = useTranslations('decisions');
  const language = useLocale();
  const { org, site } = useSitePlace();
  const { page, state } = useLiveSite();
  // A simulated site lives in its own time: its newest state says what month it is there.
  const now = state?.at ?? page.lastContact ?? new Date().toISOString();
  const months = latestMonths(now, page.description?.zone ?? 'UTC', MONTHS_OFFERED);
  const [month, setMonth] = useState(months[0] ?? '');
  const name = new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return (
    <>
      <NativeSelect
        aria-label={t('month')}
        value={month}
        onChange={(event) => setMonth(event.currentTarget.value)}
        data={months.map((value) => ({ value, label: name.format(new Date(`${value}-15T12:00:00Z`)) }))}
      />
      <Button
        component="a"
        href={`/api/v1${sitePath(org, site)}/decisions.csv?month=${month}`}
        download
        variant="default"
        leftSection={<Glyph name="download" size={18} />}
        data-testid="decisions-csv"
      >
        {t('csv')}
      </Button>
    </>
  );
}
