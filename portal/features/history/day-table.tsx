'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { CHART_FIELDS, type ChartKind, fieldText, type Reading } from './chart-fields.ts';
import { type DayRow, hourRows } from './day-chart.ts';
import classes from './history.module.css';

export interface DayTableProps extends Reading {
  readonly rows: readonly DayRow[];
  readonly kind: ChartKind;
}

/** The chart above as hourly means, for whoever reads rather than looks. Built when it is opened. */
export function DayTable({ rows, kind, ...reading }: DayTableProps) {
  const t = useTranslations('history');
  const [open, setOpen] = useState(false);
  const fields = CHART_FIELDS[kind].filter(({ field }) => rows.some((row) => row[field] !== null));
  return (
    <details className={classes.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('asTable')}</summary>
      {open && (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t('hour')}</th>
                {fields.map(({ field }) => (
                  <th key={field} scope="col">
                    {t(field)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {hourRows(rows).map((row) => (
                <tr key={row.atMs}>
                  <th scope="row">{reading.quantities.time(row.atMs)}</th>
                  {fields.map(({ field }) => (
                    <td key={field}>{fieldText(kind, row[field], reading)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
