'use client';

import { useTranslations } from 'next-intl';
import type { HistoryDay } from '../../contract/api.ts';
import type { Quantities } from '../format/quantity.ts';
import classes from './history.module.css';

/** Totals, peak and coverage of exactly the day shown; from the counters, so they tie out with the charts. */
export function DayCards({ day, quantities }: { readonly day: HistoryDay; readonly quantities: Quantities }) {
  const t = useTranslations('history');
  const { totals, peak } = day;
  const { energyKwh, powerKw, percent, time } = quantities;
  const cards = [
    { key: 'gridImportWh', tone: 'grid', value: energyKwh(totals.gridImportWh) },
    { key: 'gridExportWh', tone: 'grid', value: energyKwh(totals.gridExportWh) },
    { key: 'pvWh', tone: 'solar', value: energyKwh(totals.pvWh), hide: totals.pvWh === null },
    {
      key: 'batteryChargedWh',
      tone: 'battery',
      value: energyKwh(totals.batteryChargedWh),
      hide: totals.batteryChargedWh === null,
    },
    {
      key: 'batteryDischargedWh',
      tone: 'battery',
      value: energyKwh(totals.batteryDischargedWh),
      hide: totals.batteryDischargedWh === null,
    },
    {
      key: 'peak',
      tone: 'alert',
      value: powerKw(peak.gridPowerW),
      note: peak.at ? t('at', { time: time(peak.at) }) : null,
    },
    { key: 'coverage', tone: 'neutral', value: percent(day.coverage * 100, 1), note: t('coverageNote') },
  ] as const;
  return (
    <dl className={classes.cards}>
      {cards.map((card) =>
        'hide' in card && card.hide ? null : (
          <div key={card.key} data-tone={card.tone} data-testid={`history-${card.key}`}>
            <dt>{t(card.key)}</dt>
            <dd>{card.value}</dd>
            {'note' in card && card.note && <dd className={classes.note}>{card.note}</dd>}
          </div>
        ),
      )}
    </dl>
  );
}
