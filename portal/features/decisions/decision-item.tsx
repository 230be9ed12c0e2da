'use client';

import { reasonText } from '@wattward/broker/wire/reasons';
import { useLocale, useTranslations } from 'next-intl';
import type { DecisionRow } from '../../contract/api.ts';
import { asSentence } from '../format/prose.ts';
import type { Quantities } from '../format/quantity.ts';
import { type BadgeTone, Tag } from '../shell/panel.tsx';
import classes from './decisions.module.css';

const TONES: Readonly<Record<string, BadgeTone>> = {
  on: 'battery',
  normal: 'battery',
  peak: 'alert',
  outage: 'alert',
  degraded: 'alert',
  limited: 'solar',
  manual: 'solar',
};

export function DecisionItem(props: { readonly row: DecisionRow; readonly quantities: Quantities }) {
  const t = useTranslations();
  const language = useLocale();
  const { row, quantities } = props;
  return (
    <li className={classes.row} data-testid="decision-row" data-actuator={row.actuator}>
      <time dateTime={row.at} className={classes.time}>
        {quantities.timeWithSeconds(row.at)}
      </time>
      <span className={classes.actuator}>
        {row.actuator === 'home' ? t('decisions.home') : row.actuatorName}
      </span>
      <span className={classes.outcome}>
        <Tag tone={TONES[row.outcome] ?? 'neutral'}>{useOutcomeText(row.outcome)}</Tag>
      </span>
      <span className={classes.reason}>{asSentence(reasonText(row.reason, language))}</span>
    </li>
  );
}

/** An outcome of a newer box is shown as it is rather than hidden. */
function useOutcomeText(outcome: string): string {
  const t = useTranslations('outcome');
  const key = outcome as Parameters<typeof t>[0];
  return t.has(key) ? t(key) : outcome;
}
