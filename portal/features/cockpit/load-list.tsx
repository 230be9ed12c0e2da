'use client';

import { reasonText } from '@wattward/broker/wire/reasons';
import type { LoadState } from '@wattward/broker/wire/site';
import { useLocale, useTranslations } from 'next-intl';
import { asSentence } from '../format/prose.ts';
import type { Quantities } from '../format/quantity.ts';
import { Tag } from '../shell/panel.tsx';
import { loadCondition } from './load-condition.ts';
import classes from './load-list.module.css';

export interface LoadListProps {
  readonly loads: readonly LoadState[];
  readonly quantities: Quantities;
}

/** Every switched load by priority: what is wanted, what the board says, what the meter sees, and why. */
export function LoadList({ loads, quantities }: LoadListProps) {
  const t = useTranslations('loads');
  if (loads.length === 0) return <p className={classes.none}>{t('none')}</p>;
  const ordered = [...loads].sort((a, b) => a.priority - b.priority || a.name.localeCompare(b.name));
  return (
    <ul className={classes.list}>
      {ordered.map((load) => (
        <LoadRow key={load.id} load={load} quantities={quantities} />
      ))}
    </ul>
  );
}

function LoadRow({ load, quantities }: { readonly load: LoadState; readonly quantities: Quantities }) {
  const t = useTranslations('loads');
  const language = useLocale();
  const condition = loadCondition(load);
  return (
    <li className={classes.row} data-testid={`load-${load.id}`} data-on={load.desired}>
      <div className={classes.name}>
        <span className={classes.priority} title={t('priority', { priority: load.priority })}>
          <span className="ww-hidden">{t('priority', { priority: load.priority })}</span>
          <span aria-hidden="true">{load.priority}</span>
        </span>
        <div>
          <p className={classes.title}>{load.name}</p>
          <p className={classes.kind}>
            {t(`kind-${load.kind}`)} · {quantities.powerKw(load.nominalPowerW, 1)}
            {load.essential && ` · ${t('essential')}`}
          </p>
        </div>
      </div>
      <div className={classes.state}>
        <Tag tone={condition.tone} testId={`load-${load.id}-state`}>
          {t(condition.key)}
        </Tag>
        <span className={classes.power}>{quantities.powerKw(load.measuredPowerW)}</span>
      </div>
      <div className={classes.why}>
        <p data-testid={`load-${load.id}-reason`}>{asSentence(reasonText(load.reason, language))}</p>
        <p className={classes.trace}>
          {t('trace', {
            desired: t(load.desired ? 'trace-on' : 'trace-off'),
            reported: load.reported === null ? t('unknown') : t(load.reported ? 'trace-on' : 'trace-off'),
            measured: quantities.powerKw(load.measuredPowerW),
          })}
          {load.since && ` · ${t('since', { time: quantities.time(load.since) })}`}
        </p>
      </div>
    </li>
  );
}
