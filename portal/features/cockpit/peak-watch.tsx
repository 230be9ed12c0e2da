'use client';

import type { SiteState } from '@wattward/broker/wire/site';
import { useTranslations } from 'next-intl';
import type { Quantities } from '../format/quantity.ts';
import { Notice } from '../shell/notice.tsx';
import classes from './cockpit.module.css';

interface PeakProps {
  readonly state: SiteState;
  readonly quantities: Quantities;
}

/** Only while Peak Mode holds: what is too much, by how much, and what was switched off for it. */
export function PeakBanner({ state, quantities }: PeakProps) {
  const t = useTranslations('peak');
  if (!state.peak.active) return null;
  return (
    <Notice tone="alert" glyph="alert" testId="peak-banner" announce={false} title={t('title')}>
      <PeakFigures state={state} quantities={quantities} />
    </Notice>
  );
}

/** Demand against the threshold, always in sight. */
export function PeakGauge({ state, quantities }: PeakProps) {
  const t = useTranslations('peak');
  const { demandW, thresholdW } = state.peak;
  const share = demandW === null || thresholdW <= 0 ? 0 : demandW / thresholdW;
  return (
    <div data-testid="card-demand">
      <div className={classes.gauge} data-level={share > 1 ? 'over' : share > 0.85 ? 'near' : 'calm'}>
        <span className={classes.gaugeFill} style={{ width: `${Math.min(100, share * 80)}%` }} />
        <span className={classes.gaugeMark} />
      </div>
      <PeakFigures state={state} quantities={quantities} />
      <p className={classes.gaugeNote}>
        {t('window', { power: quantities.powerKw(state.peak.windowDemandW, 1) })}
      </p>
    </div>
  );
}

function PeakFigures({ state, quantities }: PeakProps) {
  const t = useTranslations('peak');
  const { demandW, thresholdW } = state.peak;
  const marginW = demandW === null ? null : thresholdW - demandW;
  const over = marginW !== null && marginW < 0;
  return (
    <dl className={classes.peakFigures}>
      <div>
        <dt>{t('demand')}</dt>
        <dd>{quantities.powerKw(demandW, 1)}</dd>
      </div>
      <div>
        <dt>{t('threshold')}</dt>
        <dd>{quantities.limitKw(thresholdW)}</dd>
      </div>
      <div>
        <dt>{t(over ? 'over' : 'margin')}</dt>
        <dd>{quantities.powerKw(marginW === null ? null : Math.abs(marginW), 1)}</dd>
      </div>
    </dl>
  );
}
